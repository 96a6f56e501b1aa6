//! Runs a template with the emulated service and agent, and the real launcher and binary.
//!
//! It asserts nothing: a scenario's test does.

use std::fs;
use std::path::Path;

use adieu_emulator::pipeline::Pipeline;
use adieu_emulator::{MY_CONNECTION, Proxy, World};

use crate::harness::{TaskFolder, root};

/// The environment of a scenario.
pub(crate) struct Scenario<'w> {
    pub(crate) pipeline: Pipeline<'w>,
    _tasks: Vec<TaskFolder>,
    _proxy: Proxy,
}

impl<'w> Scenario<'w> {
    /// A pipeline, which may use our templates, in a repository with these files. The connection `my-connection` has
    /// the type without a subscription, which templates and documents use first.
    pub(crate) fn new(world: &'w World, pipeline: &str, sources: &Path) -> Self {
        world
            .azure_devops()
            .make_azure_devops_connection(MY_CONNECTION, "contoso");
        let proxy = world.network();
        let mut scenario = Pipeline::new(world, sources)
            .file("azure-pipelines.yml", pipeline)
            .variable("agent.proxyurl", &proxy.url())
            .agent_environment("HTTPS_PROXY", &proxy.url())
            .agent_environment("CURL_CA_BUNDLE", &world.ca_file().to_string_lossy())
            .agent_environment("GIT_SSL_CAINFO", &world.ca_file().to_string_lossy())
            .agent_environment("GIT_CONFIG_NOSYSTEM", "1")
            .agent_environment("NODE_EXTRA_CA_CERTS", &world.ca_file().to_string_lossy());
        let folder = root().join("pipelines/templates");
        for entry in fs::read_dir(folder).expect("the templates") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("a text");
            scenario = scenario.file(&format!("pipelines/templates/{name}"), &text);
        }
        // Only tasks that the pipeline names, because copies of the binary are large.
        let expanded = scenario.expanded("azure-pipelines.yml");
        let expanded = expanded.map_or_else(|_| String::new(), |document| document.to_yaml());
        let mut tasks = Vec::new();
        for (folder, name) in [
            ("token", "EntraToken@"),
            ("run", "RunWithToken@"),
            ("extension", "MarketplaceExtension@"),
            ("feeds", "FeedAuthenticate@"),
        ] {
            if expanded.contains(name) {
                tasks.push(TaskFolder::unpacked(folder));
            }
        }
        for task in &tasks {
            scenario = scenario.task(task.path());
        }
        Self {
            pipeline: scenario,
            _tasks: tasks,
            _proxy: proxy,
        }
    }

    /// Runs a pipeline, which must be valid. Returns the run.
    pub(crate) fn run(&self) -> adieu_emulator::pipeline::Run {
        match self.pipeline.run("azure-pipelines.yml") {
            Ok(run) => run,
            Err(problem) => panic!("the pipeline is not valid: {problem}"),
        }
    }
}
