//! A job: its variables, its folders, and the steps that it runs.
//!
//! It never runs two steps at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::endpoint::Endpoints;
use super::log::Log;
use super::masker::Masker;
use super::variables::{Variable, VariableFlags, Variables, formatted, is_of_system};
use crate::azure_devops::{AzureDevOps, JobRecord};
use crate::ids::guid;

/// Separator between the folders of a path.
pub(crate) const PATH_SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// The source of the agent's jobs, and a folder that outlives them.
#[derive(Clone, Copy)]
pub(crate) struct Platform<'w> {
    pub(crate) azure_devops: &'w AzureDevOps,
    pub(crate) folder: &'w Path,
}

/// A step that has started: what its post-job section needs (`JobExtension.cs`).
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) folder: PathBuf,
    pub(crate) inputs: BTreeMap<String, String>,
    pub(crate) mapped: BTreeMap<String, String>,
}

/// A job on an agent.
pub struct Job<'w> {
    pub(crate) platform: Platform<'w>,
    pub(crate) record: JobRecord,
    pub(crate) variables: Variables,
    /// Address of the job's own connection.
    pub(crate) collection: String,
    pub(crate) masker: Masker,
    /// The agent's own environment, which every step inherits.
    pub(crate) environment: BTreeMap<String, String>,
    /// By the ID of the step that set them; another step of the same task has its own.
    pub(crate) task_variables: BTreeMap<String, Variables>,
    /// The steps that have started, for their post-job sections.
    pub(crate) instances: Vec<Instance>,
    pub(crate) endpoints: Endpoints,
    /// Folders that steps prepended to the path, the last one first.
    pub(crate) prepended: Vec<String>,
    /// Prefix of the folders in which steps may keep secrets.
    pub(crate) private: Option<&'static str>,
    lookup_id: String,
    folder: TempDir,
}

impl std::fmt::Debug for Job<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Job").finish_non_exhaustive()
    }
}

impl Drop for Job<'_> {
    /// Even a test that fails halfway leaves no process running.
    fn drop(&mut self) {
        for process in self.processes_left() {
            super::process::send("KILL", process);
        }
    }
}

