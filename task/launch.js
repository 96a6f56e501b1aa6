// Starts the native binary of this task and passes on what the agent says to it and it to the agent.
// It never reads an input or a secret and never asks the network. Old syntax, no packages: it meets
// Node 10 in some containers and Node 24 on new agents.
'use strict';

var childProcess = require('child_process');
var fs = require('fs');
var os = require('os');
var path = require('path');

// The agent gives a handler no arguments, so the file's own name says the phase: packaging puts this
// file into the task's folder as launch.js and, for a task that has them, under the other two names.
var PHASES = { 'prejobexecution.js': 'prejobexecution', 'postjobexecution.js': 'postjobexecution' };

// The exit code of a program on Windows that did not listen to Ctrl+C or Ctrl+Break (STATUS_CONTROL_C_EXIT).
var CONTROL_C_EXIT = 3221225786;

var folder = __dirname;
var child = null;
var stoppedBy = null;
var copies = [];

main();

function main() {
  var task = readJson('task.json').name;
  var phase = PHASES[path.basename(__filename)] || 'execution';
  var name = process.platform + '-' + architecture();
  var platform = readJson('platforms.json')[name];
  if (!platform) {
    return fail('Adieu has no binary for ' + name + '. It runs on ' +
      Object.keys(readJson('platforms.json')).join(', ') + '.');
  }
  var file = path.join(folder, 'bin', name, platform.binary);
  var flaw = inspect(file, platform);
  if (flaw) {
    return fail('The binary of this task cannot run: ' + file + ' ' + flaw +
      ' Delete the task\'s folder on the agent (' + folder + ') so that it is downloaded again.');
  }
  forwardSignals();
  start(file, ['task', task, phase], candidates());
}

function readJson(name) {
  return JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
}

// A 32-bit Node on 64-bit Windows can start the 64-bit binary; on Windows for ARM the x64 one is emulated.
function architecture() {
  if (process.platform === 'win32') return 'x64';
  return process.arch;
}

// An empty file "runs" and exits with 0, and a file of another kind is given to the shell: what would
// look like a step that did its work is refused here.
function inspect(file, platform) {
  var head = Buffer.alloc(4096);
  var length;
  try {
    var handle = fs.openSync(file, 'r');
    length = fs.readSync(handle, head, 0, head.length, 0);
    fs.closeSync(handle);
  } catch (error) {
    return 'cannot be read (' + error.code + '); a virus scanner may have taken it away.';
  }
  if (length === 0) return 'is empty.';
  if (formatOf(head, length) !== platform.format) return 'is not in ' + platform.format + ' format.';
  if (machineOf(head, platform.format) !== platform.machine) return 'is for another processor.';
  return null;
}

function formatOf(head, length) {
  if (length < 64) return null;
  if (head.readUInt32BE(0) === 0x7f454c46) return 'ELF';
  if (head.readUInt32LE(0) === 0xfeedfacf) return 'Mach-O';
  if (head.readUInt16LE(0) === 0x5a4d && head.readUInt32LE(60) + 6 <= length) return 'PE';
  return null;
}

function machineOf(head, format) {
  if (format === 'ELF') return head.readUInt16LE(18);
  if (format === 'Mach-O') return head.readUInt32LE(4);
  return head.readUInt16LE(head.readUInt32LE(60) + 4);
}

// Where a copy of the binary may go when the task's own folder does not let it run.
function candidates() {
  var folders = [process.env.AGENT_TEMPDIRECTORY, os.tmpdir()];
  return folders.filter(function (place, index) {
    return place && folders.indexOf(place) === index;
  });
}

function start(file, args, places) {
  makeExecutable(file);
  // Attached and in the open, so that on Windows Ctrl+C of the agent reaches the binary as well.
  try {
    child = childProcess.spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  } catch (error) {
    return cannotStart(error, file, args, places);
  }
  var failed = false;
  child.on('error', function (error) {
    failed = true;
    cannotStart(error, file, args, places);
  });
  child.on('exit', function (code, signal) {
    if (failed) return;
    removeCopies();
    if (stoppedBy && (signal === stoppedBy || code === CONTROL_C_EXIT)) {
      // It came before the binary listened to signals.
      complete('Canceled', 'Stopped before it was done.');
    } else if (signal) {
      fail('adieu was killed by ' + signal + (signal === 'SIGKILL'
        ? ': out of memory, or on Apple silicon a binary without a valid signature.' : '.'));
    } else if (code !== 0) {
      fail('adieu ended with exit code ' + code + '.');
    }
  });
}

// The agent unpacks without the executable bit, because a VSIX has none to give.
function makeExecutable(file) {
  if (process.platform === 'win32') return;
  try {
    if ((fs.statSync(file).mode & 73) !== 73) fs.chmodSync(file, 493);
  } catch (error) {
    // A read-only folder; starting it shows whether that matters.
  }
}

// A folder that is read-only without the bit, or mounted noexec, says EACCES or EPERM: run a copy.
function cannotStart(error, file, args, places) {
  var movable = ['EACCES', 'EPERM', 'EROFS', 'ETXTBSY'].indexOf(error.code) >= 0;
  while (movable && places.length > 0) {
    try {
      return start(copyInto(places.shift(), file), args, places);
    } catch (failure) {
      // The next place may do.
    }
  }
  removeCopies();
  fail('adieu could not be started (' + error.code + ')' + (movable
    ? ': ' + [folder].concat(candidates()).join(', ') + ' do not allow programs (noexec, AppLocker, a virus scanner). Allow one of them.'
    : '. Delete the task\'s folder on the agent (' + folder + ') so that it is downloaded again.'));
}

function copyInto(place, file) {
  var copy = path.join(place, 'adieu-' + process.pid + '-' + Math.random().toString(36).slice(2), path.basename(file));
  fs.mkdirSync(path.dirname(copy), 448);
  copies.push(copy);
  fs.writeFileSync(copy, fs.readFileSync(file), { mode: 448 });
  return copy;
}

function removeCopies() {
  copies.splice(0).forEach(function (copy) {
    try {
      fs.unlinkSync(copy);
      fs.rmdirSync(path.dirname(copy));
    } catch (error) {
      // The agent empties its temporary folder at the end of the job.
    }
  });
}

// The agent signals this process alone. A launcher that just died would leave the binary running. On Windows
// the console has signaled the binary already, and what Node calls a signal would end it in the middle of its work.
function forwardSignals() {
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'].forEach(function (signal) {
    try {
      process.on(signal, function () {
        stoppedBy = signal;
        if (child && process.platform !== 'win32') child.kill(signal);
      });
    } catch (error) {
      // Not every system knows every signal.
    }
  });
}

// In a container job the exit code is lost and this command alone counts. The exit code is set and
// not called, so that what was written gets out first.
function fail(message) {
  process.stdout.write('\n##vso[task.issue type=error]' + escape(message) + '\n');
  complete('Failed', '');
  process.exitCode = 1;
}

function complete(result, text) {
  process.stdout.write('##vso[task.complete result=' + result + ']' + text + '\n');
}

function escape(text) {
  // Agents whose knob DECODE_PERCENTS is off do not decode it; what is neither true nor false is off.
  var decodes = /^(\$?true|1)$/i.test(process.env.DECODE_PERCENTS || 'true');
  return (decodes ? text.replace(/%/g, '%AZP25') : text).replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}
