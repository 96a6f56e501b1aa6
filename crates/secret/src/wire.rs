//! The credentials that this process has sent, and how to remove them from texts: a service can echo what it was
//! sent.
//!
//! It keeps no credential, only keyed hashes of pieces, which find it in a text but do not reveal it.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, OnceLock, PoisonError};

use zeroize::Zeroizing;

use crate::forms;

/// Length of the pieces of a credential that are found anywhere in a text. Shorter pieces could be ordinary words.
const PIECE: usize = 16;

/// A piece starts at every fourth character: every run of 19 characters contains one, for a quarter of the memory.
const STEP: usize = 4;

/// Shorter credentials would hide unrelated words; the agent ignores such values as well, where configured
/// (`AZP_IGNORE_SECRETS_SHORTER_THAN`).
const SHORTEST: usize = 6;

/// How many credentials are remembered, the last ones that were sent. A service echoes what it has just received, and
/// a process that runs for a day sends hundreds.
const REMEMBERED: usize = 16;

/// How often percent signs are decoded: proxies encode what clients have already encoded.
const ENCODED_TIMES: usize = 3;

/// Receives, before a credential is first sent, the forms of it that a log must mask.
pub type Observer = fn(forms: &[Zeroizing<String>]);

static SENT: OnceLock<Mutex<SentCredentials>> = OnceLock::new();

struct SentCredentials {
    hashes: RandomState,
    /// The last element is the credential that was sent last.
    known: VecDeque<SentCredential>,
    observer: Option<Observer>,
}

/// One credential.
struct SentCredential {
    /// Hash of the whole credential, to recognize it.
    whole: u64,
    /// Hashes of pieces of its forms, [`PIECE`] characters each.
    pieces: HashSet<u64>,
    /// Length and hash of each form that is shorter than a piece.
    short: Vec<(usize, u64)>,
}

/// Calls `observer` with each credential before it is first sent; `None` stops that.
pub fn observe_sent(observer: Option<Observer>) {
    with(|sent| sent.observer = observer);
}

/// Remembers a credential that is about to be sent.
pub(crate) fn remember(value: &str) {
    if value.is_empty() {
        return;
    }
    let observer = with(|sent| {
        let whole = sent.hashes.hash_one(value);
        let index = sent.known.iter().position(|known| known.whole == whole);
        let (known, is_new) = match index.and_then(|index| sent.known.remove(index)) {
            Some(known) => (known, false),
            None => (SentCredential::new(value, whole, &sent.hashes), true),
        };
        sent.known.push_back(known);
        if sent.known.len() > REMEMBERED {
            sent.known.pop_front();
        }
        sent.observer.filter(|_| is_new)
    });
    // The observer writes, so it is called without the lock.
    if let Some(observer) = observer {
        observer(&forms::to_mask(value));
    }
}

/// Replaces every credential that this process has sent with three asterisks: raw, percent-encoded, inside base64,
/// broken into lines, or in part.
pub fn redacted(text: &str) -> String {
    let hidden = with(|sent| {
        let mut hidden = Vec::new();
        if !sent.known.is_empty() && text.len() >= SHORTEST {
            sent.find(text, &mut hidden);
        }
        hidden
    });
    without(text, hidden)
}

fn with<T>(work: impl FnOnce(&mut SentCredentials) -> T) -> T {
    let sent = SENT.get_or_init(|| {
        Mutex::new(SentCredentials {
            hashes: RandomState::new(),
            known: VecDeque::new(),
            observer: None,
        })
    });
    // Even after a panic, the hashes are complete.
    work(&mut sent.lock().unwrap_or_else(PoisonError::into_inner))
}

