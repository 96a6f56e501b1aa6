//! A GitHub Actions runner, as far as a composite action and the steps after it need one.
//!
//! It does what actions/runner does (`CompositeActionHandler.cs`, `FileCommandManager.cs`,
//! `ActionCommandManager.cs`), and fails at everything that it does not support. It asserts that no secret is in the
//! log.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use adieu_emulator::pipeline::Node;
use adieu_emulator::{WorkflowJob, World};
use tempfile::TempDir;

/// A running job.
pub(super) struct Runner<'a> {
    world: &'a World,
    folder: TempDir,
    /// The environment of steps: the job's variables, and those that earlier steps wrote to `GITHUB_ENV`.
    environment: BTreeMap<String, String>,
    /// What earlier steps wrote to `GITHUB_PATH`, the last one first.
    path: Vec<String>,
    masks: Vec<String>,
    steps: usize,
}

/// The outcome of a step.
#[derive(Debug, Default)]
pub(super) struct StepOutcome {
    pub(super) status: i32,
    /// The log, as on the run's page.
    pub(super) log: String,
    /// The outputs that the step set, or that the action declares.
    pub(super) outputs: BTreeMap<String, String>,
}

impl<'a> Runner<'a> {
    /// A job, on the emulated network.
    pub(super) fn start(world: &'a World, job: &WorkflowJob) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut environment = world.github().start(job);
        let temp = folder.path().join("_temp");
        fs::create_dir(&temp).expect("a folder");
        for (name, value) in [
            ("RUNNER_TEMP", temp.display().to_string()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("HOME", folder.path().display().to_string()),
            ("HTTPS_PROXY", world.network().url()),
            ("SSL_CERT_FILE", world.ca_file().display().to_string()),
            ("CURL_CA_BUNDLE", world.ca_file().display().to_string()),
        ] {
            environment.insert(name.to_owned(), value);
        }
        Self {
            world,
            folder,
            environment,
            path: Vec::new(),
            masks: Vec::new(),
            steps: 0,
        }
    }

    /// Runs a step that `uses:` a composite action.
    pub(super) fn uses(&mut self, action: &Path, given: &[(&str, &str)]) -> StepOutcome {
        let text = fs::read_to_string(action.join("action.yml")).expect("an action");
        let action_file = Node::parse(&text).expect("YAML");
        let runs = action_file.get("runs").expect("runs");
        assert_eq!(text_of(runs, "using").as_deref(), Some("composite"));
        let mut context = Context::default();
        for (name, input) in action_file.get("inputs").expect("inputs").pairs() {
            let value = given.iter().find(|(given, _)| *given == name.text);
            let value = match value {
                Some((_, value)) => (*value).to_owned(),
                None => text_of(input, "default").unwrap_or_default(),
            };
            context.set(&["inputs", &name.text], value);
        }
        for (name, _) in given {
            let is_known = context.values.contains_key(&format!("inputs.{name}"));
            assert!(is_known, "the action has no input {name}");
        }
        context.set(&["github", "action_repository"], "contoso/adieu".to_owned());
        let mut all = StepOutcome::default();
        for step in runs.get("steps").expect("steps").items() {
            assert_eq!(text_of(step, "shell").as_deref(), Some("bash"), "a shell");
            let mut own = BTreeMap::from([(
                "GITHUB_ACTION_PATH".to_owned(),
                action.display().to_string(),
            )]);
            for (name, value) in step.get("env").map(Node::pairs).unwrap_or_default() {
                let value = value.as_text().expect("a text");
                own.insert(name.text.clone(), context.expanded(value));
            }
            let script = context.expanded(&text_of(step, "run").expect("a script"));
            let ended = self.step(&script, &own);
            all.log.push_str(&ended.log);
            all.status = ended.status;
            if let Some(id) = text_of(step, "id") {
                for (name, value) in ended.outputs {
                    context.set(&["steps", &id, "outputs", &name], value);
                }
            }
            if all.status != 0 {
                return all;
            }
        }
        for (name, output) in action_file.get("outputs").expect("outputs").pairs() {
            let value = text_of(output, "value").expect("a value");
            all.outputs
                .insert(name.text.clone(), context.expanded(&value));
        }
        all
    }

    /// Runs a later step of the workflow: `run:` with `env:`.
    pub(super) fn run(&mut self, script: &str, env: &[(&str, &str)]) -> StepOutcome {
        let own = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.step(script, &own.collect())
    }

    fn step(&mut self, script: &str, own: &BTreeMap<String, String>) -> StepOutcome {
        self.steps += 1;
        let folder = self.folder.path().join(format!("step-{}", self.steps));
        fs::create_dir(&folder).expect("a folder");
        let file = |name: &str| -> PathBuf {
            let path = folder.join(name);
            fs::write(&path, "").expect("a file");
            path
        };
        let (env, output, path) = (file("env"), file("output"), file("path"));
        let program = folder.join("script.sh");
        fs::write(&program, script).expect("a script");
        let system = std::env::var("PATH").expect("a PATH");
        let paths: Vec<&str> = self
            .path
            .iter()
            .map(String::as_str)
            .chain([&*system])
            .collect();
        let ended = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(&program)
            .env_clear()
            .envs(&self.environment)
            .env("PATH", paths.join(":"))
            .env("GITHUB_ENV", &env)
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_PATH", &path)
            .envs(own)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("bash");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let log = self.logged(&format!("{}{}", text(&ended.stdout), text(&ended.stderr)));
        for (name, value) in commands(&env) {
            assert_ne!(name, "NODE_OPTIONS", "GITHUB_ENV may not set it");
            self.environment.insert(name, value);
        }
        let added = fs::read_to_string(&path).expect("a file");
        let added = added.lines().map(str::to_owned);
        self.path.splice(0..0, added.collect::<Vec<_>>());
        StepOutcome {
            status: ended.status.code().unwrap_or(-1),
            log,
            outputs: commands(&output).into_iter().collect(),
        }
    }

    /// Processes the commands in a step's output, and masks the rest.
    fn logged(&mut self, written: &str) -> String {
        let mut log = String::new();
        for line in written.lines() {
            let command = line.trim_start().strip_prefix("::");
            let Some((name, data)) = command.and_then(|rest| rest.split_once("::")) else {
                log.push_str(&format!("{line}\n"));
                continue;
            };
            let data = data
                .replace("%0D", "\r")
                .replace("%0A", "\n")
                .replace("%25", "%");
            match name {
                "add-mask" => self.masks.push(data),
                "error" => log.push_str(&format!("Error: {data}\n")),
                other => panic!("the runner was sent a command {other}"),
            }
        }
        for mask in &self.masks {
            log = log.replace(mask, "***");
        }
        let leaked = self.world.secrets_in(&log);
        assert!(leaked.is_empty(), "{leaked:?} in {log}");
        log
    }
}

/// The values for expressions.
#[derive(Default)]
struct Context {
    values: BTreeMap<String, String>,
}

impl Context {
    fn set(&mut self, path: &[&str], value: String) {
        self.values.insert(path.join("."), value);
    }

    /// Evaluates the expressions in a text. Only look-ups are supported; an output that was not set is empty.
    fn expanded(&self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").expect("an end");
            let expression = expression.trim();
            let value = self.values.get(expression);
            let is_output = expression.starts_with("steps.");
            assert!(value.is_some() || is_output, "unknown: {expression}");
            expanded.push_str(before);
            expanded.push_str(value.map_or("", String::as_str));
            rest = after;
        }
        expanded + rest
    }
}

fn text_of(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.as_text().map(str::to_owned)
}

/// The names and values of a file: `name=value`, or `name<<delimiter` up to the delimiter's own line.
fn commands(file: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(file).expect("a file");
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let here = line.find("<<");
        match line.find('=') {
            Some(equals) if here.is_none_or(|here| equals < here) => {
                found.push((line[..equals].to_owned(), line[equals + 1..].to_owned()));
            }
            _ => {
                let (name, delimiter) = line.split_once("<<").expect("a name");
                assert!(delimiter.len() >= 32, "a delimiter that can be guessed");
                let value: Vec<&str> = lines
                    .by_ref()
                    .take_while(|line| *line != delimiter)
                    .collect();
                found.push((name.to_owned(), value.join("\n")));
            }
        }
    }
    found
}
