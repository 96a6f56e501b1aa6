//! Reads from a binary's bytes what it is: processor, required libraries, signature, size.
//!
//! It never runs a binary, and does not rely on compiler flags.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use object::read::macho::MachOFile64;
use object::{BinaryFormat, Endianness, File, LittleEndian, Object as _, macho};
use ring::digest::{SHA256, digest};

use crate::command::Context as _;
use crate::platforms::Platform;

/// Libraries that every supported Windows and macOS has.
const LIBRARIES: &str = include_str!("libraries.txt");

/// The first macOS for Apple silicon, and the newest that a binary may require. Without a deployment target, a linker
/// requires the newest macOS that it knows.
pub(crate) const OLDEST_MACOS: &str = "11.0";

/// Inspects a platform's binary.
///
/// # Errors
/// One sentence: why it would not run there, or what it reveals about the machine that built it.
pub(crate) fn run(platform: &Platform, binary: &[u8]) -> Result<(), String> {
    let damaged = |error: object::Error| format!("this is not a whole executable: {error}.");
    let file = File::parse(binary).map_err(damaged)?;
    let kind = kind(&file).filter(|(format, _)| *format == platform.format);
    let Some((_, machine)) = kind else {
        return Err(format!("this is not a 64-bit {} file.", platform.format));
    };
    if machine != platform.machine {
        let right = platform.machine;
        return Err(format!("its processor is {machine} and should be {right}."));
    }
    for library in file.import_libraries().map_err(damaged)? {
        let library = library.map_err(damaged)?;
        let name = String::from_utf8_lossy(library.name()).into_owned();
        if !every_system_has(file.format(), &name) {
            return Err(format!("it needs {name}, which not every system has."));
        }
    }
    if let File::MachO64(file) = &file {
        macos(file, binary).map_err(damaged)??;
    }
    for path in [crate::root(), crate::target()] {
        let path = path.to_string_lossy();
        let mut parts = binary.windows(path.len());
        if parts.any(|part| part == path.as_bytes()) {
            return Err(format!("it contains the path {path} of this machine."));
        }
    }
    Ok(())
}

/// Its size in bytes after our packer's compression.
pub(crate) fn deflated(binary: &[u8]) -> Result<u64, String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(binary).and_then(|()| encoder.finish());
    Ok(written.context("deflate")?.len() as u64)
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

/// The format, as in `task/platforms.json`, and the processor's number in its header, by which the launcher recognizes
/// a binary.
fn kind(file: &File<'_>) -> Option<(&'static str, u32)> {
    Some(match file {
        File::Elf64(file) => {
            let machine = file.elf_header().e_machine.get(file.endian());
            ("ELF", machine.0.into())
        }
        File::Pe64(file) => {
            let machine = file.nt_headers().file_header.machine.get(LittleEndian);
            ("PE", machine.0.into())
        }
        File::MachO64(file) => ("Mach-O", file.macho_header().cputype.get(file.endian()).0),
        _ => return None,
    })
}

/// Linux binaries are static, so they may need no library. `api-ms-win-*` are names of Windows for parts of its libraries.
fn every_system_has(format: BinaryFormat, library: &str) -> bool {
    let is_listed = |name: &str| LIBRARIES.lines().any(|line| line == name);
    match format {
        BinaryFormat::Pe => {
            let name = library.to_lowercase();
            is_listed(&name) || name.starts_with("api-ms-win-")
        }
        BinaryFormat::MachO => is_listed(library),
        _ => false,
    }
}

