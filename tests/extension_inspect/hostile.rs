//! Malicious archives: names that lead elsewhere, false headers, ZIP bombs.
//!
//! Each is refused before anything is unpacked.

use super::super::extension_folder::Folder;

/// An entry of a malicious archive.
struct HostileEntry {
    /// Name in the entry's own header.
    local: &'static str,
    /// Name in the directory.
    central: &'static str,
    method: u16,
    flags: u16,
    bytes: &'static [u8],
    unpacked: u32,
    attributes: u32,
}

const HONEST: HostileEntry = HostileEntry {
    local: "a.txt",
    central: "a.txt",
    method: 0,
    flags: 0,
    bytes: b"hello",
    unpacked: 5,
    attributes: 0,
};

/// An archive of these entries. Checksums are those of `hello`.
fn archive(entries: &[HostileEntry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = (out.len() as u32).to_le_bytes();
        let fields = |name: &str| {
            [
                &20_u16.to_le_bytes()[..],
                &entry.flags.to_le_bytes(),
                &entry.method.to_le_bytes(),
                &[0; 4],
                &0x3610_a686_u32.to_le_bytes(),
                &(entry.bytes.len() as u32).to_le_bytes(),
                &entry.unpacked.to_le_bytes(),
                &(name.len() as u16).to_le_bytes(),
                &[0; 2],
            ]
            .concat()
        };
        out.extend(
            [
                b"PK\x03\x04",
                &fields(entry.local)[..],
                entry.local.as_bytes(),
                entry.bytes,
            ]
            .concat(),
        );
        directory.extend(
            [
                b"PK\x01\x02\x14\0",
                &fields(entry.central)[..],
                &[0; 6],
                &entry.attributes.to_le_bytes(),
                &offset,
                entry.central.as_bytes(),
            ]
            .concat(),
        );
    }
    let (start, count) = (
        (out.len() as u32).to_le_bytes(),
        (entries.len() as u16).to_le_bytes(),
    );
    let size = (directory.len() as u32).to_le_bytes();
    out.extend(directory);
    out.extend(
        [
            b"PK\x05\x06",
            &[0; 4][..],
            &count,
            &count,
            &size,
            &start,
            &[0; 2],
        ]
        .concat(),
    );
    out
}

/// The errors of `inspect` and `edit` for such an archive; neither writes a file.
fn refusal(bytes: &[u8]) -> String {
    let folder = Folder::with(&[]);
    folder.write("p.vsix", bytes);
    let inspected = folder.adieu(&["inspect", "--vsix", "p.vsix"]);
    let edited = folder.adieu(&[
        "edit",
        "--vsix",
        "p.vsix",
        "--output-path",
        "out/o.vsix",
        "--extension-id",
        "x",
    ]);
    assert_eq!(edited.transcript(), inspected.transcript());
    assert_eq!(inspected.status, 1);
    assert_eq!(folder.files().into_keys().collect::<Vec<_>>(), ["p.vsix"]);
    let more = ".\nMore: adieu explain extension-package\nexit 1\n";
    inspected.transcript().replace(more, "\n")
}

