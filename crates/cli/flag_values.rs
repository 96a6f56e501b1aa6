//! The formats of flag values, and the messages for invalid ones.
//!
//! clap puts the flag and its value before these messages.

use std::str::FromStr;

use adieu_extension::Version;
use adieu_identity::is_guid;

/// A whole number: minutes or seconds.
pub(crate) fn whole_number<N: FromStr>(text: &str) -> Result<N, String> {
    text.trim()
        .parse()
        .map_err(|_| "a whole number is expected, such as 30".to_owned())
}

/// The ID of an extension.
pub(crate) fn identifier(text: &str) -> Result<String, String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !text.is_empty() && text.bytes().all(is_part) {
        Ok(text.to_owned())
    } else {
        Err("an ID may contain only letters, digits, dashes and underscores".to_owned())
    }
}

/// A version of an extension: up to four numbers.
pub(crate) fn version(text: &str) -> Result<String, String> {
    match Version::parse(text) {
        Some(_) => Ok(text.trim().to_owned()),
        None => Err("a version has up to four numbers, such as 1.4.0".to_owned()),
    }
}

/// An Azure DevOps ID.
pub(crate) fn guid(text: &str) -> Result<String, String> {
    let text = text.trim();
    if is_guid(text) {
        Ok(text.to_owned())
    } else {
        Err("an ID is a GUID, as `adieu whoami` prints it".to_owned())
    }
}
