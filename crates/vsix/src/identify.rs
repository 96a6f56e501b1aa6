//! What a package of an extension's folder would be called, and which tasks it would have.
//!
//! It writes nothing, and does not judge what it reads beyond what the names need.

use adieu_manifest::document::{Dialect, Node};
use adieu_manifest::extension::merge;
use adieu_manifest::finding::Severity;

use crate::inspect::{PackagedTask, task_facts};
use crate::package::{PackageError, PackageOptions, said, update_tasks};
use crate::parts::Parts;
use crate::{files, manifests, tasks};

/// Which extension a folder is, in which version.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Publisher's ID; empty where no manifest says it.
    pub publisher: String,
    /// Extension's ID; empty where no manifest says it.
    pub extension_id: String,
    /// Version; empty where no manifest says it.
    pub version: String,
    /// Tasks.
    pub tasks: Vec<PackagedTask>,
}

/// Reads the manifests as [`package`](crate::package) would.
///
/// # Errors
/// A manifest cannot be read.
pub fn identify(options: &PackageOptions) -> Result<Identity, PackageError> {
    let mut findings = Vec::new();
    let manifests = manifests::read(options, &mut findings);
    let (mut extension, _) = merge(&manifests.partials);
    if findings
        .iter()
        .any(|finding| finding.problem.severity() == Severity::Fatal)
    {
        return Err(PackageError::Refused { findings });
    }
    let mut parts = Parts::default();
    files::add(
        &extension,
        &options.root,
        &manifests.folders,
        &mut parts,
        &mut findings,
    );
    let found = tasks::check(&extension, &parts, &mut findings);
    update_tasks(
        &mut extension,
        &mut parts,
        &found,
        options.tasks,
        &mut findings,
    );
    let packaged = found.iter().filter_map(|task| {
        let text = parts.find(&task.part)?.source.read().ok()?;
        let text = String::from_utf8(text).ok()?;
        let node = Node::read(&text, &task.place.file, Dialect::Json).ok()?;
        Some(task_facts(&task.part, &node))
    });
    Ok(Identity {
        tasks: packaged.collect(),
        publisher: said(&extension.publisher),
        extension_id: said(&extension.id),
        version: said(&extension.version),
    })
}
