//! `cargo xtask fuzz`: runs the targets of `fuzz/` with cargo-fuzz and a nightly toolchain.
//!
//! It never writes into `fuzz/`: libFuzzer's findings are saved in `target/`.

use crate::command::{line, output, print_line, run as run_command, words};
use crate::{clients, files, root, target};

/// The cargo that runs this program has set its own toolchain. The release profile optimizes across crates; with that,
/// the linker would remove the counters of the sanitizer.
const FUZZ: &str = "env -u CARGO -u RUSTC RUSTUP_TOOLCHAIN=nightly CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=2 CARGO_PROFILE_RELEASE_STRIP=none \
    {PROGRAM} fuzz run {NAME} --target-dir {OUT}/build {OUT}/corpus/{NAME} {SEEDS} -- -rss_limit_mb=1024 \
    -max_total_time={SECONDS} -artifact_prefix={OUT}/artifacts/{NAME}/";

/// The seeds of targets that read packages are the tests' corpus.
const CORPUS: &str = "crates/vsix/tests/corpus";

/// Runs one target, or all, for the given seconds each.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let is_number = |word: &&&str| word.parse::<u32>().is_ok();
    let seconds = arguments.iter().find(is_number).unwrap_or(&"60");
    let chosen = arguments.iter().find(|word| !is_number(word));
    let mut names = Vec::new();
    for file in files::find(&root(), "fuzz/fuzz_targets/*")? {
        let name = file.file_stem().unwrap_or_default();
        names.push(name.to_string_lossy().into_owned());
    }
    if chosen.is_some_and(|chosen| !names.iter().any(|name| name == chosen)) {
        return Err(format!("The fuzz targets are {}.", names.join(", ")));
    }
    if output(&mut words("rustup run nightly rustc --version")).is_none() {
        let why = "sanitizers are in no stable Rust";
        return Err(format!("Run `rustup toolchain install nightly`: {why}."));
    }
    let program = clients::program("cargo-fuzz")?;
    let out = target().join("fuzz");
    for name in names
        .iter()
        .filter(|name| chosen.is_none_or(|chosen| name == chosen))
    {
        print_line(&format!("{name}: {seconds} s"));
        let seeds = Some(root().join("fuzz/seeds").join(name)).filter(|seeds| seeds.is_dir());
        let seeds = seeds.unwrap_or_else(|| root().join(CORPUS));
        for kind in ["corpus", "artifacts"] {
            files::create(&out.join(kind).join(name))?;
        }
        let mut fuzz = line(FUZZ, &|word| match word {
            "NAME" => Ok(name.clone()),
            "OUT" => Ok(out.display().to_string()),
            "PROGRAM" => Ok(program.display().to_string()),
            "SEEDS" => Ok(seeds.display().to_string()),
            _ => Ok((*seconds).to_owned()),
        })?;
        run_command(fuzz.current_dir(root()))?;
    }
    Ok(())
}
