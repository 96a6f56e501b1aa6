//! Installs what lets real processes live in the emulator's time.

use std::path::Path;

use crate::command::{output, words};
use crate::{debian, files};

const LIBFAKETIME: &str = "libfaketimeMT.so.1";

/// libfaketime from this system, or from Debian's package.
pub(super) fn libfaketime(package: &str, folder: &Path) -> Result<(), String> {
    let find = |root: &Path| {
        let mut found = files::find(root, &format!("usr/lib*/faketime/{LIBFAKETIME}"))?;
        // It can be in a folder with the processor's name.
        found.extend(files::find(
            root,
            &format!("usr/lib*/*/faketime/{LIBFAKETIME}"),
        )?);
        Ok::<_, String>(found.into_iter().next())
    };
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let mut library = find(Path::new("/"))?;
    if library.is_none() {
        debian::unpack(package, folder)?;
        library = find(folder)?;
    }
    let library = library.ok_or_else(|| format!("{package} has no {LIBFAKETIME}."))?;
    files::copy(&library, &folder.join(LIBFAKETIME))
}

/// Makes go build the package `time` with a variable that sets it ahead (`ahead` in `tests/clients/go/main.go`).
/// Nothing else in Go's library or in the SDKs changes.
pub(super) fn of_go(folder: &Path) -> Result<(), String> {
    let library = output(&mut words("go env GOROOT")).ok_or("Install Go 1.24 or newer.")?;
    let original = Path::new(&library).join("src/time/time.go");
    let mut text = files::read_text(&original)?;
    for (from, to, count) in [
        ("mono -= startNano\n", "mono += ahead*1e9 - startNano\n", 1),
        ("sec += unix", "sec += ahead + unix", 1),
        ("Nano()-startNano", "Nano()+ahead*1e9-startNano", 2),
    ] {
        if text.matches(from).count() != count {
            return Err(format!("This Go's time.go has not '{from}' {count} times."));
        }
        text = text.replace(from, to);
    }
    let changed = folder.join("time.go");
    files::write(&changed, text + "\n//go:linkname ahead\nvar ahead int64\n")?;
    let overlay =
        serde_json::json!({ "Replace": { original.to_string_lossy(): changed.to_string_lossy() } });
    files::write(&folder.join("overlay.json"), overlay.to_string())
}
