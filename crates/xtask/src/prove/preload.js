// Makes the launcher see another platform, and start the binary with the program that runs it. Everything else is real,
// including the launcher's choice and check of the binary. `starter` is written before this file.
var childProcess = require('child_process');
var spawn = childProcess.spawn;
Object.defineProperty(process, 'platform', { value: starter.system });
Object.defineProperty(process, 'arch', { value: starter.processor });
childProcess.spawn = function (file, args, options) {
  var changed = { env: Object.assign({}, process.env, starter.environment) };
  // A watcher creates its own pipes for the program.
  if (starter.watcher.length > 0) changed.stdio = ['ignore', 'inherit', 'ignore'];
  var all = starter.watcher.concat([file], args);
  return spawn.call(childProcess, starter.program, all, Object.assign({}, options, changed));
};