impl SentCredential {
    fn new(value: &str, whole: u64, hashes: &RandomState) -> Self {
        let mut known = Self {
            whole,
            pieces: HashSet::new(),
            short: Vec::new(),
        };
        for form in forms::in_texts(value) {
            let compact = Bytes::of(&form).compact();
            let length = compact.values.len();
            if length >= PIECE {
                let last = length - PIECE;
                for start in (0..last).step_by(STEP).chain([last]) {
                    let piece = &compact.values[start..start + PIECE];
                    known.pieces.insert(hashes.hash_one(piece));
                }
                continue;
            }
            let bytes = Bytes::of(&form);
            if (SHORTEST..PIECE).contains(&bytes.values.len()) {
                let hash = hashes.hash_one(bytes.values.as_slice());
                known.short.push((bytes.values.len(), hash));
            }
        }
        known
    }
}

impl SentCredentials {
    /// Adds the ranges of the text that contain a credential.
    fn find(&self, text: &str, hidden: &mut Vec<(usize, usize)>) {
        let bytes = Bytes::of(text);
        let mut short: Vec<usize> = Vec::new();
        for (length, _) in self.known.iter().flat_map(|known| &known.short) {
            if !short.contains(length) {
                short.push(*length);
            }
        }
        for length in short {
            let is_known = |hash| {
                let mut all = self.known.iter().flat_map(|known| &known.short);
                all.any(|known| *known == (length, hash))
            };
            bytes.windows(length, &self.hashes, is_known, hidden);
        }
        let is_known = |hash| self.known.iter().any(|known| known.pieces.contains(&hash));
        let compact = bytes.compact();
        compact.windows(PIECE, &self.hashes, is_known, hidden);
    }
}

/// The bytes of a text with percent signs decoded, and where each of them is in the text.
struct Bytes {
    values: Zeroizing<Vec<u8>>,
    spans: Vec<(usize, usize)>,
}

impl Bytes {
    fn of(text: &str) -> Self {
        let mut bytes = Self {
            values: Zeroizing::new(text.as_bytes().to_vec()),
            spans: (0..text.len()).map(|at| (at, at + 1)).collect(),
        };
        for _ in 0..ENCODED_TIMES {
            if !bytes.values.contains(&b'%') {
                break;
            }
            bytes = bytes.decoded();
        }
        bytes
    }

    fn decoded(&self) -> Self {
        let mut decoded = Self::with_room(self.values.len());
        let digit = |at: usize| char::from(*self.values.get(at)?).to_digit(16);
        let mut at = 0;
        while at < self.values.len() {
            let pair = (self.values[at] == b'%').then(|| digit(at + 1).zip(digit(at + 2)));
            let (value, last) = match pair.flatten() {
                Some((high, low)) => (u8::try_from(16 * high + low).unwrap_or(b'%'), at + 2),
                None => (self.values[at], at),
            };
            decoded.push(value, (self.spans[at].0, self.spans[last].1));
            at = last + 1;
        }
        decoded
    }

    /// Without characters that can separate those of a credential and are never part of one: line breaks, escapes,
    /// invisible characters.
    fn compact(&self) -> Self {
        let mut compact = Self::with_room(self.values.len());
        for (value, span) in self.values.iter().zip(&self.spans) {
            if value.is_ascii_graphic() && *value != b'\\' {
                compact.push(*value, *span);
            }
        }
        compact
    }

    fn with_room(length: usize) -> Self {
        Self {
            values: Zeroizing::new(Vec::with_capacity(length)),
            spans: Vec::with_capacity(length),
        }
    }

    fn push(&mut self, value: u8, span: (usize, usize)) {
        self.values.push(value);
        self.spans.push(span);
    }

    fn windows(
        &self,
        length: usize,
        hashes: &RandomState,
        is_known: impl Fn(u64) -> bool,
        hidden: &mut Vec<(usize, usize)>,
    ) {
        for (start, window) in self.values.windows(length).enumerate() {
            if is_known(hashes.hash_one(window)) {
                hidden.push((self.spans[start].0, self.spans[start + length - 1].1));
            }
        }
    }
}