/// Checks the oldest macOS and the signature: Apple silicon kills binaries without one. Linkers create none for Intel
/// processors.
fn macos(file: &MachOFile64<'_, Endianness>, binary: &[u8]) -> object::Result<Result<(), String>> {
    let endian = file.endian();
    let mut signature = None;
    let mut commands = file.macho_load_commands()?;
    while let Some(command) = commands.next()? {
        if let Some((version, _)) = command.build_version(endian)? {
            let oldest = version.minos.get(endian).0;
            let oldest = format!("{}.{}", oldest >> 16, oldest >> 8 & 0xff);
            if oldest != OLDEST_MACOS {
                return Ok(Err(format!(
                    "it asks for macOS {oldest}, and should for {OLDEST_MACOS}."
                )));
            }
        }
        if command.cmd() == macho::LC_CODE_SIGNATURE {
            let data: &macho::LinkeditDataCommand<Endianness> = command.data()?;
            signature = Some(data.dataoff.get(endian) as usize);
        }
    }
    let must = file.macho_header().cputype.get(endian) == macho::CPU_TYPE_ARM64;
    Ok(match signature {
        None if must => Err("it has no signature.".to_owned()),
        Some(offset) if pages_are_signed(binary, offset) != Some(true) => {
            Err("its signature is that of another file.".to_owned())
        }
        _ => Ok(()),
    })
}

/// Whether each page of the file has the hash in the signature's code directory (`cs_blobs.h` of xnu; its numbers are
/// big-endian).
fn pages_are_signed(binary: &[u8], signature: usize) -> Option<bool> {
    const SUPER_BLOB: u32 = 0xfade_0cc0;
    const CODE_DIRECTORY: u32 = 0xfade_0c02;
    const HASH_OF_32_BYTES: (u8, u8) = (32, 2);
    let number = |offset: usize| {
        let bytes = binary.get(offset..offset.checked_add(4)?)?;
        bytes.try_into().ok().map(u32::from_be_bytes)
    };
    if number(signature)? != SUPER_BLOB {
        return Some(false);
    }
    let directory = (0..number(signature + 8)? as usize).find_map(|index| {
        let offset = signature + number(signature + 12 + index * 8 + 4)? as usize;
        (number(offset)? == CODE_DIRECTORY).then_some(offset)
    })?;
    let (first, slots, limit) = (
        directory + number(directory + 16)? as usize,
        number(directory + 28)? as usize,
        number(directory + 32)? as usize,
    );
    let kind = (*binary.get(directory + 36)?, *binary.get(directory + 37)?);
    let page = 1_usize.checked_shl(u32::from(*binary.get(directory + 39)?))?;
    if kind != HASH_OF_32_BYTES || limit != signature {
        return Some(false);
    }
    let pages = binary.get(..limit)?.chunks(page);
    let hashes = binary.get(first..first.checked_add(slots.checked_mul(32)?)?)?;
    Some(
        pages.len() == slots
            && pages
                .zip(hashes.chunks(32))
                .all(|(bytes, hash)| digest(&SHA256, bytes).as_ref() == hash),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine thousand bytes in pages of 4,096, followed by a super blob with one code directory.
    fn signed() -> (Vec<u8>, usize) {
        let mut file: Vec<u8> = (0..9_000_u32).map(|index| (index % 251) as u8).collect();
        let hashes: Vec<Vec<u8>> = file
            .chunks(4096)
            .map(|page| digest(&SHA256, page).as_ref().to_vec())
            .collect();
        let signature = file.len();
        let blob = [0xfade_0cc0, 0, 1, 0, 20];
        let directory = [0xfade_0c02, 0, 0, 0, 44, 0, 0, 3, 9_000];
        for number in blob.into_iter().chain(directory) {
            file.extend_from_slice(&u32::to_be_bytes(number));
        }
        file.extend_from_slice(&[32, 2, 0, 12, 0, 0, 0, 0]);
        file.extend(hashes.concat());
        (file, signature)
    }

    #[test]
    fn a_signature_covers_every_byte_before_it() {
        let (file, signature) = signed();
        assert_eq!(pages_are_signed(&file, signature), Some(true));
        for offset in [0, 4_095, 4_096, 8_999, 9_000] {
            let mut changed = file.clone();
            changed[offset] ^= 1;
            let right = pages_are_signed(&changed, signature);
            assert_eq!(right, Some(false), "{offset}");
        }
        assert_eq!(pages_are_signed(&file[..file.len() - 1], signature), None);
    }
}
