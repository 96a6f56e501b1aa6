//! An expanded pipeline as stages, jobs and steps; unknown keys are refused.
//!
//! Triggers, pools, names of runs and approvals belong to the server and are ignored.

use super::error::Problem;
use super::expression::Context;
use super::yaml::{Content, Node, Position};

/// Keys for what the service does before a run starts, or for where it runs.
const OF_THE_SERVER: [&str; 10] = [
    "name",
    "trigger",
    "pr",
    "schedules",
    "resources",
    "pool",
    "lockBehavior",
    "displayName",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
];

/// Names and texts, in the order of the file.
pub(crate) type Texts = Vec<(String, String)>;

/// One stage.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) depends_on: Vec<String>,
    pub(crate) condition: String,
    pub(crate) variables: Texts,
    pub(crate) jobs: Vec<Job>,
    pub(crate) position: Position,
}

/// One job.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) depends_on: Vec<String>,
    pub(crate) condition: String,
    pub(crate) variables: Texts,
    pub(crate) steps: Vec<Step>,
    /// Whether it is a deployment job, which checks nothing out, and downloads the run's artifacts.
    pub(crate) is_deployment: bool,
    pub(crate) position: Position,
}

/// One step.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) condition: String,
    pub(crate) env: Texts,
    pub(crate) continue_on_error: bool,
    pub(crate) position: Position,
}

/// The action of a step.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// `task:`, as `Name@Major`.
    Task { task: String, inputs: Texts },
    /// `script:` and `bash:`.
    Script {
        script: String,
        working_directory: String,
    },
    /// `checkout: self`, `checkout: none`.
    Checkout {
        what: String,
        /// Whether the job token stays available to git, as an extra header.
        persist_credentials: bool,
    },
    /// `publish:`.
    Publish { path: String, artifact: String },
    /// `download: current`, `download: none`.
    Download { what: String, artifact: String },
}

/// The stages of a whole pipeline, and the variables for all of them.
pub(crate) fn stages(pipeline: &Node) -> Result<(Vec<Stage>, Texts), Problem> {
    let reader = Reader::new(pipeline)?;
    let variables = variables(pipeline)?;
    let stages = if let Some(list) = pipeline.get("stages") {
        reader.only(&["stages", "variables", "extends"])?;
        let mut stages = Vec::new();
        for node in list.items() {
            let previous = stages.last().map(|stage: &Stage| stage.name.clone());
            stages.push(stage(node, previous)?);
        }
        stages
    } else {
        reader.only(&["jobs", "steps", "variables", "extends"])?;
        vec![Stage {
            name: "__default".to_owned(),
            depends_on: Vec::new(),
            condition: "succeeded()".to_owned(),
            variables: Vec::new(),
            jobs: jobs(pipeline)?,
            position: pipeline.position,
        }]
    };
    Ok((stages, variables))
}

fn stage(node: &Node, previous: Option<String>) -> Result<Stage, Problem> {
    let reader = Reader::new(node)?;
    reader.only(&[
        "stage",
        "dependsOn",
        "condition",
        "variables",
        "jobs",
        "steps",
    ])?;
    let depends_on = reader.names("dependsOn")?;
    Ok(Stage {
        name: reader.text("stage")?.unwrap_or_default(),
        depends_on: depends_on.unwrap_or_else(|| previous.into_iter().collect()),
        condition: reader.condition()?,
        variables: variables(node)?,
        jobs: jobs(node)?,
        position: node.position,
    })
}

/// The jobs of a stage or a pipeline; steps without a job form one.
fn jobs(owner: &Node) -> Result<Vec<Job>, Problem> {
    if let Some(list) = owner.get("jobs") {
        return list.items().iter().map(job).collect();
    }
    let list = owner
        .get("steps")
        .ok_or_else(|| Problem::new(owner.position, "Expected 'stages', 'jobs' or 'steps'"))?;
    Ok(vec![Job {
        name: "Job".to_owned(),
        depends_on: Vec::new(),
        condition: "succeeded()".to_owned(),
        variables: Vec::new(),
        steps: steps(list)?,
        is_deployment: false,
        position: owner.position,
    }])
}

fn job(node: &Node) -> Result<Job, Problem> {
    let reader = Reader::new(node)?;
    let is_deployment = node.get("deployment").is_some();
    let steps = if is_deployment {
        reader.only(&[
            "deployment",
            "dependsOn",
            "condition",
            "variables",
            "environment",
            "strategy",
        ])?;
        let hooks = node
            .get("strategy")
            .and_then(|strategy| strategy.get("runOnce"));
        match hooks.map(Node::pairs) {
            Some([(key, hook)]) if key.text == "deploy" => hook.get("steps"),
            _ => {
                let message = "a deployment with another strategy than runOnce, deploy is not \
                 known to this emulator";
                return Err(Problem::new(node.position, message));
            }
        }
    } else {
        reader.only(&["job", "dependsOn", "condition", "variables", "steps"])?;
        node.get("steps")
    };
    let list = steps.ok_or_else(|| Problem::new(node.position, "Expected 'steps'"))?;
    let name = reader.text(if is_deployment { "deployment" } else { "job" })?;
    Ok(Job {
        name: name.unwrap_or_default(),
        depends_on: reader.names("dependsOn")?.unwrap_or_default(),
        condition: reader.condition()?,
        variables: variables(node)?,
        steps: self::steps(list)?,
        is_deployment,
        position: node.position,
    })
}

