// Starts the native binary of this task, and passes output and signals between the agent and the binary.
// It never reads an input or a secret, and never uses the network. Old syntax and no packages: some containers have
// Node 10, and new agents have Node 24.
'use strict';

var childProcess = require('child_process');
var fs = require('fs');
var os = require('os');
var path = require('path');

// The agent passes no arguments to a handler, so the file's name is the phase: packaging copies this file into the
// task's folder as launch.js and, for a task with other phases, under their names.
var PHASES = { 'prejobexecution.js': 'prejobexecution', 'postjobexecution.js': 'postjobexecution' };

// On Windows, the exit code of a program that does not handle Ctrl+C or Ctrl+Break (STATUS_CONTROL_C_EXIT).
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

// A 32-bit Node on 64-bit Windows can start the 64-bit binary; Windows on ARM emulates x64.
function architecture() {
  if (process.platform === 'win32') return 'x64';
  return process.arch;
}

// An empty file "runs" and exits with 0, and the shell interprets a file in another format: the step would seem to
// succeed, so such files are refused here.
function inspect(file, platform) {
  var head = Buffer.alloc(4096);
  var length;
  try {
    var handle = fs.openSync(file, 'r');
    length = fs.readSync(handle, head, 0, head.length, 0);
    fs.closeSync(handle);
  } catch (error) {
    return 'cannot be read (' + error.code + '); a virus scanner may have removed it.';
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

// Folders for a copy of the binary, if it cannot run in the task's own folder.
function candidates() {
  var folders = [process.env.AGENT_TEMPDIRECTORY, os.tmpdir()];
  return folders.filter(function (place, index) {
    return place && folders.indexOf(place) === index;
  });
}

function start(file, args, places) {
  makeExecutable(file);
  // Not detached and not hidden: on Windows, the agent's Ctrl+C must reach the binary as well.
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
      // The signal came before the binary handled signals.
      complete('Canceled', 'Stopped before it was done.');
    } else if (signal) {
      fail('adieu was killed by ' + signal + (signal === 'SIGKILL'
        ? ': out of memory, or on Apple silicon a binary without a valid signature.' : '.'));
    } else if (code !== 0) {
      fail('adieu ended with exit code ' + code + '.');
    }
  });
}

// A VSIX has no executable bits, so the agent unpacks files without them.
function makeExecutable(file) {
  if (process.platform === 'win32') return;
  try {
    if ((fs.statSync(file).mode & 73) !== 73) fs.chmodSync(file, 493);
  } catch (error) {
    // The folder is read-only; starting the binary shows whether that matters.
  }
}

// EACCES or EPERM: the folder is read-only and the bit is missing, or it is mounted noexec. Run a copy.
function cannotStart(error, file, args, places) {
  var movable = ['EACCES', 'EPERM', 'EROFS', 'ETXTBSY'].indexOf(error.code) >= 0;
  while (movable && places.length > 0) {
    try {
      return start(copyInto(places.shift(), file), args, places);
    } catch (failure) {
      // Try the next folder.
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

// The agent signals only this process; if it simply ended, the binary would keep running. On Windows, the console has
// already signaled the binary, and a signal from Node would terminate it immediately.
function forwardSignals() {
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'].forEach(function (signal) {
    try {
      process.on(signal, function () {
        stoppedBy = signal;
        if (child && process.platform !== 'win32') child.kill(signal);
      });
    } catch (error) {
      // Not every system has every signal.
    }
  });
}

// In a container job, the exit code is lost and only this command counts. process.exitCode is set instead of calling
// process.exit(), so that all output is written first.
function fail(message) {
  process.stdout.write('\n##vso[task.issue type=error]' + escape(message) + '\n');
  complete('Failed', '');
  process.exitCode = 1;
}

function complete(result, text) {
  process.stdout.write('##vso[task.complete result=' + result + ']' + text + '\n');
}

function escape(text) {
  // Agents on which the knob DECODE_PERCENTS is off do not decode it. Values other than true and false mean off.
  var decodes = /^(\$?true|1)$/i.test(process.env.DECODE_PERCENTS || 'true');
  return (decodes ? text.replace(/%/g, '%AZP25') : text).replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}
