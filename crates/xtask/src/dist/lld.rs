//! LLVM's linker, which comes with the Rust toolchain, and its arguments that a C compiler would otherwise add: start
//! files and libraries.
//!
//! The flags for size are in `build.rs`, which checks which of them the linker supports.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::clients::python_program;
use crate::command::{output, this_cargo};
use crate::files;
use crate::platforms::Platform;

/// The flag with which rustc calls it.
pub(super) const FLAVOR: &str = "-Clinker-flavor=ld.lld";

const ICONV: &str = include_str!("libiconv.tbd");

/// What MinGW's compiler adds, and where the libraries are that it would find.
const MINGW: [&str; 3] = ["crt2.o", "libmingw32.a", "libgcc.a"];

/// The linker of the Rust that runs this program. rustup always has it; Debian's Rust does not.
pub(super) fn find() -> Option<PathBuf> {
    let rustc = Path::new(this_cargo().get_program()).with_file_name("rustc");
    let libraries = output(Command::new(rustc).args(["--print", "target-libdir"]))?;
    let linker = Path::new(&libraries).with_file_name("bin").join("rust-lld");
    let linker = linker.with_extension(std::env::consts::EXE_EXTENSION);
    linker.is_file().then_some(linker)
}

/// Flags for musl, which zig compiles on demand and caches. zig's verbose output for a static, position-independent
/// program shows where the files are.
pub(super) fn musl(
    environment: &Path,
    cache: &Path,
    platform: &Platform,
) -> Result<Vec<String>, String> {
    let source = cache.join("start.c");
    files::write(&source, "int main(void) { return 0; }\n")?;
    let processor = platform.target.split('-').next().unwrap_or_default();
    let program = cache.join(format!("start-{processor}"));
    let mut zig = zig(environment);
    zig.env("ZIG_GLOBAL_CACHE_DIR", cache)
        .env("ZIG_LOCAL_CACHE_DIR", cache)
        .args(["cc", "-v", "-static", "-pie", "-Os", "-lunwind"])
        .arg(format!("--target={processor}-linux-musl"))
        .arg(&source)
        .arg("-o")
        .arg(&program);
    let error = |reason: &str| format!("zig does not show how it links with musl: {reason}");
    let shown = zig.output().map_err(|cause| error(&cause.to_string()))?;
    let shown = String::from_utf8_lossy(&shown.stderr);
    let output = format!(" -o {} ", program.display());
    let mut linkers = shown.lines().filter(|line| line.starts_with("ld.lld "));
    let linked = linkers.find_map(|line| line.split_once(&output));
    let (_, linked) = linked.ok_or_else(|| error(&shown))?;
    let mut flags = Vec::new();
    for file in linked.split(' ') {
        let path = Path::new(file);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match (&*name, path.parent()) {
            // rustc adds these.
            ("libunwind.a" | "libc.a", Some(folder)) => {
                flags.push(format!("-Clink-arg=-L{}", folder.display()));
            }
            ("rcrt1.o" | "libzigc.a" | "libcompiler_rt.a", _) => {
                flags.push(format!("-Clink-arg={file}"));
            }
            _ => {}
        }
    }
    Ok(flags)
}

/// Flags for macOS. The libraries that rustc names are parts of the system's library, which zig lists; no symbol of
/// libiconv is used. Their stubs are written into the folder.
pub(super) fn macos(environment: &Path, folder: &Path) -> Result<[String; 2], String> {
    let shown = output(zig(environment).arg("env")).unwrap_or_default();
    let files = shown.split_once(".lib_dir = \"");
    let files = files.and_then(|(_, rest)| rest.split('"').next());
    let files = files.ok_or_else(|| format!("zig does not show where its files are: {shown}"))?;
    let list = files::read_text(&Path::new(files).join("libc/darwin/libSystem.tbd"))?;
    // Processors of Apple's own programs, which LLVM's linker does not know.
    let list = list
        .replace("arm64e.x1-", "arm64-")
        .replace("arm64e-", "arm64-");
    for (name, stub) in [
        ("System", &*list),
        ("c", &list),
        ("m", &list),
        ("iconv", ICONV),
    ] {
        files::write(&folder.join(format!("lib{name}.tbd")), stub)?;
    }
    let search = format!("-Clink-arg=-L{}", folder.display());
    Ok(["-Clinker-flavor=ld64.lld".to_owned(), search])
}

fn zig(environment: &Path) -> Command {
    Command::new(python_program(environment, "python-zig"))
}

/// Flags for start files and libraries of MinGW. The file has no time in it.
pub(super) fn mingw(compiler: &str) -> Vec<String> {
    let find = |name: &str| output(Command::new(compiler).arg(format!("-print-file-name={name}")));
    let mut flags = vec!["-Clink-arg=--no-insert-timestamp".to_owned()];
    for path in MINGW.iter().filter_map(|name| find(name)) {
        let folder = Path::new(&path).parent().unwrap_or(Path::new("."));
        flags.push(if path.ends_with(".o") {
            format!("-Clink-arg={path}")
        } else {
            format!("-Clink-arg=-L{}", folder.display())
        });
    }
    flags
}