fn steps(list: &Node) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::new();
    for node in list.items() {
        let step = step(node)?;
        let is_disabled = node.get("enabled").and_then(Node::as_text);
        if is_disabled.is_none_or(|enabled| !enabled.eq_ignore_ascii_case("false")) {
            steps.push(step);
        }
    }
    Ok(steps)
}

fn step(node: &Node) -> Result<Step, Problem> {
    const COMMON: [&str; 6] = [
        "name",
        "condition",
        "env",
        "continueOnError",
        "enabled",
        "inputs",
    ];
    let reader = Reader::new(node)?;
    let keyword = node
        .pairs()
        .first()
        .map_or("", |(key, _)| key.text.as_str());
    let own: &[&str] = match keyword {
        "task" => &["task"],
        "script" => &["script", "workingDirectory"],
        "bash" => &["bash", "workingDirectory"],
        "checkout" => &[
            "checkout",
            "fetchDepth",
            "persistCredentials",
            "clean",
            "fetchTags",
        ],
        "publish" => &["publish", "artifact"],
        "download" => &["download", "artifact"],
        other => {
            let message =
                format!("a step that starts with '{other}' is not known to this emulator");
            return Err(Problem::new(node.position, &message));
        }
    };
    reader.only(&[own, &COMMON].concat())?;
    let text = |key: &str| Ok::<_, Problem>(reader.text(key)?.unwrap_or_default());
    let first = text(keyword)?;
    let action = match keyword {
        "task" => Action::Task {
            task: first.clone(),
            inputs: texts(node.get("inputs"))?,
        },
        "script" | "bash" => Action::Script {
            script: first.clone(),
            working_directory: text("workingDirectory")?,
        },
        "checkout" => Action::Checkout {
            what: first.clone(),
            persist_credentials: reader.flag("persistCredentials")?,
        },
        "publish" => Action::Publish {
            path: first.clone(),
            artifact: text("artifact")?,
        },
        _ => Action::Download {
            what: first.clone(),
            artifact: text("artifact")?,
        },
    };
    let shown = match &action {
        Action::Task { task, .. } => task.split('@').next().unwrap_or_default().to_owned(),
        Action::Script { .. } if keyword == "bash" => "Bash".to_owned(),
        Action::Script { .. } => "CmdLine".to_owned(),
        _ => format!("{keyword} {first}"),
    };
    Ok(Step {
        action,
        name: text("name")?,
        display_name: reader.text("displayName")?.unwrap_or(shown),
        condition: reader.condition()?,
        env: texts(node.get("env"))?,
        continue_on_error: reader.flag("continueOnError")?,
        position: node.position,
    })
}

/// Variables, as a mapping or as a list of names and values.
fn variables(owner: &Node) -> Result<Texts, Problem> {
    let Some(node) = owner.get("variables") else {
        return Ok(Vec::new());
    };
    if matches!(node.content, Content::Map(_)) {
        return texts(Some(node));
    }
    let mut variables = Vec::new();
    for item in node.items() {
        let reader = Reader::new(item)?;
        reader.only(&["name", "value"])?;
        variables.push((
            reader.text("name")?.unwrap_or_default(),
            reader.text("value")?.unwrap_or_default(),
        ));
    }
    Ok(variables)
}

fn texts(node: Option<&Node>) -> Result<Texts, Problem> {
    let pairs = node.map_or(&[][..], Node::pairs).iter();
    pairs
        .map(|(key, value)| {
            let text = value.as_text();
            let text = text.ok_or_else(|| Problem::new(value.position, "Expected a scalar"))?;
            Ok((key.text.clone(), text.to_owned()))
        })
        .collect()
}

/// Reads the keys of a mapping.
struct Reader<'n> {
    node: &'n Node,
}

impl<'n> Reader<'n> {
    fn new(node: &'n Node) -> Result<Self, Problem> {
        match node.content {
            Content::Map(_) => Ok(Self { node }),
            _ => Err(Problem::new(node.position, "Expected a mapping")),
        }
    }

    fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let is_known = |key: &str| known.contains(&key) || OF_THE_SERVER.contains(&key);
        match self
            .node
            .pairs()
            .iter()
            .find(|(key, _)| !is_known(&key.text))
        {
            Some((key, _)) => Err(Problem::new(
                key.position,
                &format!("Unexpected value '{}'", key.text),
            )),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, Problem> {
        let Some(node) = self.node.get(key) else {
            return Ok(None);
        };
        let text = node.as_text();
        let text = text.ok_or_else(|| Problem::new(node.position, "Expected a scalar"))?;
        Ok(Some(text.to_owned()))
    }

    fn flag(&self, key: &str) -> Result<bool, Problem> {
        let text = self.text(key)?;
        Ok(text.is_some_and(|text| text.eq_ignore_ascii_case("true")))
    }

    fn condition(&self) -> Result<String, Problem> {
        let condition = self.text("condition")?.filter(|text| !text.is_empty());
        Ok(condition.unwrap_or_else(|| "succeeded()".to_owned()))
    }

    /// One name, or a list of them.
    fn names(&self, key: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(node) = self.node.get(key) else {
            return Ok(None);
        };
        let names = match &node.content {
            Content::Text(name) if name.is_empty() => Vec::new(),
            Content::Text(name) => vec![name.clone()],
            _ => node
                .items()
                .iter()
                .filter_map(Node::as_text)
                .map(str::to_owned)
                .collect(),
        };
        Ok(Some(names))
    }
}

/// Whether a condition is true.
pub(crate) fn holds(
    condition: &str,
    context: &Context,
    position: Position,
) -> Result<bool, Problem> {
    let value = context.evaluate(condition);
    let value = value.map_err(|message| Problem::new(position, &message))?;
    Ok(value.is_true())
}
