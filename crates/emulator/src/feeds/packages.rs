//! The first packages of every feed, in each client's own format.
//!
//! The bytes are always the same.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(super) fn npm() -> Vec<u8> {
    gzip(&tar(&[
        (
            "package/package.json",
            "{\"name\":\"hello-feed\",\"version\":\"1.0.0\"}\n",
        ),
        (
            "package/index.js",
            "module.exports = 'hello from the feed';\n",
        ),
    ]))
}

pub(super) fn cargo() -> Vec<u8> {
    gzip(&tar(&[
        (
            "hello-feed-1.0.0/Cargo.toml",
            "[package]\nname = \"hello-feed\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
        ),
        (
            "hello-feed-1.0.0/src/lib.rs",
            "pub const GREETING: &str = \"hello from the feed\";\n",
        ),
    ]))
}

/// The package that npm gets from an upstream source.
pub(super) fn upstream() -> Vec<u8> {
    gzip(&tar(&[(
        "package/package.json",
        "{\"name\":\"hello-upstream\",\"version\":\"1.0.0\"}\n",
    )]))
}

/// A POM. Maven without a plugin restores only a POM that others name as their parent.
pub(super) fn pom(artifact: &str, packaging: &str) -> Vec<u8> {
    format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>com.contoso</groupId>\
         <artifactId>{artifact}</artifactId><version>1.0.0</version>\
         <packaging>{packaging}</packaging></project>\n"
    )
    .into_bytes()
}

pub(super) fn jar() -> Vec<u8> {
    zip(&[
        ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"),
        ("hello.txt", "hello from the feed\n"),
    ])
}

/// The package for NuGet: nuget.exe needs only the manifest.
pub(super) fn nuget(id: &str, version: &str) -> Vec<u8> {
    let manifest = format!(
        "<?xml version=\"1.0\"?><package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\">\
         <metadata><id>{id}</id><version>{version}</version><authors>emulator</authors>\
         <description>hello</description></metadata></package>\n"
    );
    let types = "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
                 <Default Extension=\"nuspec\" ContentType=\"application/octet\"/>\
                 <Default Extension=\"txt\" ContentType=\"application/octet\"/></Types>\n";
    zip(&[
        (&format!("{id}.nuspec"), &manifest),
        ("[Content_Types].xml", types),
        ("content/hello.txt", "hello from the feed\n"),
    ])
}

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, text) in files {
        let mut header = [0; 512];
        let mut put = |at: usize, text: &str| {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(0, name);
        put(100, "0000644\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", text.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().copied().map(u32::from).sum();
        let sum = format!("{sum:06o}\0 ");
        header[148..156].copy_from_slice(sum.as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(text.as_bytes());
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// Compresses as gzip, in stored blocks (RFC 1951, section 3.2.4; RFC 1952).
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks = bytes.chunks(usize::from(u16::MAX));
    let last = blocks.len().saturating_sub(1);
    for (number, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).expect("a block's length");
        file.push(u8::from(number == last));
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(&(!length).to_le_bytes());
        file.extend_from_slice(block);
    }
    let length = u32::try_from(bytes.len()).expect("a file's length");
    file.extend_from_slice(&checksum(bytes).to_le_bytes());
    file.extend_from_slice(&length.to_le_bytes());
    file
}

/// CRC-32 (RFC 1952, section 8).
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |mut sum, byte| {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg());
        }
        sum
    })
}

pub(super) fn wheel() -> Vec<u8> {
    zip(&[
        (
            "hello_feed/__init__.py",
            "greeting = 'hello from the feed'\n",
        ),
        (
            "hello_feed-1.0.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: hello-feed\nVersion: 1.0.0\n",
        ),
        (
            "hello_feed-1.0.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: emulator\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        (
            "hello_feed-1.0.0.dist-info/RECORD",
            "hello_feed/__init__.py,,\nhello_feed-1.0.0.dist-info/METADATA,,\n\
             hello_feed-1.0.0.dist-info/WHEEL,,\nhello_feed-1.0.0.dist-info/RECORD,,\n",
        ),
    ])
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = SimpleFileOptions::default();
        archive.start_file(*name, options).expect("a new entry");
        archive.write_all(text.as_bytes()).expect("memory");
    }
    archive.finish().expect("an archive").into_inner()
}
