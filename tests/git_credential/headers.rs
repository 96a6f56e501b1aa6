//! Headers that checkout, or a person, left in git's configuration: overridden wherever git finds them.
//!
//! repositories.rs has one in the repository itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adieu_emulator::{Job, MY_CONNECTION, TaskResult};

use super::{HELLO, OLD_HELLO, RestOfJob, gits, plain_environment, run, world};
use crate::harness::TaskFolder;

const STALE: &str = "AUTHORIZATION: bearer stale";

/// A checkout whose repository is elsewhere, like a submodule's, with an old header in it.
fn checkout(
    git: &Path,
    environment: &BTreeMap<String, String>,
    folder: &Path,
    data: &Path,
    address: &str,
) {
    for folder in [folder, data.parent().expect("a folder")] {
        fs::create_dir_all(folder).expect("a folder");
    }
    let separate = format!("--separate-git-dir={}", data.display());
    let header = format!("http.{address}.extraheader");
    let init = ["init", "--quiet", "--initial-branch=main", &separate];
    let is_inside = folder.join(".git") == data;
    let init = if is_inside { &init[..3] } else { &init[..] };
    for arguments in [
        init,
        &["remote", "add", "origin", &address.replace("DEV", "dev")][..],
        &["config", &header, STALE],
    ] {
        let output = run(git, folder, environment, arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
    }
}

/// microsoft/azure-pipelines-agent#4114 and its pull request 5640.
#[test]
fn overrides_headers_in_submodules_and_nested_checkouts() {
    for (git, _) in gits() {
        let world = world();
        let job = world.job();
        let environment = plain_environment(&world, job.work_folder());
        let build = job.work_folder().to_owned();
        let sources = build.join("s");
        let data = sources.join(".git");
        let user = "https://contoso@dev.azure.com/contoso/fabrikam/_git/hello";
        let host = "https://DEV.azure.com/contoso/fabrikam/_git/hello";
        let places: [(PathBuf, PathBuf, &str); 5] = [
            (sources.clone(), data.clone(), HELLO),
            (
                sources.join("libs/foo"),
                data.join("modules/libs/foo"),
                OLD_HELLO,
            ),
            // A submodule of the submodule.
            (
                sources.join("libs/foo/deep/er"),
                data.join("modules/libs/foo/modules/deep/er"),
                user,
            ),
            // `path:` of a checkout step leads outside the sources.
            (build.join("a/b/c/d/e"), build.join("a/b/c/d/e/.git"), host),
            // A clone inside a clone, without a submodule.
            (
                sources.join("one/two"),
                build.join("elsewhere/two.git"),
                "https://fabrikam@dev.azure.com/contoso/fabrikam/_git/hello",
            ),
        ];
        for (folder, data, address) in &places {
            checkout(&git, &environment, folder, data, address);
        }
        // The next checkout still finds its header in the folder of a submodule that was removed.
        fs::remove_dir_all(sources.join("libs/foo/deep")).expect("a folder");
        let rest = RestOfJob::of(&world, job, &git);
        for (folder, data, address) in &places {
            if folder.is_dir() {
                let folder = folder.display().to_string();
                rest.git(&["-C", &folder, "fetch", "--quiet", "origin"]);
            } else {
                let data = data.display().to_string();
                let work = format!("--work-tree={}", build.display());
                let data = format!("--git-dir={data}");
                rest.git(&[&data, &work, "fetch", "--quiet", address]);
            }
        }
        rest.end();
    }
}

/// microsoft/azure-pipelines-agent#3807 and actions/checkout#838.
#[test]
fn overrides_headers_in_user_and_system_configuration() {
    for (git, _) in gits() {
        for place in ["person", "included", "machine", "step"] {
            let world = world();
            let mut job = world.job();
            let home = tempfile::tempdir().expect("a folder");
            let header =
                format!("[http \"https://dev.azure.com/contoso\"]\n extraheader = {STALE}\n");
            let file = home.path().join("header");
            fs::write(&file, &header).expect("a file");
            let included = format!("[include]\n path = {}\n", file.display());
            let person = home.path().join(".gitconfig");
            let mut left = BTreeMap::new();
            match place {
                "person" => fs::write(&person, &header).expect("a file"),
                "included" => fs::write(&person, &included).expect("a file"),
                "machine" => {
                    left.insert("GIT_CONFIG_SYSTEM", file.display().to_string());
                }
                // An earlier step has set it by hand.
                _ => {
                    let key = "http.https://dev.azure.com/contoso.extraHeader";
                    job.variable("GIT_CONFIG_COUNT", "1");
                    job.variable("GIT_CONFIG_KEY_0", key);
                    job.variable("GIT_CONFIG_VALUE_0", STALE);
                }
            }
            left.insert("HOME", home.path().display().to_string());
            for (name, value) in &left {
                job.agent_environment(name, value);
            }
            let kept = fs::read_to_string(&person).unwrap_or_default();
            let mut rest = RestOfJob::of(&world, job, &git);
            rest.environment.remove("GIT_CONFIG_NOSYSTEM");
            for (name, value) in left {
                rest.environment.insert(name.to_owned(), value);
            }
            assert_eq!(fs::read_to_string(&person).unwrap_or_default(), kept);
            rest.git(&["clone", "--quiet", HELLO, "a"]);
            rest.end();
        }
    }
}

/// A header that is not a credential for Azure DevOps may be one for a proxy or a gateway.
#[test]
fn does_not_copy_other_headers_into_variables() {
    let (git, _) = gits().pop().expect("a git");
    let world = world();
    let mut job = world.job();
    let environment = plain_environment(&world, job.work_folder());
    let sources = job.work_folder().join("s");
    let key = "http.https://dev.azure.com/.extraheader";
    for arguments in [
        &["init", "--quiet"][..],
        &["config", "--add", key, "Cookie: session=secret-1"],
        &[
            "config",
            "--add",
            key,
            "proxy-authorization: Basic secret-2",
        ],
        &["config", "--add", key, "X-Gateway: secret-3"],
    ] {
        let output = run(&git, &sources, &environment, arguments);
        assert!(output.status.success(), "{arguments:?}");
    }
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "git")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert_eq!(
        outcome.warnings,
        [
            "git is configured to send headers other than Authorization to https://dev.azure.com/. It does not send them while `configure: git` is in effect."
        ]
    );
    assert!(!outcome.raw.join("\n").contains("secret-"));
    let set = variables(&job);
    assert!(!set.contains("secret-"), "{set}");
    assert!(set.contains("http.https://dev.azure.com/.extraheader"));
    let outcome = job.step(folder.path()).section("postjobexecution").run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

/// An address with a space, and an agent that shows escaped percent signs literally.
#[test]
fn keeps_percents_when_the_agent_does_not_decode_them() {
    for knob in ["", "false", "$false", "no", "true"] {
        let world = world();
        let mut job = world.job();
        job.variable("DECODE_PERCENTS", knob);
        let own = "https://dev.azure.com/contoso/my%20project/_git/hello";
        job.variable("build.repository.uri", own);
        let folder = TaskFolder::unpacked("token");
        let outcome = job
            .step(folder.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("configure", "git")
            .run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        let set = variables(&job);
        assert!(set.contains(&format!("http.{own}.extraheader")), "{set}");
        assert!(!set.contains("AZP25"), "{set}");
        let outcome = job.step(folder.path()).section("postjobexecution").run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    }
}

fn variables(job: &Job<'_>) -> String {
    let all = job.environment_of_next_script().into_iter();
    all.map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}