#[test]
fn refuses_names_that_lead_outside() {
    let names = [
        "../a.txt",
        "a/../../b",
        "/etc/passwd",
        "C:/a.txt",
        "c:a",
        "a\\b",
        "..\\a",
        "a//b",
        "./a",
        "a\u{7}b",
        "",
        "a/./b",
        "a.txt:stream",
        ".. /a",
        "a./b",
        "a ",
        "nul",
        "a/Com1.txt",
        "lpt\u{b9}",
        "a\u{202e}gnp.exe",
    ];
    let output: String = names
        .map(|name| {
            refusal(&archive(&[HostileEntry {
                local: name,
                central: name,
                ..HONEST
            }]))
        })
        .concat();
    assert_eq!(
        output,
        "\
error: `p.vsix`: entry `../a.txt` leads out of its folder
error: `p.vsix`: entry `a/../../b` leads out of its folder
error: `p.vsix`: entry `/etc/passwd` has an absolute path
error: `p.vsix`: entry `C:/a.txt` has a drive letter or a stream in its name
error: `p.vsix`: entry `c:a` has a drive letter or a stream in its name
error: `p.vsix`: entry `a\\b` has a backslash in its name
error: `p.vsix`: entry `..\\a` has a backslash in its name
error: `p.vsix`: entry `a//b` has an empty folder in its name
error: `p.vsix`: entry `./a` has an empty folder in its name
error: `p.vsix`: entry `a b` has a control character in its name
error: `p.vsix`: entry `` has an empty folder in its name
error: `p.vsix`: entry `a/./b` has an empty folder in its name
error: `p.vsix`: entry `a.txt:stream` has a drive letter or a stream in its name
error: `p.vsix`: entry `.. /a` has a dot or a space at the end of a name
error: `p.vsix`: entry `a./b` has a dot or a space at the end of a name
error: `p.vsix`: entry `a ` has a dot or a space at the end of a name
error: `p.vsix`: entry `nul` has a name that Windows reserves for a device
error: `p.vsix`: entry `a/Com1.txt` has a name that Windows reserves for a device
error: `p.vsix`: entry `lpt\u{b9}` has a name that Windows reserves for a device
error: `p.vsix`: entry `agnp.exe` has an invisible character in its name
"
    );
}

#[test]
fn refuses_entries_that_are_one_file() {
    let upper = HostileEntry {
        local: "A.TXT",
        central: "A.TXT",
        ..HONEST
    };
    let below = HostileEntry {
        local: "a.txt/b",
        central: "a.txt/b",
        ..HONEST
    };
    // The same letter, composed and decomposed; and a letter with two letters in uppercase.
    let named = |name| HostileEntry {
        local: name,
        central: name,
        flags: 1 << 11,
        ..HONEST
    };
    let output = [
        archive(&[HONEST, HONEST]),
        archive(&[HONEST, upper]),
        archive(&[HONEST, below]),
        archive(&[named("caf\u{e9}"), named("cafe\u{301}")]),
        archive(&[named("stra\u{df}e/a"), named("STRASSE/A")]),
    ]
    .map(|bytes| refusal(&bytes));
    assert_eq!(
        output.concat(),
        "\
error: `p.vsix`: the archive has two entries with the same name
error: `p.vsix`: entries `a.txt` and `A.TXT` would be in each other's way on disk
error: `p.vsix`: entries `a.txt` and `a.txt/b` would be in each other's way on disk
error: `p.vsix`: entries `caf\u{e9}` and `cafe\u{301}` would be in each other's way on disk
error: `p.vsix`: entries `stra\u{df}e/a` and `STRASSE/A` would be in each other's way on disk
"
    );
}

#[test]
fn refuses_links_devices_and_encrypted_entries() {
    let link = HostileEntry {
        attributes: 0o120_777 << 16,
        ..HONEST
    };
    let device = HostileEntry {
        attributes: 0o020_666 << 16,
        ..HONEST
    };
    let secret = HostileEntry { flags: 1, ..HONEST };
    let method = HostileEntry {
        method: 12,
        ..HONEST
    };
    let output = [link, device, secret, method].map(|lie| refusal(&archive(&[lie])));
    assert_eq!(
        output.concat(),
        "\
error: `p.vsix`: entry `a.txt` is neither a file nor a folder
error: `p.vsix`: entry `a.txt` is neither a file nor a folder
error: `p.vsix`: entry `a.txt` is encrypted
error: `p.vsix`: entry `a.txt` is neither stored nor deflated
"
    );
}