impl<'w> Job<'w> {
    pub(crate) fn new(platform: Platform<'w>, host_type: &str) -> Self {
        let record = platform.azure_devops.add_job(host_type);
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["_temp", "_tool", "s", "_home", "_tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        // The folders where people and programs leave files, so that the checks include them.
        let mut environment = own_environment();
        for (name, path) in [("HOME", "_home"), ("TMPDIR", "_tmp")] {
            let path = folder.path().join(path).to_string_lossy().into_owned();
            environment.insert(name.to_owned(), path);
        }
        let mut job = Self {
            platform,
            variables: Variables::default(),
            collection: platform.azure_devops.url().to_owned(),
            masker: Masker::default(),
            environment,
            task_variables: BTreeMap::new(),
            instances: Vec::new(),
            endpoints: Endpoints::default(),
            prepended: Vec::new(),
            private: None,
            lookup_id: format!("vsts_{}", guid()),
            record,
            folder,
        };
        job.masker.add(&job.record.token);
        job.set_system_variables();
        job
    }

    /// Sets a pipeline variable.
    pub fn variable(&mut self, name: &str, value: &str) {
        self.variables.set(name, value, VariableFlags::default());
    }

    /// Moves the job to the collection with this address: its variables and its own connection.
    pub fn collection(&mut self, address: &str) {
        for name in [
            "system.collectionuri",
            "system.teamfoundationcollectionuri",
            "system.oidcrequesturi",
        ] {
            let here = self.value(name).unwrap_or_default();
            let there = here.replace(&self.collection, address);
            self.variables.set(name, &there, VariableFlags::READ_ONLY);
        }
        address.clone_into(&mut self.collection);
    }

    /// Sets a secret pipeline variable.
    pub fn secret_variable(&mut self, name: &str, value: &str) {
        let mut directory = self.platform.azure_devops.directory();
        directory.ledger.record("secret variable", value);
        drop(directory);
        self.masker.add_of_job(value);
        self.variables.set(name, value, VariableFlags::SECRET);
    }

    /// Adds a connection that a later step of the job names. The service sends all of a job's connections at its
    /// start.
    pub fn connection(&mut self, name: &str) {
        let id = self.platform.azure_devops.connection_id(name);
        self.endpoints.name(&id);
    }

    /// Turns `System.Debug` on.
    pub fn debug(&mut self) {
        self.variables
            .set("system.debug", "true", VariableFlags::READ_ONLY);
    }

    /// Allows access tokens in folders of the temporary folder with this prefix, if only the agent's user can open
    /// the folder and the file (Unix).
    pub fn keeps_secrets_in(&mut self, prefix: &'static str) {
        self.private = Some(prefix);
    }

    /// Removes a variable, as if an older server had not sent it.
    pub fn without(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Sets a variable of the agent's own process.
    pub fn agent_environment(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// The value of a variable, secret or not.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(|variable| variable.value.as_str())
    }

    /// A variable with its attributes.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    /// The pipeline variables that a script of the next step sees without `env:`: those that are not secret, except
    /// the system's.
    #[must_use]
    pub fn environment_of_next_script(&self) -> BTreeMap<String, String> {
        self.variables
            .iter()
            .filter(|variable| !variable.secret && !is_of_system(&variable.name))
            .map(|variable| (formatted(&variable.name), variable.value.clone()))
            .collect()
    }

    /// `Agent.TempDirectory`.
    #[must_use]
    pub fn temp_folder(&self) -> PathBuf {
        self.folder.path().join("_temp")
    }

    /// `Agent.WorkFolder`.
    #[must_use]
    pub fn work_folder(&self) -> &Path {
        self.folder.path()
    }

    /// Processes that this job's steps left running. Like the agent, it finds them by the lookup ID in their
    /// environment (`JobExtension.cs`; Linux).
    #[must_use]
    pub fn processes_left(&self) -> Vec<u32> {
        let wanted = format!("VSTS_PROCESS_LOOKUP_ID={}", self.lookup_id);
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|id: &u32| {
                std::fs::read(format!("/proc/{id}/environ")).is_ok_and(|environment| {
                    environment
                        .split(|byte| *byte == 0)
                        .any(|entry| entry == wanted.as_bytes())
                })
            })
            .collect()
    }

    /// Ends the job without the tasks' post-job sections: like the agent, it kills what steps left running
    /// (`JobExtension.cs`, "Finalize Job"; Linux). Returns those processes.
    pub fn finish(self) -> Vec<u32> {
        let left = self.processes_left();
        for process in &left {
            super::process::send("KILL", *process);
        }
        while !self.processes_left().is_empty() {
            std::thread::yield_now();
        }
        left
    }

    /// Waits until all processes that the steps left running have ended.
    ///
    /// # Panics
    /// A process still runs after half a minute.
    pub fn wait_until_nothing_is_left(&self) {
        let begun = Instant::now();
        loop {
            let left = self.processes_left();
            if left.is_empty() {
                return;
            }
            let time = begun.elapsed();
            assert!(time < Duration::from_secs(30), "{left:?} are still there");
            std::thread::yield_now();
        }
    }

    /// Adds what a YAML pipeline's job has besides: folders for artifacts, and the job token as a secret variable.
    pub(crate) fn lay_out(&mut self) {
        for name in ["a", "b"] {
            std::fs::create_dir(self.folder.path().join(name)).expect("a folder");
        }
        let folder = |name: &str| self.folder.path().join(name).to_string_lossy().into_owned();
        let (staging, work) = (folder("a"), folder(""));
        for (name, value) in [
            ("Pipeline.Workspace", work.trim_end_matches('/')),
            ("Build.ArtifactStagingDirectory", &staging),
            ("System.ArtifactsDirectory", &staging),
        ] {
            self.variables.set(name, value, VariableFlags::READ_ONLY);
        }
        let token = self.record.token.clone();
        let marks = VariableFlags {
            secret: true,
            ..VariableFlags::READ_ONLY
        };
        self.variables.set("System.AccessToken", &token, marks);
    }

    /// The path with the folders that steps prepended, if any.
    #[must_use]
    pub fn path_of_steps(&self) -> Option<String> {
        let folders: Vec<&str> = self.prepended.iter().rev().map(String::as_str).collect();
        (!folders.is_empty()).then(|| folders.join(&PATH_SEPARATOR.to_string()))
    }

    /// Every variable, secret or not.
    pub(crate) fn all_variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let variables = self.variables.iter();
        variables.map(|variable| (variable.name.as_str(), variable.value.as_str()))
    }

