//! The areas of logging commands: the kinds of jobs that have each, and its events (`WorkerCommandManager.cs` and the
//! extensions that it loads).
//!
//! It never runs a command.

/// An area.
pub(crate) struct Area {
    pub(crate) name: &'static str,
    pub(crate) hosts: &'static [&'static str],
    pub(crate) events: &'static [&'static str],
}

const EVERYWHERE: &[&str] = &["build", "release", "deployment"];

/// All areas.
pub(crate) const AREAS: [Area; 7] = [
    Area {
        name: "task",
        hosts: EVERYWHERE,
        events: &[
            "logissue",
            "issue",
            "setprogress",
            "logdetail",
            "complete",
            "setsecret",
            "setvariable",
            "addattachment",
            "debug",
            "uploadsummary",
            "uploadfile",
            "settaskvariable",
            "setendpoint",
            "prependpath",
        ],
    },
    Area {
        name: "telemetry",
        hosts: EVERYWHERE,
        events: &["publish"],
    },
    Area {
        name: "build",
        hosts: EVERYWHERE,
        events: &[
            "updatebuildnumber",
            "addbuildtag",
            "uploadlog",
            "uploadsummary",
        ],
    },
    Area {
        name: "artifact",
        hosts: &["build", "release"],
        events: &["associate", "upload"],
    },
    Area {
        name: "release",
        hosts: &["release", "deployment"],
        events: &["updatereleasename"],
    },
    Area {
        name: "results",
        hosts: EVERYWHERE,
        events: &["publish"],
    },
    Area {
        name: "codecoverage",
        hosts: &["build"],
        events: &["publish", "enable"],
    },
];
