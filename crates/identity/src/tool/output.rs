//! The output of a tool: finds the JSON object with the token, or else the line with the reason, whatever else was
//! printed.
//!
//! It never starts a tool, and never stores its output.

use serde_json::Value;
use zeroize::Zeroizing;

/// Decodes output: UTF-8, or UTF-16 as some Windows consoles redirect it; without byte order marks and escape
/// sequences.
pub(super) fn text(bytes: &[u8]) -> Zeroizing<String> {
    let decoded = Zeroizing::new(match utf_16(bytes) {
        Some(units) => String::from_utf16_lossy(&units),
        None => String::from_utf8_lossy(bytes).into_owned(),
    });
    let mut plain = Zeroizing::new(String::with_capacity(decoded.len()));
    let mut characters = decoded.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => match characters.next() {
                // A control sequence ends with a letter or similar (ECMA-48, 5.4).
                Some('[') => {
                    while characters
                        .next()
                        .is_some_and(|next| !('@'..='~').contains(&next))
                    {}
                }
                // An operating system command ends with BEL or ESC \.
                Some(']') => {
                    while let Some(next) = characters.next() {
                        if next == '\u{7}'
                            || (next == '\u{1b}' && characters.next_if_eq(&'\\').is_some())
                        {
                            break;
                        }
                    }
                }
                _ => {}
            },
            '\u{feff}' | '\0' => {}
            // A line that overwrites itself, such as progress.
            '\r' => plain.push('\n'),
            other => plain.push(other),
        }
    }
    plain
}

/// The UTF-16 code units, recognized by the byte order mark or because every other byte at the start is zero.
fn utf_16(bytes: &[u8]) -> Option<Zeroizing<Vec<u16>>> {
    let zeros = |offset: usize| {
        let start = &bytes[..bytes.len().min(64)];
        let every_other = start.iter().skip(offset).step_by(2);
        start.len() >= 4
            && every_other.clone().filter(|byte| **byte == 0).count() * 2 > every_other.count()
    };
    let from_units: fn([u8; 2]) -> u16 = if bytes.starts_with(&[0xff, 0xfe]) || zeros(1) {
        u16::from_le_bytes
    } else if bytes.starts_with(&[0xfe, 0xff]) || zeros(0) {
        u16::from_be_bytes
    } else {
        return None;
    };
    let pairs = bytes
        .chunks_exact(2)
        .map(|pair| from_units([pair[0], pair[1]]));
    Some(Zeroizing::new(pairs.collect()))
}

/// The first JSON object that `read` accepts, whatever is before and after it.
pub(super) fn find<T>(text: &str, read: impl Fn(&mut Value) -> Option<T>) -> Option<T> {
    pieces(text).into_iter().find_map(|piece| match piece {
        Piece::Object(mut object) => read(&mut object),
        Piece::Text(_) => None,
    })
}

/// A part of the output.
enum Piece<'a> {
    Text(&'a str),
    Object(Value),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut start, mut from) = (Vec::new(), 0, 0);
    while let Some(brace) = text[from..].find('{').map(|index| from + index) {
        let mut values = serde_json::Deserializer::from_str(&text[brace..]).into_iter::<Value>();
        if let Some(Ok(object)) = values.next() {
            pieces.push(Piece::Text(&text[start..brace]));
            pieces.push(Piece::Object(object));
            start = brace + values.byte_offset();
            from = start;
        } else {
            from = brace + 1;
        }
    }
    pieces.push(Piece::Text(&text[start..]));
    pieces
}

/// Why a tool failed, in its own words: the line with Microsoft Entra's code, the exception of a Python traceback,
/// the line that starts with `ERROR:`, or else the first line that is not a warning.
pub(super) fn reason(stdout: &str, stderr: &str) -> Option<String> {
    let mut lines = lines(stdout);
    lines.extend(self::lines(stderr));
    let found = lines
        .iter()
        .find(|line| has_entra_code(line))
        .or_else(|| exception(&lines))
        .or_else(|| lines.iter().find(|line| is_error(line)))
        .or_else(|| lines.iter().find(|line| is_said(line)))?;
    Some(without_surroundings(found))
}

