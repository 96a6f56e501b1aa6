//! The files in a job's private folder: what is written when it is created, what is rewritten with each token, and how
//! all of it is removed.
//!
//! It gets no token.

use std::io;
use std::path::Path;

use adieu_order::Map;
use adieu_secret::AccessToken;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::files::{OtherClients, netrc, npmrc, pypirc, yarnrc};
use crate::folder::{Folder, MAVEN, NETRC, NPM, PYPIRC, PYTHON, YARN};
use crate::helper::{NPM_TOKEN, Name};
use crate::maven::{Mirror, settings};
use crate::plan::{self, Plan};
use crate::project_files::restore_project_files;
use crate::python::keyring_backend;
use crate::request::Request;
use crate::variables::{has_keyring_backend, programs};
use crate::{containers, outside};

/// Why a private folder cannot be used.
#[derive(Debug)]
pub enum NoFolder {
    /// No program can run from it.
    NoPrograms,
    /// A file in it cannot be written.
    NotWritten(io::Error),
}

/// Writes what a plan needs before there is a token, in a new folder that only this user can enter, and outside it.
///
/// # Errors
/// Nothing can be written or run there; the folder is removed.
pub fn create(
    folder: TempDir,
    plan: &Plan,
    request: &Request,
    can_run: fn(&Path) -> bool,
) -> Result<Folder, NoFolder> {
    let folder = Folder::of(folder);
    let programs = programs(request, plan);
    let made = folder
        .write(plan::FILE, &plan.to_json())
        .and_then(|()| folder.add_programs(&programs))
        .and_then(|()| add_keyring_backend(request, plan, &folder))
        .and_then(|()| containers::write(plan, &folder))
        .and_then(|()| outside::make(plan, &folder));
    let first = programs.first().map(|one| folder.programs().join(one));
    let problem = match made {
        Ok(()) if first.is_none_or(|first| can_run(&first)) => return Ok(folder),
        Ok(()) => NoFolder::NoPrograms,
        Err(error) => NoFolder::NotWritten(error),
    };
    outside::remove(plan, &folder);
    folder.remove();
    Err(problem)
}

/// Adds the module with which Python's keyring finds our program.
fn add_keyring_backend(request: &Request, plan: &Plan, folder: &Folder) -> io::Result<()> {
    if !has_keyring_backend(request, plan) {
        return Ok(());
    }
    let provider = folder.programs().join(Name::NuGetProvider.file_name());
    for (name, text) in keyring_backend(&provider.display().to_string()) {
        folder.write(&format!("{PYTHON}/{name}"), &text)?;
    }
    Ok(())
}

/// Removes a private folder, and its plan's files outside it.
pub fn remove(folder: &Folder, plan: &Plan) {
    let _ = restore_project_files(folder);
    outside::remove(plan, folder);
    folder.remove();
}

/// Writes the files that have tokens. `token` has one for each tenant.
///
/// # Errors
/// The system's.
pub fn write<'a>(
    plan: &'a Plan,
    folder: &Folder,
    token: &dyn Fn(&Option<String>) -> Option<&'a AccessToken>,
) -> io::Result<()> {
    let organizations = plan.organizations.iter();
    let tokens = organizations.filter_map(|(name, tenant)| Some((name.as_str(), token(tenant)?)));
    if let Some(user) = &plan.npm {
        let there = there(folder, NPM, user);
        let registries = plan.registries.iter();
        let registries: Vec<(&str, &str)> = registries
            .map(|one| (one.address.as_str(), one.organization.as_str()))
            .collect();
        let helper = folder.programs().join(NPM_TOKEN).display().to_string();
        // pnpm runs it with a shell.
        let is_word =
            !helper.contains(|part: char| part.is_whitespace() || "$&;'\"()".contains(part));
        let others = OtherClients {
            has_yarn_1: plan.has_yarn_1,
            token_helper: (plan.has_pnpm && is_word).then_some(helper.as_str()),
        };
        folder.write(NPM, &npmrc(&there, tokens.clone(), &registries, others))?;
    }
    if let Some(user) = &plan.netrc {
        let there = there(folder, NETRC, user);
        folder.write(NETRC, &netrc(&there, tokens.clone()))?;
    }
    if let Some((_, registries)) = &plan.yarn {
        let mut of_registries = Vec::new();
        for one in registries {
            let mut tokens = tokens.clone();
            if let Some((_, token)) = tokens.find(|(name, _)| *name == one.organization) {
                of_registries.push((one.address.as_str(), token));
            }
        }
        folder.write(YARN, &yarnrc(&of_registries))?;
    }
    if !plan.indexes.is_empty() {
        let mut indexes = Vec::new();
        for one in &plan.indexes {
            let mut tokens = tokens.clone();
            if let Some((_, token)) = tokens.find(|(name, _)| *name == one.organization) {
                indexes.push((one.id.as_str(), one.address.as_str(), token));
            }
        }
        folder.write(PYPIRC, &pypirc(&indexes))?;
    }
    if let Some((user, repositories)) = &plan.maven {
        let by_name: Map<_, _> = tokens.collect();
        let mirrors: Vec<Mirror<'_>> = repositories
            .iter()
            .filter_map(|one| {
                Some(Mirror {
                    id: &one.id,
                    address: &one.address,
                    token: by_name.get(one.organization.as_str())?,
                    is_deployed_to: plan.deployed_to.contains(&one.id),
                })
            })
            .collect();
        let own = std::fs::read_to_string(user).map(Zeroizing::new).ok();
        let text = settings(own.as_deref().map(String::as_str), &mirrors)
            .or_else(|| settings(None, &mirrors));
        folder.write(MAVEN, &text.unwrap_or_default())?;
    }
    Ok(())
}

/// The contents of a file, including what the job's steps added; at first, those of the user's own file.
fn there(folder: &Folder, name: &str, user: &Path) -> Zeroizing<String> {
    let there = std::fs::read_to_string(folder.file(name));
    Zeroizing::new(
        there
            .or_else(|_| std::fs::read_to_string(user))
            .unwrap_or_default(),
    )
}
