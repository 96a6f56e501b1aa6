//! A handler in a container job: started by a script of the agent, which sends everything to its standard input and
//! loses a signal's exit code (`containerHandlerInvoker.js.template`).
//!
//! There is no actual container: for a task, the wrapper makes the difference.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::job::Job;
use super::process::Process;

/// Does the same as the agent's template: passes on no signals, and exits with `process.exit(null)`, which is 0. It
/// omits the debug lines with the whole environment, which the agent masks: they would hide the task's own lines.
const INVOKER: &str = r"
const { spawn } = require('child_process');
let payload = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => { payload += chunk; });
process.stdin.on('end', () => {
  const { handler, args, workDir, prependPath, environment } = JSON.parse(payload);
  Object.assign(process.env, environment);
  if (prependPath) {
    process.env.PATH = `${prependPath}:${process.env.PATH}`;
  }
  process.env.TF_BUILD = 'True';
  const launch = spawn(handler, [args], { stdio: 'inherit', cwd: workDir });
  launch.on('exit', (code) => {
    if (code != 0) {
      process.exit(code);
    }
  });
});
";

/// Starts a script as the agent starts it in a container: without the agent's environment. The paths of programs and
/// the home folder come from the image.
pub(crate) fn start(
    script: &Path,
    environment: &BTreeMap<String, String>,
    working_folder: &Path,
    job: &Job<'_>,
) -> Process {
    let invoker = job.temp_folder().join("containerHandlerInvoker.js");
    fs::write(&invoker, INVOKER).expect("a file");
    let payload = serde_json::json!({
        "handler": "node",
        "args": script,
        "environment": environment,
        "workDir": working_folder,
        "prependPath": job.path_of_steps(),
    });
    let of_image: BTreeMap<String, String> = job
        .environment
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "PATH" | "HOME"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Process::start(
        "node",
        &[&invoker],
        &of_image,
        working_folder,
        Some(&payload.to_string()),
    )
}