#[test]
fn refuses_contradictory_headers() {
    let two_names = HostileEntry {
        local: "b.txt",
        ..HONEST
    };
    let too_short = HostileEntry {
        unpacked: 4,
        ..HONEST
    };
    // "hello" deflated as one stored block.
    let deflated = HostileEntry {
        method: 8,
        bytes: b"\x01\x05\x00\xfa\xffhello",
        ..HONEST
    };
    let deflated_lie = HostileEntry {
        unpacked: 3,
        method: 8,
        bytes: b"\x01\x05\x00\xfa\xffhello",
        ..HONEST
    };
    // Bytes after the last block are never read, but would always be copied.
    let remainder = HostileEntry {
        method: 8,
        bytes: b"\x01\x05\x00\xfa\xffhello and more",
        ..HONEST
    };
    let broken = HostileEntry {
        method: 8,
        bytes: b"\xff\xff\xff\xff",
        ..HONEST
    };
    let checksum = HostileEntry {
        bytes: b"jello",
        ..HONEST
    };
    let huge = HostileEntry {
        method: 8,
        bytes: b"\x01\x05\x00\xfa\xffhello",
        unpacked: 0xffff_0000,
        ..HONEST
    };
    let output = [
        two_names,
        too_short,
        deflated,
        deflated_lie,
        remainder,
        broken,
        checksum,
        huge,
    ]
    .map(|lie| refusal(&archive(&[lie])));
    assert_eq!(
        output.concat(),
        "\
error: `p.vsix`: entry `a.txt`: the two headers differ: filename mismatch
error: `p.vsix`: entry `a.txt` unpacks to a different size than its header states (4 bytes)
error: `p.vsix` has no `extension.vsixmanifest`: it is not a VSIX package
error: `p.vsix`: entry `a.txt` unpacks to a different size than its header states (3 bytes)
error: `p.vsix`: entry `a.txt` has more bytes after its compressed data
error: `p.vsix`: entry `a.txt` cannot be unpacked
error: `p.vsix`: entry `a.txt` has a different checksum than its header states
error: `p.vsix`: entry `a.txt` has 4294901760 bytes, and 268435456 is the limit
"
    );
}

#[test]
fn refuses_a_bomb_before_unpacking_it() {
    let bomb = |count: usize| -> Vec<HostileEntry> {
        let names: Vec<&'static str> = (0..count)
            .map(|index| &*Box::leak(format!("{index}").into_boxed_str()))
            .collect();
        names
            .into_iter()
            .map(|name| HostileEntry {
                local: name,
                central: name,
                method: 8,
                bytes: b"\x01\x05\x00\xfa\xffhello",
                unpacked: 200 << 20,
                ..HONEST
            })
            .collect()
    };
    assert_eq!(
        [bomb(1), bomb(6)]
            .map(|lies| refusal(&archive(&lies)))
            .concat(),
        "\
error: `p.vsix`: the archive grows to 1906501 times its size, and 100 is the limit
error: `p.vsix`: the archive unpacks to more than 1073741824 bytes
"
    );
}

/// A stored entry `a.txt` of `hello` with these extra fields, in its own header and in the directory.
fn with_fields(local: &[u8], central: &[u8]) -> Vec<u8> {
    let mut bytes = archive(&[HONEST]);
    let grow = |bytes: &mut Vec<u8>, length_at: usize, at: usize, field: &[u8]| {
        bytes[length_at..length_at + 2].copy_from_slice(&(field.len() as u16).to_le_bytes());
        bytes.splice(at..at, field.iter().copied());
    };
    // The local header has 30 bytes and the name five; the directory's record 46.
    let directory = 30 + 5 + 5;
    grow(&mut bytes, directory + 30, directory + 46 + 5, central);
    grow(&mut bytes, 28, 35, local);
    let end = bytes.len() - 22;
    let (size, start) = (46 + 5 + central.len(), directory + local.len());
    bytes[end + 12..end + 16].copy_from_slice(&(size as u32).to_le_bytes());
    bytes[end + 16..end + 20].copy_from_slice(&(start as u32).to_le_bytes());
    bytes
}

