//! Pipelines without tasks: how they run, and what is refused before or during a run.
//!
//! Scripts are real ones; templates have their own tests next to their source.

use adieu_emulator::pipeline::Pipeline;
use adieu_emulator::{TaskResult, World};

/// Runs a pipeline in a repository with one file. Returns the run's page, or the problem.
fn run(pipeline: &str) -> String {
    let world = World::start();
    let sources = tempfile::tempdir().expect("a folder");
    std::fs::write(sources.path().join("file.txt"), "in the repository\n").expect("a file");
    let pipeline = Pipeline::new(&world, sources.path()).file("a.yml", pipeline);
    match pipeline.run("a.yml") {
        Ok(run) => run.page(),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn steps_run_while_their_conditions_hold() {
    let page = run("
variables:
  kind: nightly
  long: $(kind)-build
steps:
- script: cat file.txt
- script: echo '$(long)' $LONG '$(unknown)'
  displayName: Say $(kind)
- script: exit 3
  displayName: Fail
- script: echo never
- script: echo on failure
  condition: and(failed(), eq(variables['kind'], 'NIGHTLY'))
- script: echo at last
  condition: always()
- script: echo never asked
  enabled: false
");
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          CmdLine: Succeeded
            in the repository
          Say nightly: Succeeded
            nightly-build nightly-build $(unknown)
          Fail: Failed
            ##[error]Bash exited with code '3'.
          CmdLine: Skipped
          CmdLine: Succeeded
            on failure
          CmdLine: Succeeded
            at last
    "#]]
    .assert_eq(&page);
}

#[test]
fn continues_on_error() {
    let page = run("
jobs:
- job: first
  steps:
  - script: exit 1
    continueOnError: true
  - script: echo $AGENT_JOBSTATUS
- job: second
  dependsOn: first
  steps:
  - script: exit 2
- job: third
  dependsOn: second
  steps:
  - script: echo never
- job: fourth
  dependsOn: second
  condition: failed()
  variables:
    from: $[ variables['Build.SourceBranchName'] ]
  steps:
  - checkout: none
  - script: echo after a failure, from $(from)
");
    expect_test::expect![[r#"
        first
          Checkout: Succeeded
          CmdLine: Failed
            ##[error]Bash exited with code '1'.
          CmdLine: Succeeded
            SucceededWithIssues
        second
          Checkout: Succeeded
          CmdLine: Failed
            ##[error]Bash exited with code '2'.
        fourth
          checkout none: Succeeded
          CmdLine: Succeeded
            after a failure, from main
        __default.third: Skipped
    "#]]
    .assert_eq(&page);
}

#[test]
fn passes_variables_and_files_between_steps_and_artifacts_between_jobs() {
    let page = run("
stages:
- stage: make
  jobs:
  - job: make
    steps:
    - script: |
        echo '##vso[task.setvariable variable=MADE;isOutput=true]by make'
        echo '##vso[task.setvariable variable=NOTE]a note'
      name: maker
    - script: echo \"$(maker.MADE), $NOTE\" > $(Build.ArtifactStagingDirectory)/note.txt
    - publish: $(Build.ArtifactStagingDirectory)
      artifact: notes
- stage: use
  jobs:
  - deployment: use
    environment: here
    strategy:
      runOnce:
        deploy:
          steps:
          - script: cat $(Pipeline.Workspace)/notes/note.txt; ls
  - job: other
    steps:
    - download: current
      artifact: notings
");
    expect_test::expect![[r#"
        make, make
          Checkout: Succeeded
          CmdLine: Succeeded
          CmdLine: Succeeded
          publish [WORK]/a: Succeeded
        use, use
          Download artifacts: Succeeded
          CmdLine: Succeeded
            by make, a note
        use, other
          Checkout: Succeeded
          download current: Failed
            ##[error]Artifact notings not found
    "#]]
    .assert_eq(&page);
}

#[test]
fn masks_secrets_and_keeps_them_out_of_environments() {
    let page = run("
steps:
- bash: |
    secret=tops3cret
    echo \"##vso[task.setvariable variable=PASSWORD;isSecret=true]$secret\"
- script: echo \"[$PASSWORD] $(PASSWORD)\"
- script: echo \"$MAPPED\"
  env:
    MAPPED: is $(PASSWORD)
");
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Bash: Succeeded
          CmdLine: Succeeded
            [] ***
          CmdLine: Succeeded
            is ***
    "#]]
    .assert_eq(&page);
}

#[test]
fn refuses_what_is_not_supported() {
    let mut refusals = String::new();
    for pipeline in [
        "steps:\n- pwsh: Get-Date\n",
        "steps:\n- script: a\n  target: container\n",
        "steps:\n- script: a\n  retryCountOnTaskFailure: 2\n",
        "steps:\n- task: CopyFiles@2\n",
        "steps:\n- checkout: other\n",
        "steps:\n- checkout: self\n  persistCredentials: true\n",
        "steps:\n- download: other\n",
        "steps:\n- script: a\n  condition: startsWith(1)\n",
        "steps:\n- script: a\n  condition: succeeded('job')\n",
        "jobs:\n- job: a\n  strategy:\n    matrix: {}\n  steps: []\n",
        "jobs:\n- job: a\n  container: x\n  steps: []\n",
        "jobs:\n- job: a\n  dependsOn: b\n  steps: []\n",
        "jobs:\n- deployment: a\n  environment: e\n  strategy:\n    canary: {}\n",
        "variables:\n- group: secrets\nsteps: []\n",
        "variables:\n  a: $[counter('x', 1)]\nsteps: []\n",
        "stages:\n- stage: a\n  jobs: []\n  wait: true\n",
        "trigger: none\n",
    ] {
        refusals.push_str(&format!("{}\n", run(pipeline)));
    }
    expect_test::expect![[r#"
        a.yml (Line: 2, Col: 3): a step that starts with 'pwsh' is not known to this emulator
        a.yml (Line: 3, Col: 3): Unexpected value 'target'
        a.yml (Line: 3, Col: 3): Unexpected value 'retryCountOnTaskFailure'
        a.yml (Line: 2, Col: 3): A task is missing. The pipeline references a task called 'CopyFiles@2'. This usually indicates the task isn't installed
        (Line: 2, Col: 3): 'checkout: other' is not known to this emulator
        (Line: 2, Col: 3): 'persistCredentials: true' is not known to this emulator
        (Line: 2, Col: 3): 'download: other' is not known to this emulator
        (Line: 2, Col: 3): Unrecognized value: 'startsWith' with 1 arguments. Located within expression: startsWith(1).
        (Line: 2, Col: 3): 'succeeded' with names of jobs is not known to this emulator. Located within expression: succeeded('job').
        a.yml (Line: 3, Col: 3): Unexpected value 'strategy'
        a.yml (Line: 3, Col: 3): Unexpected value 'container'
        (Line: 2, Col: 3): it depends on 'b', which comes later or is unknown
        a.yml (Line: 2, Col: 3): a deployment with another strategy than runOnce, deploy is not known to this emulator
        a.yml (Line: 2, Col: 3): Unexpected value 'group'
        (Line: 1, Col: 1): Unrecognized value: 'counter' with 2 arguments. Located within expression: counter('x', 1).
        a.yml (Line: 4, Col: 3): Unexpected value 'wait'
        a.yml (Line: 1, Col: 1): Expected 'stages', 'jobs' or 'steps'
    "#]].assert_eq(&refusals);
}

#[test]
fn the_worst_stage_is_the_runs_result() {
    let world = World::start();
    let nothing = tempfile::tempdir().expect("a folder");
    for (script, expected) in [
        ("true", TaskResult::Succeeded),
        ("false", TaskResult::Failed),
    ] {
        let text = format!(
            "stages:\n- stage: a\n  jobs:\n  - job: a\n    steps:\n    - script: '{script}'\n- \
             stage: b\n  condition: always()\n  jobs:\n  - job: b\n    steps:\n    - script: 'true'\n"
        );
        let run = Pipeline::new(&world, nothing.path())
            .file("a.yml", &text)
            .run("a.yml");
        assert_eq!(run.expect("a valid pipeline").result, expected);
    }
}
