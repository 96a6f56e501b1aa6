//! Writes a package to its path, always complete.
//!
//! It knows nothing of a package's contents.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file name of a package. An identity may come from someone else's package, and must not lead outside the
/// folder.
pub(crate) fn file_name(publisher: &str, extension_id: &str, version: &str) -> String {
    let name = format!("{publisher}.{extension_id}-{version}");
    let safe =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    let name: String = name
        .chars()
        .take(200)
        .map(|character| if safe(character) { character } else { '_' })
        .collect();
    format!("{}.vsix", name.trim_start_matches('.'))
}

/// The file to write. A path is a folder if it exists as one, ends with a separator, or has no `.` in its last name.
pub(crate) fn output_path(output: Option<&Path>, name: &str) -> PathBuf {
    let Some(output) = output else {
        return PathBuf::from(name);
    };
    let last = output
        .file_name()
        .map(|last| last.to_string_lossy().into_owned())
        .unwrap_or_default();
    let text = output.to_string_lossy();
    let is_folder = output.is_dir()
        || text.ends_with(['/', std::path::MAIN_SEPARATOR])
        || last.find('.').is_none_or(|at| at == 0);
    if is_folder {
        output.join(name)
    } else {
        output.to_path_buf()
    }
}

/// Writes a temporary file next to the path and moves it there when it is complete, so that half a package is never
/// visible. `failed` converts the system's errors. Returns the size of the file.
pub(crate) fn replace<E>(
    path: &Path,
    failed: impl Fn(io::Error) -> E,
    body: impl FnOnce(Output) -> Result<Output, E>,
) -> Result<u64, E> {
    let folder = path.parent();
    if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(&failed)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let unfinished = path.with_file_name(name);
    // A process with the same ID may have been killed and left this file.
    let _ = fs::remove_file(&unfinished);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    let file = options.open(&unfinished).map_err(&failed)?;
    let result = body(Output(BufWriter::with_capacity(256 << 10, file))).and_then(|mut written| {
        let size = written.seek(SeekFrom::End(0)).map_err(&failed)?;
        drop(written);
        fs::rename(&unfinished, path).map_err(&failed)?;
        Ok(size)
    });
    if result.is_err() {
        // The rest is useless; an error while removing it would hide the reason.
        let _ = fs::remove_file(&unfinished);
    }
    result
}

/// A buffered file whose written part can be read again.
pub(crate) struct Output(BufWriter<File>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Read for Output {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.flush()?;
        self.0.get_mut().read(bytes)
    }
}

impl Seek for Output {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