fn without(text: &str, mut hidden: Vec<(usize, usize)>) -> String {
    if hidden.is_empty() {
        return text.to_owned();
    }
    adieu_order::sort(&mut hidden);
    let mut redacted = String::with_capacity(text.len());
    let mut shown_to = 0;
    for (start, end) in hidden {
        if end <= shown_to {
            continue;
        }
        if start > shown_to || shown_to == 0 {
            let start = floor_char_boundary(text, start);
            redacted.push_str(&text[shown_to..start]);
            redacted.push_str("***");
        }
        shown_to = ceil_char_boundary(text, end);
    }
    redacted.push_str(&text[shown_to..]);
    redacted
}

fn floor_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;
    use crate::{AccessToken, ProxyPassword};

    const TOKEN: &str = "eyJhbGciOi.eyJhdWQiOiJhIiwic3ViIjoi.c2lnbmF0dXJlK29mK3RoaXM-_w";

    #[test]
    fn hides_what_was_sent_in_every_form() {
        let unsent =
            AccessToken::parse("eyJ1bnNlbnQ.eyJ0aGlzIG9uZQ.d2FzIG5ldmVyIHNlbnQ".to_owned());
        let unsent = unsent.expect("a token");
        assert_eq!(redacted(unsent.reveal()), unsent.reveal());
        let token = AccessToken::parse(TOKEN.to_owned()).expect("a token");
        assert_eq!(token.reveal_to_wire(), TOKEN);
        let password = ProxyPassword::new("p@ss w/1".to_owned());
        assert_eq!(password.reveal_to_wire(), "p@ss w/1");
        let encoded: String = TOKEN.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let (before, after) = TOKEN.split_at(40);
        for (text, shown) in [
            (format!("Bearer {TOKEN}"), "Bearer ***".to_owned()),
            (format!("{TOKEN}, {TOKEN}."), "***, ***.".to_owned()),
            (format!("é{TOKEN}é"), "é***é".to_owned()),
            (format!("'{encoded}'"), "'***'".to_owned()),
            (
                encoded.replace('%', "%25").replace("%25", "%2525"),
                "***".to_owned(),
            ),
            (format!("{before}\r\n {after}"), "***".to_owned()),
            (format!("{before}\u{200b}{after}"), "***".to_owned()),
            (format!("cut at {before}…"), "cut at ***…".to_owned()),
            (TOKEN.replace('-', "\\-"), "***".to_owned()),
            (
                "the password p@ss w/1 is wrong".to_owned(),
                "the password *** is wrong".to_owned(),
            ),
            ("u:p%40ss%20w%2F1@h".to_owned(), "u:***@h".to_owned()),
            ("u:p%40ss+w%2f1@h".to_owned(), "u:***@h".to_owned()),
            (
                "no secret, 100 % of it".to_owned(),
                "no secret, 100 % of it".to_owned(),
            ),
        ] {
            assert_eq!(redacted(&text), shown, "{text}");
        }
        for user in ["", "a", "ab", "OAuth"] {
            let basic = format!("{user}:{TOKEN}");
            for encoded in [STANDARD.encode(&basic), URL_SAFE_NO_PAD.encode(&basic)] {
                let shown = redacted(&format!("Basic {encoded}"));
                assert!(
                    shown.len() < "Basic ***".len() + user.len() * 2 + 7,
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn does_not_split_characters() {
        let odd = ProxyPassword::new("%a9 wxy%c3".to_owned());
        odd.reveal_to_wire();
        assert_eq!(redacted("é wxyé"), "***");
    }

    #[test]
    fn passes_each_credential_to_the_observer_once() {
        static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
        observe_sent(Some(|forms| {
            let mut heard = HEARD.lock().expect("a lock");
            heard.extend(forms.iter().map(|form| form.to_string()));
        }));
        let token = AccessToken::parse("once-and-no-more-than-once".to_owned()).expect("a token");
        token.reveal_to_wire();
        token.reveal_to_wire();
        observe_sent(None);
        let heard = HEARD.lock().expect("a lock");
        let raw = heard.iter().filter(|form| *form == token.reveal());
        assert_eq!(raw.count(), 1, "{heard:?}");
    }
}
