//! What a test can set up and check: repositories, licenses, and requests.
//!
//! It sends no HTTP requests.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use super::backend::git;
use super::{Git, Name, Repository};
use crate::ids::guid;

impl Git {
    /// Creates a repository with one commit of these files on `main`. Returns the folder of the bare repository,
    /// which a test may inspect with git itself.
    pub fn add_repository(
        &self,
        organization: &str,
        project: &str,
        repository: &str,
        files: &[(&str, &str)],
    ) -> PathBuf {
        let folder = self
            .own()
            .folder
            .join(organization)
            .join(project)
            .join(format!("{repository}.git"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let made = git()
            .args(["init", "--quiet", "--bare", "--initial-branch=main"])
            .arg(&folder)
            .status();
        assert!(made.expect("git is on the PATH").success());
        // Clients clone parts of a repository and name objects; Azure Repos allows that.
        for (key, value) in [
            ("uploadpack.allowFilter", "true"),
            ("uploadpack.allowAnySHA1InWant", "true"),
        ] {
            let set = git()
                .arg("-C")
                .arg(&folder)
                .args(["config", key, value])
                .status();
            assert!(set.expect("git is on the PATH").success());
        }
        let mut import = git()
            .arg("-C")
            .arg(&folder)
            .args(["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("git is on the PATH");
        let mut stream = import.stdin.take().expect("a pipe");
        stream
            .write_all(first_commit(files).as_bytes())
            .expect("git reads");
        drop(stream);
        assert!(import.wait().expect("git ends").success());
        let name = Name {
            organization: organization.to_owned(),
            project: project.to_owned(),
            repository: repository.to_owned(),
        };
        let repository = Repository {
            folder: folder.clone(),
            id: guid(),
        };
        self.own().repositories.insert(name, repository);
        folder
    }

    /// Each request of git so far: method, repository and path, protocol, scheme of the credential, status.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.own().requests.clone()
    }
}

/// git's import format (`git help fast-import`). The time is fixed, so that the commit's ID is, too.
fn first_commit(files: &[(&str, &str)]) -> String {
    let message = "The first commit";
    let mut stream = format!(
        "commit refs/heads/main\ncommitter A <a@contoso.example> 1790000000 +0000\ndata \
         {}\n{message}\n",
        message.len()
    );
    for (path, content) in files {
        // The mode of a submodule, whose content is a commit's ID.
        if let Some(commit) = content.strip_prefix("submodule ") {
            stream.push_str(&format!("M 160000 {commit} {path}\n"));
        } else {
            stream.push_str(&format!(
                "M 100644 inline {path}\ndata {}\n{content}\n",
                content.len()
            ));
        }
    }
    stream.push_str("\ndone\n");
    stream
}
