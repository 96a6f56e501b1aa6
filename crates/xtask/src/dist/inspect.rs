//! What a binary is, read from its bytes: format, processor, what it needs beside itself, signature, size.
//!
//! It never runs one, and trusts no compiler's flags.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::package::{BINARY_BUDGET, DEFLATED_BUDGET};
use crate::platforms::Platform;

/// What every Windows since Windows Server 2016 has. (`api-ms-win-*` are its own names for parts of these.)
const WINDOWS_LIBRARIES: [&str; 10] = [
    "advapi32.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "crypt32.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "secur32.dll",
    "userenv.dll",
    "ws2_32.dll",
];

/// The first macOS for Apple silicon, and the oldest that a binary may ask for. A linker that is not
/// told takes whatever is new in its year.
pub(crate) const OLDEST_MACOS: &str = "11.0";

/// What every macOS since that one has.
const MACOS_LIBRARIES: [&str; 4] = [
    "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation",
    "/System/Library/Frameworks/Security.framework/Versions/A/Security",
    "/usr/lib/libSystem.B.dylib",
    "/usr/lib/libiconv.2.dylib",
];

/// What was found.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) bytes: u64,
    pub(crate) deflated: u64,
    pub(crate) sha256: String,
}

impl Facts {
    pub(crate) fn is_over_budget(&self) -> bool {
        self.bytes > BINARY_BUDGET || self.deflated > DEFLATED_BUDGET
    }
}

