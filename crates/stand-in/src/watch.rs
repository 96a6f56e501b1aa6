//! Holds back answers that contain a token.
//!
//! It recognizes a token as it is and in base64. One that a server compresses or splits into chunks is not found.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::SystemTime;

use adieu_identity::Token;
use zeroize::Zeroizing;

/// This many bytes of a possible token are released, less than the header that all tokens share: an answer that ends like
/// the beginning of a token must not be held back.
const RELEASED: usize = 32;

/// A token, and the forms of it that an answer could contain.
type Watched = (Rc<Token>, Vec<Zeroizing<String>>);

/// The valid tokens of all connections.
#[derive(Default)]
pub(crate) struct Watch {
    tokens: RefCell<Vec<Watched>>,
}

/// Bytes from a server: the last ones that were released, because a token can begin there, and those held back.
#[derive(Default)]
pub(crate) struct ReceiveBuffer {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// How many of them were released.
    released: usize,
}

impl Watch {
    /// Looks for this token from now on.
    pub(crate) fn add(&self, token: &Rc<Token>) {
        let mut tokens = self.tokens.borrow_mut();
        if !tokens.iter().any(|(known, _)| Rc::ptr_eq(known, token)) {
            tokens.retain(|(known, _)| known.expires_on > SystemTime::now());
            tokens.push((Rc::clone(token), token.value.forms_to_mask()));
        }
    }

    /// Releases the bytes that cannot belong to a token; nothing if they contain one.
    pub(crate) fn release<'a>(
        &self,
        received: &'a mut ReceiveBuffer,
        is_end: bool,
    ) -> Option<&'a [u8]> {
        let tokens = self.tokens.borrow();
        let forms = tokens.iter().flat_map(|(_, forms)| forms);
        let longest = forms.clone().map(|form| form.len());
        let kept = longest.max().unwrap_or_default();
        let old = received.released.saturating_sub(kept);
        received.bytes.drain(..old);
        received.released -= old;
        let all = received.bytes.len();
        let mut until = all;
        for form in forms {
            let at = position(&received.bytes, form.as_bytes());
            if all - at >= form.len() {
                return None;
            }
            until = until.min(at + RELEASED);
        }
        let from = received.released;
        received.released = if is_end { all } else { until.clamp(from, all) };
        Some(&received.bytes[from..received.released])
    }
}

/// Where the needle begins in a buffer, or could begin if more bytes follow.
fn position(buffer: &[u8], needle: &[u8]) -> usize {
    let Some(first) = needle.first() else {
        return buffer.len();
    };
    let mut at = 0;
    while let Some(next) = buffer[at..].iter().position(|byte| byte == first) {
        at += next;
        let rest = &buffer[at..];
        let length = rest.len().min(needle.len());
        if rest[..length] == needle[..length] {
            return at;
        }
        at += 1;
    }
    buffer.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use adieu_secret::AccessToken;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use std::time::Duration;

    #[test]
    fn finds_a_needle_or_its_start_at_the_end() {
        for (buffer, expected) in [
            ("", 0),
            ("xyz", 3),
            ("xabcabd", 7),
            ("abcd", 0),
            ("xxabcdxx", 2),
            ("xxabc", 2),
            ("abxabc", 3),
            ("aab", 1),
            ("ababc", 2),
        ] {
            assert_eq!(position(buffer.as_bytes(), b"abcd"), expected, "{buffer}");
        }
    }

    /// Wherever an answer is split, a client gets no more of a token than all tokens share, and an answer without one as
    /// soon as it arrives.
    #[test]
    fn holds_back_a_token_that_arrives_in_pieces() {
        let token = "eyJ".to_owned() + &"0123456789".repeat(20);
        let watch = Watch::default();
        watch.add(&Rc::new(Token {
            value: AccessToken::parse(token.clone()).expect("a token"),
            expires_on: SystemTime::now() + Duration::from_secs(60),
        }));
        let in_base64 = |user: &str| STANDARD.encode(format!("{user}:{token}"));
        let answers = [
            format!("you are {token}, are you not?"),
            format!("you are {}, are you not?", in_base64("")),
            format!("you are {}, are you not?", in_base64("u")),
            format!("you are {}, are you not?", in_base64("us")),
            format!("you are {}, are you not?", URL_SAFE.encode(&token)),
        ];
        for (length, answer) in [1, 7, 33, 100, 1000]
            .into_iter()
            .flat_map(|length| answers.iter().map(move |answer| (length, answer)))
        {
            let (mut received, mut shown) = (ReceiveBuffer::default(), Vec::new());
            let is_cut = answer.as_bytes().chunks(length).any(|piece| {
                received.bytes.extend_from_slice(piece);
                let next = watch.release(&mut received, false);
                shown.extend_from_slice(next.unwrap_or_default());
                next.is_none()
            });
            assert!(is_cut, "{length}");
            assert!(shown.len() <= "you are ".len() + 4 + RELEASED, "{length}");
            let mut received = ReceiveBuffer::default();
            for _ in 0..300 {
                received.bytes.extend_from_slice(b"maybe e");
                assert_eq!(watch.release(&mut received, false), Some(&b"maybe e"[..]));
            }
            received.bytes.extend_from_slice(&token.as_bytes()[..60]);
            assert_eq!(
                watch.release(&mut received, false).map(<[u8]>::len),
                Some(RELEASED)
            );
            assert_eq!(
                watch.release(&mut received, true).map(<[u8]>::len),
                Some(60 - RELEASED)
            );
        }
    }
}
