//! What a package of an extension's folder would be called, and which tasks it would have.
//!
//! It writes nothing, and does not judge what it reads beyond what the names need.

use adieu_manifest::document::{Dialect, Node};
use adieu_manifest::extension::merge;
use adieu_manifest::finding::Severity;

use crate::inspect::{PackagedTask, task_facts};
use crate::package::{PackageError, PackageOptions, packages, said, update_tasks};
use crate::parts::Parts;
use crate::root::Root;
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
    let root = Root::open(&options.root).ok();
    let manifests = manifests::read(options, root.as_ref(), &mut findings);
    let (mut extension, _) = merge(&manifests.partials);
    if findings
        .iter()
        .any(|finding| finding.severity() == Severity::Fatal)
    {
        return Err(PackageError::Refused { findings });
    }
    let mut parts = Parts::default();
    if let Some(root) = &root {
        files::add(
            &extension,
            root,
            &manifests.folders,
            &packages(&extension, options),
            &mut parts,
            &mut findings,
        );
    }
    let mut found = tasks::check(&extension, &parts, &options.root, &mut findings);
    update_tasks(
        &mut extension,
        &mut parts,
        &mut found,
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
