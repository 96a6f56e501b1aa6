// Uses @azure/identity as other programs do: for each line of its input, it prints a token. The argument is the
// credential's name.
'use strict';

const identity = require('@azure/identity');
const { createInterface } = require('node:readline');

const credential = new identity[process.argv[2]]();

(async () => {
  for await (const scope of createInterface({ input: process.stdin })) {
    try {
      console.log((await credential.getToken(scope)).token);
    } catch (error) {
      console.log('error: ' + error.message.replaceAll('\n', ' '));
    }
  }
})();
