#!/usr/bin/env node
'use strict';
// Starts the binary that npm has installed for this platform. It does nothing else.
const { spawn } = require('child_process');

const processor = process.platform === 'win32' ? 'x64' : process.arch;
const name = 'adieu-' + process.platform + '-' + processor;
let binary;
try {
  binary = require.resolve(name + '/bin/adieu' + (process.platform === 'win32' ? '.exe' : ''));
} catch (error) {
  console.error('error: The npm package ' + name + ' is not installed.');
  console.error('What to do: Install adieu again without --omit=optional. Platforms: linux-x64, linux-arm64, win32-x64, darwin-x64, darwin-arm64.');
  process.exit(1);
}

const child = spawn(binary, process.argv.slice(2), { stdio: 'inherit' });
// A terminal sends Ctrl+C to both processes; the binary decides when to end.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('error', (error) => {
  console.error('error: ' + binary + ' cannot be started: ' + error.message);
  process.exit(126);
});
child.on('exit', (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code);
  }
});
