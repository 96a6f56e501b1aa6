//! Fuzzes the readers of a repository's declared feeds, with a text under the name of each client's file.

use std::cell::RefCell;
use std::fs;

use adieu_feeds::{FeedAddress, Reading, read, read_variables, with_userinfo};
use tempfile::TempDir;

/// A file of each client.
const NAMES: [&str; 9] = [
    ".npmrc",
    "package.json",
    ".yarnrc.yml",
    "nuget.config",
    "requirements.txt",
    "uv.toml",
    "pom.xml",
    "build.gradle",
    ".cargo/config.toml",
];

thread_local! {
    /// One folder for all inputs.
    static FOLDER: RefCell<TempDir> = RefCell::new(tempfile::tempdir().expect("a folder"));
}

/// Reads a text as the file of one client, chosen by the text's length, and as a variable. An address that was read
/// is written in a form that is read the same way, with a host of Azure Artifacts and without a user.
///
/// # Panics
/// One of these rules is violated.
pub fn feeds(data: &[u8]) {
    FOLDER.with_borrow(|folder| {
        let path = folder.path().join(NAMES[data.len() % NAMES.len()]);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, data).expect("a file");
        check(&read(folder.path()));
        fs::remove_file(path).expect("a file");
    });
    let text = String::from_utf8_lossy(data);
    check(&read_variables([("PIP_INDEX_URL", &*text)].into_iter()));
    if let Ok((address, _)) = with_userinfo(&text) {
        check_address(&address);
    }
}

fn check(reading: &Reading) {
    for declaration in &reading.declarations {
        check_address(&declaration.address);
    }
}

fn check_address(address: &FeedAddress) {
    let written = address.address();
    let again = FeedAddress::parse(&written);
    assert_eq!(again.as_ref(), Ok(address), "{written}");
    let host = written
        .strip_prefix("https://")
        .and_then(|rest| rest.split('/').next())
        .expect("a host");
    assert!(
        host == "pkgs.dev.azure.com" || host.ends_with(".pkgs.visualstudio.com"),
        "{written}"
    );
}
