//! Tables of the effects of each logging command, in the style of the agent's own tests.
//!
//! It never starts a process.

use super::*;

/// A step's log, and the job's state after it.
#[derive(Default)]
struct Job {
    log: Log,
    variables: Variables,
    task_variables: Variables,
    endpoints: Endpoints,
    prepended: Vec<String>,
    masker: Masker,
}

impl Job {
    fn take(&mut self, lines: &[&str]) -> &mut Self {
        self.take_in("build", &[], lines)
    }

    fn take_in(
        &mut self,
        host_type: &str,
        restrictions: &[Restriction],
        lines: &[&str],
    ) -> &mut Self {
        let mut effects = Effects {
            variables: &mut self.variables,
            task_variables: &mut self.task_variables,
            endpoints: &mut self.endpoints,
            prepended: &mut self.prepended,
            masker: &mut self.masker,
            reference_name: "step",
            restrictions,
            output_variables: &["declared".to_owned()],
            host_type,
        };
        for line in lines {
            self.log.take(line, &mut effects);
        }
        self
    }

    fn shown(&self) -> String {
        self.log.lines.join("\n")
    }
}

/// In the style of the agent's TaskCommandExtensionL0.cs.
#[test]
fn variables_are_set_as_the_agent_sets_them() {
    for (line, name, value, secret) in [
        ("##vso[task.setvariable variable=a]v", "a", "v", false),
        (
            "##vso[task.setvariable variable=a;issecret=true]v",
            "a",
            "v",
            true,
        ),
        (
            "##vso[task.setvariable variable=a;isSecret= True ]v",
            "a",
            "v",
            true,
        ),
        (
            "##vso[task.setvariable variable=a; issecret=true]v",
            "a",
            "v",
            false,
        ),
        (
            "##vso[task.setvariable variable=a;issecret=1]v",
            "a",
            "v",
            false,
        ),
        (
            "##vso[task.setvariable variable=a;isoutput=true]v",
            "step.a",
            "v",
            false,
        ),
        (
            "##vso[task.setvariable variable=declared]v",
            "step.declared",
            "v",
            false,
        ),
        (
            "##vso[task.setvariable variable=a]x%0Dy%0Az%AZP250A",
            "a",
            "x\ry\nz%0A",
            false,
        ),
    ] {
        let mut job = Job::default();
        job.take(&[line]);
        let variable = job.variables.get(name).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(
            (variable.value.as_str(), variable.secret),
            (value, secret),
            "{line}"
        );
        assert!(!job.log.command_failed, "{line}");
        assert_eq!(job.shown(), "", "{line}");
    }
}

#[test]
fn masks_a_secret_raw_and_as_escaped_in_the_command() {
    let mut job = Job::default();
    job.take(&[
        "##vso[task.setvariable variable=a;issecret=true]first%AZP25;]",
        "first%;] and first%AZP25%3B%5D",
        "##vso[task.setvariable variable=A]second",
        "second",
        "##vso[task.setsecret]third",
        "third dGhpcmQ=",
    ]);
    assert_eq!(job.shown(), "*** and ***\n***\n*** dGhpcmQ=");
}

#[test]
fn commands_that_the_agent_cannot_run_fail_the_step() {
    for line in [
        "##vso[task.unknown]x",
        "##vso[task.setvariable]x",
        "##vso[task.setvariable variable=a;issecret=true]x%0Ay",
        "##vso[task.settaskvariable variable=a;issecret=true]x%0Ay",
        "##vso[task.logissue type=fatal]x",
        "##vso[task.complete result=Cancelled]x",
        "##vso[task.complete result=failed]x",
        "##vso[task.complete]x",
        "##vso[task.prependpath]",
        "##vso[task.uploadsummary]/no/such/file",
        "##vso[task.addattachment type=a]x",
    ] {
        let mut job = Job::default();
        job.take(&[line]);
        assert!(job.log.command_failed, "{line}");
        assert_eq!(job.log.errors.len(), 2, "{line}");
    }
}

#[test]
fn unknown_commands_are_warnings() {
    let mut job = Job::default();
    job.take(&[
        "##vso[unknown.event]x",
        "a ##vso[task",
        "##vso[task.logissue]x",
        "##vso[telemetry.publish]x",
    ]);
    assert!(!job.log.command_failed);
    assert_eq!(
        job.shown(),
        "##[warning]Cannot find command extension for ##vso[unknown.command]. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)\n\
         ##[warning]'a ##vso[task' contains logging command keyword '##vso', but it's not a legal command. Please see the list of accepted commands: https://go.microsoft.com/fwlink/?LinkId=817296\n\
         a ##vso[task\n\
         ##[warning]Can't create TaskIssue from logging event."
    );
}

#[test]
fn restrictions_deny_without_failing() {
    let task = Restriction {
        commands_restricted: true,
        settable: None,
    };
    let target = Restriction {
        commands_restricted: false,
        settable: Some(vec!["ok*".to_owned()]),
    };
    let mut job = Job::default();
    job.take_in(
        "build",
        &[task, target],
        &[
            "##vso[task.setendpoint id=x;field=url]y",
            "##vso[task.setvariable variable=OK1]v",
            "##vso[task.setvariable variable=other;issecret=true]hidden",
            "hidden",
        ],
    );
    assert!(!job.log.command_failed);
    assert_eq!(job.log.denied, ["task.setendpoint"]);
    assert_eq!(job.log.warnings.len(), 2);
    assert!(job.variables.get("ok1").is_some());
    assert!(job.variables.get("other").is_none());
    assert_eq!(job.log.lines.last().map(String::as_str), Some("***"));
}

#[test]
fn areas_belong_to_kinds_of_jobs() {
    let mut job = Job::default();
    job.take_in("deployment", &[], &["##vso[artifact.upload]x"]);
    assert!(job.log.command_failed);
    assert_eq!(
        job.log.errors,
        [
            "artifact commands are not supported for Deployment flow. Please reference \
             documentation (http://go.microsoft.com/fwlink/?LinkId=817296)"
        ]
    );
}

#[test]
fn an_issue_shows_its_position() {
    let mut job = Job::default();
    job.take(&[
        "##vso[task.logissue type=error;sourcepath=a.cs;linenumber=1;columnnumber=2;code=CS1]text",
    ]);
    assert_eq!(job.shown(), "##[error]a.cs(1,2): error CS1: text");
    assert!(!job.log.command_failed);
}
