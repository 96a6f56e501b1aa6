//! `adieu extension inspect`: shows the contents of packages, and refuses some packages.
//!
//! None of these tests writes a file.

mod hostile;

use std::fs;

use super::extension_folder::Folder;
use super::extension_package::hello;

#[test]
fn shows_a_package_as_text_and_as_json() {
    let folder = hello(&[]);
    folder
        .adieu(&[
            "package",
            "--output-path",
            "p.vsix",
            "--visibility",
            "public",
        ])
        .done();
    assert_eq!(
        folder.adieu(&["inspect", "--vsix", "p.vsix"]).transcript(),
        "\
extension     pub.hello 3.2.1
name          Hello
flags         Public
categories    Azure Pipelines
target        Microsoft.VisualStudio.Services
contribution  hello-task (ms.vss-distributed-task.task)
contribution  decorator (ms.azure-pipelines.pipeline-decorator)
task          Hello@1.4.7 aaaaaaaa-1111-4222-8333-444444444444 (Hello/task.json)
size          [SIZE] bytes, 7 files of [SIZE] bytes
SHA-256       [SHA256]
exit 0
"
    );
    assert_eq!(
        folder
            .adieu(&["inspect", "--vsix", "p.vsix", "--json"])
            .transcript(),
        "\
{
  \"categories\": [
    \"Azure Pipelines\"
  ],
  \"contributions\": [
    {
      \"id\": \"hello-task\",
      \"type\": \"ms.vss-distributed-task.task\"
    },
    {
      \"id\": \"decorator\",
      \"type\": \"ms.azure-pipelines.pipeline-decorator\"
    }
  ],
  \"description\": \"\",
  \"extensionId\": \"hello\",
  \"files\": 7,
  \"galleryFlags\": [
    \"Public\"
  ],
  \"name\": \"Hello\",
  \"publisher\": \"pub\",
  \"sha256\": \"[SHA256]\",
  \"size\": [SIZE],
  \"tags\": [],
  \"targets\": [
    {
      \"id\": \"Microsoft.VisualStudio.Services\",
      \"version\": null
    }
  ],
  \"tasks\": [
    {
      \"id\": \"aaaaaaaa-1111-4222-8333-444444444444\",
      \"name\": \"Hello\",
      \"part\": \"Hello/task.json\",
      \"version\": \"1.4.7\"
    }
  ],
  \"unpackedSize\": [SIZE],
  \"version\": \"3.2.1\"
}
exit 0
"
    );
}

#[test]
fn reads_a_package_made_by_tfx() {
    let folder = hello(&[]);
    folder.tfx(&["--output-path", "p.vsix"]).done();
    let shown = folder.adieu(&["inspect", "--vsix", "p.vsix"]).transcript();
    let without_size: Vec<&str> = shown
        .lines()
        .filter(|line| !line.starts_with("size"))
        .collect();
    assert_eq!(
        without_size.join("\n"),
        "\
extension     pub.hello 3.2.1
name          Hello
categories    Azure Pipelines
target        Microsoft.VisualStudio.Services
contribution  hello-task (ms.vss-distributed-task.task)
contribution  decorator (ms.azure-pipelines.pipeline-decorator)
task          Hello@1.4.7 aaaaaaaa-1111-4222-8333-444444444444 (Hello/task.json)
SHA-256       [SHA256]
exit 0"
    );
}

/// A package with this part only.
fn package_of(folder: &Folder, name: &str, part: &str, bytes: &[u8]) {
    let file = fs::File::create(folder.path(name)).expect("the file can be made");
    let mut writer = zip::ZipWriter::new(file);
    writer
        .start_file(part, zip::write::SimpleFileOptions::default())
        .expect("it can be started");
    std::io::Write::write_all(&mut writer, bytes).expect("it can be written");
    writer.finish().expect("it can be finished");
}