/// Looks at a platform's binary.
///
/// # Errors
/// One sentence: why it would not run there, or what it tells of the machine that built it.
pub(crate) fn run(platform: &Platform, binary: &[u8]) -> Result<Facts, String> {
    let torn = || format!("this is no whole {} file.", platform.format);
    let (machine, foreign) = match platform.format.as_str() {
        "ELF" => elf(binary),
        "PE" => pe(binary),
        "Mach-O" => mach_o(binary),
        other => return Err(format!("nothing is known of the format {other}.")),
    }
    .ok_or_else(torn)?;
    if machine != platform.machine {
        return Err(format!(
            "its processor is {machine} and should be {}.",
            platform.machine
        ));
    }
    if let Some(foreign) = foreign {
        return Err(foreign);
    }
    for path in [crate::root(), crate::target()] {
        let path = path.to_string_lossy();
        if binary
            .windows(path.len())
            .any(|part| part == path.as_bytes())
        {
            return Err(format!("it contains the path {path} of this machine."));
        }
    }
    // As small as our packer makes it.
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let deflated = encoder
        .write_all(binary)
        .and_then(|()| encoder.finish())
        .map_err(|error| error.to_string())?;
    Ok(Facts {
        bytes: binary.len() as u64,
        deflated: deflated.len() as u64,
        sha256: sha256(binary),
    })
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The processor, and what is wrong if anything is. Nothing if the file is torn.
type Finding = Option<(u32, Option<String>)>;

/// A static program names no interpreter and no library.
fn elf(binary: &[u8]) -> Finding {
    const INTERPRETER: u32 = 3;
    const DYNAMIC: u32 = 2;
    let is_64_bit_little_endian = binary.starts_with(b"\x7fELF\x02\x01");
    let machine = u32::from(u16_at(binary, 18)?);
    let headers = usize::try_from(u64_at(binary, 32)?).ok()?;
    let (size, count) = (u16_at(binary, 54)?, u16_at(binary, 56)?);
    let mut flaw = (!is_64_bit_little_endian).then(|| "it is no 64-bit ELF file.".to_owned());
    for index in 0..usize::from(count) {
        let kind = u32_at(binary, headers + index * usize::from(size))?;
        let needed = || needed_libraries(binary, headers + index * usize::from(size));
        if kind == INTERPRETER {
            flaw = Some("it is not static: it names an interpreter.".to_owned());
        } else if kind == DYNAMIC && needed()? > 0 {
            flaw = Some("it is not static: it needs a shared library.".to_owned());
        }
    }
    Some((machine, flaw))
}

/// How many shared libraries the dynamic section of a static-pie or dynamic program names.
fn needed_libraries(binary: &[u8], header: usize) -> Option<usize> {
    const NEEDED: u64 = 1;
    let start = usize::try_from(u64_at(binary, header + 8)?).ok()?;
    let length = usize::try_from(u64_at(binary, header + 32)?).ok()?;
    let entries = binary
        .get(start..start.checked_add(length)?)?
        .chunks_exact(16);
    Some(
        entries
            .filter(|entry| u64_at(entry, 0) == Some(NEEDED))
            .count(),
    )
}

/// Windows programs name the libraries that they need; only those of the system itself are allowed.
fn pe(binary: &[u8]) -> Finding {
    let header = u32_at(binary, 60)? as usize;
    if binary.get(header..header + 4)? != b"PE\0\0" {
        return None;
    }
    let machine = u32::from(u16_at(binary, header + 4)?);
    let sections = u16_at(binary, header + 6)?;
    let optional = header + 24;
    let first_section = optional + usize::from(u16_at(binary, header + 20)?);
    // Only PE32+ has its directories there, and only that is built.
    let imports = u32_at(binary, optional + 112 + 8)?;
    let offset = |address: u32| {
        (0..usize::from(sections)).find_map(|index| {
            let section = first_section + index * 40;
            let (length, start) = (u32_at(binary, section + 8)?, u32_at(binary, section + 12)?);
            let place = address.checked_sub(start).filter(|place| *place < length)?;
            Some((u32_at(binary, section + 20)? + place) as usize)
        })
    };
    let mut descriptor = offset(imports)?;
    loop {
        let name = u32_at(binary, descriptor + 12)?;
        if name == 0 {
            return Some((machine, None));
        }
        let name = text_at(binary, offset(name)?)?.to_lowercase();
        if !WINDOWS_LIBRARIES.contains(&&*name) && !name.starts_with("api-ms-win-") {
            let flaw = format!("it needs {name}, which a Windows does not have.");
            return Some((machine, Some(flaw)));
        }
        descriptor += 20;
    }
}

/// macOS programs name their libraries too; and Apple silicon kills what has no signature.
fn mach_o(binary: &[u8]) -> Finding {
    const LIBRARY: u32 = 0xc;
    const SIGNATURE: u32 = 0x1d;
    const BUILD_VERSION: u32 = 0x32;
    const ARM64: u32 = 0x0100_000c;
    const SUPER_BLOB: [u8; 4] = [0xfa, 0xde, 0x0c, 0xc0];
    if u32_at(binary, 0)? != 0xfeed_facf {
        return None;
    }
    let machine = u32_at(binary, 4)?;
    let mut command = 32;
    // Only Apple silicon asks for one; linkers make none for Intel's processors.
    let mut flaw = (machine == ARM64).then(|| "it has no signature.".to_owned());
    for _ in 0..u32_at(binary, 16)? {
        match u32_at(binary, command)? {
            LIBRARY => {
                let name = text_at(binary, command + u32_at(binary, command + 8)? as usize)?;
                if !MACOS_LIBRARIES.contains(&&*name) {
                    let flaw = format!("it needs {name}, which not every macOS has.");
                    return Some((machine, Some(flaw)));
                }
            }
            BUILD_VERSION => {
                let oldest = u32_at(binary, command + 12)?;
                let (major, minor) = (oldest >> 16, oldest >> 8 & 0xff);
                if format!("{major}.{minor}") != OLDEST_MACOS {
                    let flaw = format!(
                        "it is for macOS {major}.{minor} and newer, and should be for {OLDEST_MACOS}."
                    );
                    return Some((machine, Some(flaw)));
                }
            }
            SIGNATURE => {
                let place = u32_at(binary, command + 8)? as usize;
                let is_there = binary.get(place..place + 4)? == SUPER_BLOB;
                flaw = if is_there {
                    (!pages_are_signed(binary, place)?)
                        .then(|| "its signature is another file's.".to_owned())
                } else {
                    Some("its signature is no signature.".to_owned())
                };
            }
            _ => {}
        }
        command += u32_at(binary, command + 4)? as usize;
    }
    Some((machine, flaw))
}

/// Whether each page of the file has the hash that the signature's code directory gives for it
/// (`cs_blobs.h` of xnu; its numbers are big-endian).
fn pages_are_signed(binary: &[u8], signature: usize) -> Option<bool> {
    const CODE_DIRECTORY: u32 = 0xfade_0c02;
    const SHA256: u8 = 2;
    let number = |place: usize| u32_at(binary, place).map(u32::swap_bytes);
    let count = number(signature + 8)? as usize;
    let directory = (0..count).find_map(|index| {
        let place = signature + number(signature + 12 + index * 8 + 4)? as usize;
        (number(place)? == CODE_DIRECTORY).then_some(place)
    })?;
    let (first, slots, limit) = (
        directory + number(directory + 16)? as usize,
        number(directory + 28)? as usize,
        number(directory + 32)? as usize,
    );
    let (size, kind) = (*binary.get(directory + 36)?, *binary.get(directory + 37)?);
    let page = 1_usize.checked_shl(u32::from(*binary.get(directory + 39)?))?;
    if size != 32 || kind != SHA256 || limit != signature {
        return Some(false);
    }
    let code = binary.get(..limit)?;
    let hashes = binary.get(first..first.checked_add(slots.checked_mul(32)?)?)?;
    let right = code
        .chunks(page)
        .zip(hashes.chunks(32))
        .all(|(bytes, hash)| ring::digest::digest(&ring::digest::SHA256, bytes).as_ref() == hash);
    Some(right && code.chunks(page).len() == slots)
}

fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    bytes
        .get(place..place + 2)?
        .try_into()
        .ok()
        .map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    bytes
        .get(place..place + 4)?
        .try_into()
        .ok()
        .map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], place: usize) -> Option<u64> {
    bytes
        .get(place..place + 8)?
        .try_into()
        .ok()
        .map(u64::from_le_bytes)
}