/// The lines of the output with their indentation; messages in JSON replace the JSON.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for piece in pieces(text) {
        let message = match &piece {
            Piece::Text(text) => Some(*text),
            Piece::Object(object) => message(object),
        };
        let split = message.unwrap_or_default().lines();
        lines.extend(
            split
                .filter(|line| !line.trim().is_empty())
                .map(str::to_owned),
        );
    }
    lines
}

/// The message in an object: azd's messages, in both formats, and the errors of OAuth and of Azure services.
fn message(object: &Value) -> Option<&str> {
    let text = |field: &str| object.get(field).and_then(Value::as_str);
    let nested = |field: &str| object.get(field).filter(|value| value.is_object());
    text("error_description")
        .or_else(|| text("message"))
        .or_else(|| nested("data").and_then(message))
        .or_else(|| nested("error").and_then(message))
        .or_else(|| text("error"))
}

fn has_entra_code(line: &str) -> bool {
    line.split("AADSTS")
        .skip(1)
        .any(|rest| rest.starts_with(|character: char| character.is_ascii_digit()))
}

/// The last line of the last traceback: the first one after its head that is not indented.
fn exception(lines: &[String]) -> Option<&String> {
    let head = |line: &String| line.contains("Traceback (most recent call last)");
    let head = lines.iter().rposition(head)?;
    lines[head + 1..]
        .iter()
        .find(|line| !line.starts_with([' ', '\t']))
}

fn is_error(line: &str) -> bool {
    let start = line.trim_start().get(..6);
    start.is_some_and(|start| start.eq_ignore_ascii_case("error:"))
}

/// Whether a line is neither a warning of the tool or Python, nor the line of code that Python shows with one.
fn is_said(line: &str) -> bool {
    let is_warning = line.trim_start().starts_with("WARNING") || line.contains("Warning: ");
    !is_warning && !line.starts_with([' ', '\t'])
}

