//! A script of a job, as the tasks that run scripts start it (Bash@3, CmdLine@2).

use std::collections::BTreeMap;
use std::path::Path;

use super::environment;
use super::job::Job;
use super::process::Process;
use super::running::{RunningStep, StepSettings};
use crate::ids::guid;

impl<'w> Job<'w> {
    /// Starts a script as `script:` and `bash:` do: in a file, with macros replaced, by bash (Bash@3, CmdLine@2).
    pub(crate) fn script<'j>(
        &'j mut self,
        text: &str,
        mapped: &BTreeMap<String, String>,
        working_folder: &Path,
        name: &str,
    ) -> RunningStep<'j, 'w> {
        let (variables, warnings) = self.variables.expanded(&mut self.masker);
        let environment = environment::of_script(self, mapped, &variables);
        let folder = self.temp_folder();
        let file = folder.join(format!("{}.sh", guid()));
        std::fs::write(&file, environment::expanded(self, &variables, text)).expect("a file");
        let options = ["--noprofile", "--norc"].map(Path::new);
        let arguments = [options[0], options[1], &file];
        let process = Process::start("bash", &arguments, &environment, working_folder, None);
        RunningStep::new(self, folder, "bash", process)
            .with(StepSettings {
                instance: guid(),
                reference_name: name.to_owned(),
                ..StepSettings::default()
            })
            .warned(&warnings)
    }
}