fn text_at(bytes: &[u8], place: usize) -> Option<String> {
    let text = bytes.get(place..)?.split(|byte| *byte == 0).next()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine thousand bytes in pages of 4,096, and an ad-hoc signature of them behind.
    fn signed() -> (Vec<u8>, usize) {
        let mut file: Vec<u8> = (0..9_000_u32).map(|index| (index % 251) as u8).collect();
        let hashes: Vec<u8> = file
            .chunks(4096)
            .flat_map(|page| {
                ring::digest::digest(&ring::digest::SHA256, page)
                    .as_ref()
                    .to_vec()
            })
            .collect();
        let signature = file.len();
        let limit = u32::try_from(signature).expect("a small file");
        // The super blob with one entry, then the code directory.
        for number in [
            0xfade_0cc0,
            0,
            1,
            0,
            20,
            0xfade_0c02,
            0,
            0,
            0,
            44,
            0,
            0,
            3,
            limit,
        ] {
            file.extend_from_slice(&number.to_be_bytes());
        }
        file.extend_from_slice(&[32, 2, 0, 12, 0, 0, 0, 0]);
        file.extend_from_slice(&hashes);
        (file, signature)
    }

    #[test]
    fn a_signature_is_of_the_very_bytes_of_the_file() {
        let (file, signature) = signed();
        assert_eq!(pages_are_signed(&file, signature), Some(true));
        for place in [0, 4_095, 4_096, 8_999] {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert_eq!(
                pages_are_signed(&changed, signature),
                Some(false),
                "{place}"
            );
        }
        assert_eq!(pages_are_signed(&file[..file.len() - 1], signature), None);
    }
}