fn without_surroundings(line: &str) -> String {
    let line = line.trim();
    let line = if is_error(line) {
        line[6..].trim()
    } else {
        line
    };
    // The IDs after the sentence are for Microsoft's support.
    let end = line.find(" Trace ID:").unwrap_or(line.len());
    line[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(bytes: &[u8]) -> Option<String> {
        find(&text(bytes), |object| {
            Some(object.get("token")?.as_str()?.to_owned())
        })
    }

    #[test]
    fn finds_the_answer_among_other_output() {
        let pretty = "{\n  \"token\": \"x\",\n  \"a\": {\"b\": \"}\"}\n}";
        let utf_16 = |text: &str, mark: &[u8]| {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            mark.iter().copied().chain(units).collect::<Vec<u8>>()
        };
        let big_endian: Vec<u8> = pretty.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            pretty.as_bytes().to_vec(),
            format!("A new version is there.\n{pretty}").into_bytes(),
            format!("{pretty}\nA new version is there: {{run: x}}\n").into_bytes(),
            format!("notice {{not JSON}} {{\"type\":\"notice\"}}\n{pretty}\ntail").into_bytes(),
            format!("\u{feff}{pretty}").into_bytes(),
            format!("\u{1b}[33mwarning\u{1b}[0m\r\n\u{1b}]8;;https://x\u{7}{pretty}\u{1b}[K")
                .into_bytes(),
            "\u{1b}[1m{\u{1b}[0m\u{1b}[34;1m\"token\"\u{1b}[0m: \u{1b}[32m\"x\"\u{1b}[0m}"
                .as_bytes()
                .to_vec(),
            utf_16(pretty, &[0xff, 0xfe]),
            utf_16(&format!("notice\r\n{pretty}\r\n"), &[]),
            big_endian,
        ] {
            assert_eq!(
                token(&bytes).as_deref(),
                Some("x"),
                "{}",
                String::from_utf8_lossy(&bytes)
            );
        }
        for nothing in [
            "eyJ.eyJ.c2ln",
            "",
            "{",
            "{\"token\":\"x\"",
            "[]",
            "{\"other\":1}",
        ] {
            assert_eq!(token(nothing.as_bytes()), None, "{nothing}");
        }
    }

    #[test]
    fn finds_the_line_that_gives_the_reason() {
        for (output, expected) in [
            (
                r#"{"error":"not logged in","message":"not logged in, run `azd auth login` to login","suggestion":"x"}"#,
                Some("not logged in, run `azd auth login` to login"),
            ),
            (
                r#"{"type":"consoleMessage","timestamp":"x","data":{"message":"\nERROR: not logged in, run `azd auth login` to login\n"}}"#,
                Some("not logged in, run `azd auth login` to login"),
            ),
            (
                "{\"type\":\"consoleMessage\",\"data\":{\"message\":\"\"}}\n{\"message\":\"expired\"}",
                Some("expired"),
            ),
            (
                r#"{"type":"consoleMessage","data":{"message":"\nERROR: fetching token: failed to authenticate:\n(invalid_grant) AADSTS70043: The refresh token has expired.\r\nTrace ID: x\n"}}"#,
                Some("(invalid_grant) AADSTS70043: The refresh token has expired."),
            ),
            (
                "ERROR: fetching token: authentication failed\n-----\nRESPONSE 401 \
                 Unauthorized\n-----\n{\n  \"error\": \"invalid_client\",\n  \"error_description\": \"AADSTS7000215: Invalid client secret. Trace ID: x\"\n}\n",
                Some("AADSTS7000215: Invalid client secret."),
            ),
            (
                r#"{"error":{"code":"AuthorizationFailed","message":"The client has no authorization."}}"#,
                Some("The client has no authorization."),
            ),
            (
                "ERROR: Please run 'az login' to setup account.\n",
                Some("Please run 'az login' to setup account."),
            ),
            (
                "WARNING: A new version is there.\nsomething\nERROR: AADSTS50076: No.\nTrace ID: x",
                Some("AADSTS50076: No."),
            ),
            (
                "\u{1b}[91mERROR: AADSTS50173: Expired. Trace ID: x Correlation ID: \
                 y\u{1b}[0m\r\nInteractive authentication is needed. Please run:\r\naz login\r\n",
                Some("AADSTS50173: Expired."),
            ),
            (
                "ERROR: The command failed with an unexpected error. Here is the \
                 traceback:\nERROR: [Errno 13] Permission denied\nTraceback (most recent call last):\n  File \"/opt/az/x.py\", line 1, in y\n    raise\nPermissionError: [Errno 13] Permission denied: '/home/.azure/x.json'\nTo check existing issues, please visit: https://github.com/Azure/azure-cli/issues\n",
                Some("PermissionError: [Errno 13] Permission denied: '/home/.azure/x.json'"),
            ),
            (
                "Traceback (most recent call last):\n  File \"a\", line 1\nKeyError: \
                 'x'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b\", line 2, in <module>\n    import z\n    ^^^^^^^^\nModuleNotFoundError: No module named 'azure.cli'\n",
                Some("ModuleNotFoundError: No module named 'azure.cli'"),
            ),
            (
                "/opt/az/lib/x.py:12: CryptographyDeprecationWarning: old\n  import y\nThe \
                 service cannot be reached.\n",
                Some("The service cannot be reached."),
            ),
            ("WARNING: x\n", None),
            ("{}", None),
            ("", None),
        ] {
            let plain = text(output.as_bytes());
            assert_eq!(reason(&plain, "").as_deref(), expected, "{output}");
            assert_eq!(reason("", &plain).as_deref(), expected, "{output}");
        }
    }
}
