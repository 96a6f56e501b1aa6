// A program that uses @azure/identity as any other does: asked by a line, it prints a token. The credential's
// name is its argument.
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