    /// A line, masked as in this job's log.
    #[must_use]
    pub fn masked(&self, line: &str) -> String {
        self.masker.mask(line)
    }

    pub(crate) fn log(&self) -> Log {
        let debug = self
            .value("system.debug")
            .is_some_and(|on| on.eq_ignore_ascii_case("true"));
        Log::new(debug)
    }

    /// Sets the variables that the server and the agent set for every step (`JobRunner.cs`; learn.microsoft.com, "Use
    /// predefined variables").
    fn set_system_variables(&mut self) {
        let collection = self.platform.azure_devops.url().to_owned();
        let (project, project_id) = {
            let directory = self.platform.azure_devops.directory();
            (directory.project.clone(), directory.project_id.clone())
        };
        let JobRecord { hub, plan, id, .. } = self.record.clone();
        let request = format!(
            "{collection}{project_id}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{id}/oidctoken"
        );
        let folder = |name: &str| self.folder.path().join(name).to_string_lossy().into_owned();
        let (temp, tool, work) = (folder("_temp"), folder("_tool"), folder(""));
        let (sources, home) = (folder("s"), folder("_agent"));
        let certificate = self
            .platform
            .folder
            .join("ca.pem")
            .to_string_lossy()
            .into_owned();
        let (name, lookup) = (
            self.platform.folder.to_string_lossy(),
            self.lookup_id.clone(),
        );
        let agent = name.rsplit('.').next().unwrap_or_default().to_owned();
        for (name, value) in [
            ("system.hosttype", hub.as_str()),
            ("system.planid", &plan),
            ("system.jobid", &id),
            ("system.teamprojectid", &project_id),
            ("system.teamproject", &project),
            ("system.culture", "en-US"),
            ("system.servertype", "Hosted"),
            ("system.defaultworkingdirectory", &sources),
            ("system.workfolder", work.trim_end_matches('/')),
            ("system.isazurevm", "0"),
            ("system.isdockercontainer", "0"),
            ("agent.version", "4.265.1"),
            ("agent.id", "7"),
            ("agent.name", &agent),
            ("agent.machinename", &agent),
            ("agent.jobname", "Job"),
            ("agent.os", "Linux"),
            ("agent.osarchitecture", "X64"),
            ("agent.homedirectory", &home),
            ("agent.rootdirectory", work.trim_end_matches('/')),
            ("agent.tempdirectory", &temp),
            ("agent.toolsdirectory", &tool),
            ("agent.workfolder", work.trim_end_matches('/')),
            ("agent.isselfhosted", "1"),
            ("agent.jobstatus", "Succeeded"),
            ("agent.cainfo", &certificate),
        ] {
            self.variables.set(name, value, VariableFlags::READ_ONLY);
        }
        for (name, value) in [
            ("system.collectionuri", collection.as_str()),
            ("system.teamfoundationcollectionuri", &collection),
            ("system.oidcrequesturi", &request),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("VSTS_PROCESS_LOOKUP_ID", &lookup),
        ] {
            self.variables.set(name, value, VariableFlags::default());
        }
        let own: &[(&str, &str)] = match hub.as_str() {
            "build" => &[
                ("build.sourcesdirectory", &sources),
                ("agent.builddirectory", work.trim_end_matches('/')),
            ],
            _ => &[("release.releaseid", "7")],
        };
        for (name, value) in own {
            self.variables.set(name, value, VariableFlags::READ_ONLY);
        }
    }
}

/// The environment of the agent's own process.
fn own_environment() -> BTreeMap<String, String> {
    ["PATH", "HOME", "SystemRoot", "TEMP", "TMP"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect()
}
