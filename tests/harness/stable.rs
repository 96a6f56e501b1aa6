//! Placeholders for text that differs between runs: hosts, IDs, times.
//!
//! It knows no messages.

use adieu_emulator::{MY_CONNECTION, World};

/// Replaces text that differs between runs with placeholders.
pub(crate) fn stable(world: &World, text: &str) -> String {
    let mut text = text.to_owned();
    let connection = world.connection_id(MY_CONNECTION);
    for (value, name) in [
        (
            world.azure_devops().url().trim_end_matches('/').to_owned(),
            "[COLLECTION]",
        ),
        (world.azure_devops().host(), "[AZURE DEVOPS]"),
        (world.entra().host(), "[ENTRA]"),
        (world.entra().tenant(), "[TENANT]"),
        (connection, "[CONNECTION]"),
    ] {
        text = text.replace(&value, name);
    }
    let text = replace_words(&text, is_guid, "[GUID]");
    replace_words(&with_one_word_times(&text), is_time, "[TIME]")
}

/// Converts Microsoft Entra's times, `2016-01-09 02:02:12Z`, to the usual form without a space.
fn with_one_word_times(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for start in 0..bytes.len().saturating_sub(19) {
        let time = &bytes[start..start + 20];
        let digits = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];
        let is_time = digits.iter().all(|at| time[*at].is_ascii_digit())
            && (time[4], time[7], time[10], time[13], time[19]) == (b'-', b'-', b' ', b':', b'Z');
        if is_time {
            bytes[start + 10] = b'T';
        }
    }
    String::from_utf8(bytes).expect("one letter in place of another")
}

/// Replaces each word (letters, digits, `-`, `:`, `.`) that a test accepts.
fn replace_words(text: &str, accepted: fn(&str) -> bool, name: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-:.".contains(character);
    let mut replaced = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .find(|character| !is_part(character))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let bare = word.trim_end_matches(['.', ':']);
        if accepted(bare) {
            replaced.push_str(name);
            replaced.push_str(&word[bare.len()..]);
        } else {
            replaced.push_str(word);
        }
        let next = after.chars().next().map_or(0, char::len_utf8);
        replaced.push_str(&after[..next]);
        rest = &after[next..];
    }
    replaced
}

/// Whether a word is a random ID; that of the application Azure DevOps is constant.
fn is_guid(word: &str) -> bool {
    word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && word
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        && word != "499b84ac-1321-427f-aa17-267ca6975798"
}

fn is_time(word: &str) -> bool {
    word.len() >= 20
        && word.ends_with('Z')
        && word.as_bytes()[10] == b'T'
        && word.as_bytes()[4] == b'-'
}

/// Replaces the number after some words with a placeholder: it depends on the load of the machine.
pub(crate) fn without_number(text: &str, words: &str) -> String {
    let mut parts = text.split(words);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(words);
        plain.push_str("[N]");
        plain.push_str(part.trim_start_matches(|character: char| character.is_ascii_digit()));
    }
    plain
}