#[test]
fn refuses_second_names_and_the_64_bit_form() {
    // Header ID 0x7075: version 1, the checksum of `a.txt`, and the other name.
    let mut path = vec![0x75, 0x70, 10, 0, 1];
    path.extend(0xc1eb_f7ba_u32.to_le_bytes());
    path.extend(b"b.txt");
    // Header ID 1 with two sizes.
    let sizes = [
        &[1, 0, 16, 0][..],
        &5_u64.to_le_bytes(),
        &5_u64.to_le_bytes(),
    ]
    .concat();
    // Info-ZIP's extended timestamp, which has no relevant data.
    let time = [&[0x55, 0x54, 5, 0, 1][..], &[0; 4]].concat();
    let mut large = archive(&[HONEST]);
    let end = large.len() - 22;
    let locator = [&b"PK\x06\x07"[..], &[0; 16]].concat();
    large.splice(end..end, locator);
    let output = [
        with_fields(&path, &path),
        with_fields(&path, &[]),
        with_fields(&sizes, &[]),
        with_fields(&sizes, &sizes),
        large,
        with_fields(&time, &time),
    ]
    .map(|bytes| refusal(&bytes));
    assert_eq!(
        output.concat(),
        "\
error: `p.vsix`: entry `b.txt` has a second name, in a Unicode path field (0x7075)
error: `p.vsix`: entry `a.txt`: the two headers differ: UnicodePath (0x7075) extra field mismatch for 'b.txt'
error: `p.vsix`: the archive uses ZIP64, which VSIX packages do not have
error: `p.vsix`: the archive uses ZIP64, which VSIX packages do not have
error: `p.vsix`: the archive uses ZIP64, which VSIX packages do not have
error: `p.vsix` has no `extension.vsixmanifest`: it is not a VSIX package
"
    );
}

#[test]
fn refuses_files_that_are_not_packages() {
    let mut cut = archive(&[HONEST]);
    cut.truncate(cut.len() - 3);
    let mut prefixed = b"#!/bin/sh\n".to_vec();
    prefixed.extend(archive(&[HONEST]));
    // The same, with offsets that count the bytes before the archive, as in a self-extracting one.
    let mut shifted = prefixed.clone();
    let end = shifted.len() - 22;
    let directory = u32::from_le_bytes(shifted[end + 16..end + 20].try_into().expect("4 bytes"));
    let directory = directory as usize + 10;
    shifted[end + 16..end + 20].copy_from_slice(&(directory as u32).to_le_bytes());
    shifted[directory + 42..directory + 46].copy_from_slice(&10_u32.to_le_bytes());
    // Readers that look for the last signature, for the first one, or for the one at the end of the file see
    // different archives.
    let behind = [archive(&[HONEST]), b"and more".to_vec()].concat();
    let other = archive(&[HostileEntry {
        local: "b.txt",
        central: "b.txt",
        ..HONEST
    }]);
    let second = [archive(&[HONEST]), other.clone()].concat();
    let mut in_comment = archive(&[HONEST]);
    let at = in_comment.len() - 2;
    in_comment[at..].copy_from_slice(&(other.len() as u16).to_le_bytes());
    in_comment.extend(other);
    let output = [
        Vec::new(),
        b"no archive at all, but long enough to be one".to_vec(),
        cut,
        prefixed,
        shifted,
        behind,
        second,
        in_comment,
        archive(&[HONEST]),
    ]
    .map(|bytes| refusal(&bytes));
    assert_eq!(
        output.concat(),
        "\
error: `p.vsix`: this is not a ZIP archive: its directory is missing, damaged or cut off
error: `p.vsix`: this is not a ZIP archive: its directory is missing, damaged or cut off
error: `p.vsix`: this is not a ZIP archive: its directory is missing, damaged or cut off
error: `p.vsix`: this is not a ZIP archive: other bytes precede its first entry
error: `p.vsix`: this is not a ZIP archive: other bytes precede its first entry
error: `p.vsix`: this is not a ZIP archive: its directory is not where it should be
error: `p.vsix`: this is not a ZIP archive: other bytes precede its first entry
error: `p.vsix`: this is not a ZIP archive: other bytes precede its first entry
error: `p.vsix` has no `extension.vsixmanifest`: it is not a VSIX package
"
    );
    assert_eq!(
        Folder::with(&[])
            .adieu(&["inspect", "--vsix", "gone.vsix"])
            .transcript(),
        "\
error: No package matches 'gone.vsix'.
  folder: .
What to do: Give the path of the package to use.
More: adieu explain extension
exit 1
"
    );
}
