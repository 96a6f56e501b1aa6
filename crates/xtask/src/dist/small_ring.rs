//! `ring` in its small form: the one that it has for every processor without assembly for P-256.
//!
//! It never changes a source of `ring`'s, nor which algorithms there are.
//!
//! `ring` carries a table of 148 KiB for P-256 and one of 24 KiB for Curve25519, which no packer makes
//! smaller: an eighth of what an agent downloads, to save a fraction of a millisecond in a handshake.
//! `-DOPENSSL_SMALL` leaves them out, as on RISC-V and 32-bit ARM, where `ring` always does. The Rust half of
//! `ring` does not know of it on x86-64 and ARM64 and asks for two functions that have a slower twin:
//! `p256_point_mul_base_vartime` (`src/ec/suite_b/ops/p256.rs`), which elsewhere is
//! `p256_point_mul_base`, and `x25519_scalar_mult_adx` (`src/ec/curve25519/x25519.rs`), which without the
//! processor's ADX is `x25519_scalar_mult_generic_masked`. An object with both is linked. A `ring` that
//! wants more does not link, and the binaries of every platform that can run here are run by the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::root;

/// What the C compiler is told.
pub(crate) const FLAGS: &str = "-DOPENSSL_SMALL -fno-asynchronous-unwind-tables -fno-unwind-tables";

/// Makes the object with a C compiler for the target. Returns its path.
pub(crate) fn twins(mut compiler: Command, folder: &Path) -> Result<PathBuf, String> {
    let prefix = format!("ring_core_{}__", version()?.replace('.', "_"));
    let source = folder.join("twins.c");
    let object = folder.join("twins.o");
    let text = source_text(&prefix);
    if object.is_file() && fs::read_to_string(&source).is_ok_and(|there| there == text) {
        return Ok(object);
    }
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&source, text))
        .map_err(|error| format!("{} cannot be written: {error}.", source.display()))?;
    run(compiler
        .args(["-Os", "-ffunction-sections"])
        .args(FLAGS.split(' '))
        .arg("-c")
        .arg(&source)
        .arg("-o")
        .arg(&object))?;
    Ok(object)
}

/// The parameters are what `ring` declares: 32 bytes a number, 96 a point.
fn source_text(prefix: &str) -> String {
    let twin = |name: &str, twin: &str, kinds: &[&str]| {
        let parameters: Vec<String> = kinds
            .iter()
            .enumerate()
            .map(|(index, kind)| format!("{kind} p{index}"))
            .collect();
        let values: Vec<String> = (0..kinds.len()).map(|index| format!("p{index}")).collect();
        let (parameters, values) = (parameters.join(", "), values.join(", "));
        format!(
            "void {prefix}{twin}({parameters});\n\
             void {prefix}{name}({parameters}) {{ {prefix}{twin}({values}); }}\n"
        )
    };
    twin(
        "p256_point_mul_base_vartime",
        "p256_point_mul_base",
        &["void *", "const void *"],
    ) + &twin(
        "x25519_scalar_mult_adx",
        "x25519_scalar_mult_generic_masked",
        &["void *", "const void *", "const void *"],
    )
}

/// The version in Cargo.lock, which is in the names of `ring`'s functions.
fn version() -> Result<String, String> {
    let path = root().join("Cargo.lock");
    let lock = fs::read_to_string(&path)
        .map_err(|error| format!("{} cannot be read: {error}.", path.display()))?;
    lock.split("[[package]]")
        .find_map(|package| {
            package
                .trim_start()
                .strip_prefix("name = \"ring\"\nversion = \"")?
                .split('"')
                .next()
                .map(str::to_owned)
        })
        .ok_or_else(|| "There is no ring in Cargo.lock.".to_owned())
}