#[test]
fn a_manifest_that_would_fill_the_memory_or_never_end_is_refused() {
    let folder = Folder::with(&[]);
    let attributes: Vec<String> = (0..100_000).map(|number| format!("a{number}=''")).collect();
    let attributes = format!("<PackageManifest {}/>", attributes.join(" "));
    let spaces = " ".repeat((2 << 20) + 1);
    let output = [attributes, spaces].map(|manifest| {
        package_of(
            &folder,
            "p.vsix",
            "extension.vsixmanifest",
            manifest.as_bytes(),
        );
        folder.adieu(&["inspect", "--vsix", "p.vsix"]).transcript()
    });
    assert_eq!(
        output.concat(),
        "\
error: `p.vsix`: extension.vsixmanifest:1: an element has more than 1000 attributes.
More: adieu explain extension-package
exit 1
error: `p.vsix`: entry `extension.vsixmanifest` has 2097153 bytes, and 2097152 is the limit.
More: adieu explain extension-package
exit 1
"
    );
}

#[test]
fn reports_the_line_of_invalid_xml() {
    let folder = Folder::with(&[]);
    package_of(
        &folder,
        "q.vsix",
        "extension.vsixmanifest",
        b"<PackageManifest>\n<Metadata></PackageManifest>",
    );
    assert_eq!(
        folder.adieu(&["inspect", "--vsix", "q.vsix"]).transcript(),
        "\
error: `q.vsix`: extension.vsixmanifest:2: expected 'Metadata' tag, not 'PackageManifest' at 2:11.
More: adieu explain extension-package
exit 1
"
    );
}

#[test]
fn a_package_is_compared_with_its_checksums() {
    let folder = Folder::with(&[]);
    let sum = |text: &str| sha256sum(text.as_bytes());
    let make = |list: &str| {
        let file = fs::File::create(folder.path("p.vsix")).expect("the file can be made");
        let mut writer = zip::ZipWriter::new(file);
        let manifest = "<PackageManifest><Metadata><Identity Id='a' Publisher='b' Version='1.0.0'/></Metadata></PackageManifest>";
        for (part, text) in [
            ("extension.vsixmanifest", manifest),
            ("task/bin/adieu", "binary"),
            ("task/launch.js", "launcher"),
            ("SHA256SUMS", list),
        ] {
            writer
                .start_file(part, zip::write::SimpleFileOptions::default())
                .expect("it can be started");
            std::io::Write::write_all(&mut writer, text.as_bytes()).expect("it can be written");
        }
        writer.finish().expect("it can be finished");
        folder.adieu(&["verify", "--vsix", "*.vsix"]).transcript()
    };
    let output = [
        make(&format!("{}  task/bin/adieu\n", sum("binary"))),
        make(&format!(
            "{}  task/bin/adieu\n{}  task/launch.js\n{}  gone\n",
            sum("binary"),
            sum("other"),
            sum("x")
        )),
        make("no checksum\n"),
    ];
    let output = output.concat();
    let output: Vec<&str> = output
        .lines()
        .map(|line| {
            line.get(..9)
                .filter(|start| *start == "SHA-256  ")
                .unwrap_or(line)
        })
        .collect();
    assert_eq!(
        output.join("\n"),
        "\
ok       task/bin/adieu
SHA-256  \n\
Files that match SHA256SUMS: 1 of 1. Not listed: 2.
exit 0
ok       task/bin/adieu
differs  task/launch.js
missing  gone
SHA-256  \n\
Files that match SHA256SUMS: 1 of 3. Not listed: 1.
error: `p.vsix` does not match its SHA256SUMS.
More: adieu explain extension-package
exit 1
error: `p.vsix`: SHA256SUMS:1: the line is not a checksum and a name.
More: adieu explain extension-package
exit 1"
    );
    let package = fs::read(folder.path("p.vsix")).expect("the package is there");
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["extension", "inspect", "--vsix", "p.vsix"])
        .current_dir(folder.path(""))
        .output()
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        text.contains(&format!("SHA-256       {}\n", sha256sum(&package))),
        "{text}"
    );
}

/// The digest according to another program.
fn sha256sum(bytes: &[u8]) -> String {
    use std::io::Write;
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("sha256sum starts");
    let mut stdin = child.stdin.take().expect("it has an input");
    stdin.write_all(bytes).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout)[..64].to_owned()
}
