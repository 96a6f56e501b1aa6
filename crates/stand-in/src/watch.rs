//! A look at what goes to clients: none of the tokens that were sent for them may be in it.
//!
//! It knows a token as it is; one that a server encodes or compresses passes.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::SystemTime;

use adieu_identity::Token;

/// So many bytes of what could become a token pass, which is less than the header that all tokens share: an answer that
/// ends like the beginning of one must not be kept back.
const SHOWN: usize = 32;

/// The tokens that are good, of all connections.
#[derive(Default)]
pub(crate) struct Watch {
    tokens: RefCell<Vec<Rc<Token>>>,
}

/// What a server sent: the end of what its client has already, for the tokens that begin there, and the rest.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) bytes: zeroize::Zeroizing<Vec<u8>>,
    /// How many of them the client has.
    passed: usize,
}

impl Watch {
    /// Looks for this token from now on.
    pub(crate) fn add(&self, token: &Rc<Token>) {
        let mut tokens = self.tokens.borrow_mut();
        if !tokens.iter().any(|known| Rc::ptr_eq(known, token)) {
            tokens.retain(|known| known.expires_on > SystemTime::now());
            tokens.push(Rc::clone(token));
        }
    }

    /// What of the bytes may go on now, and is taken for passed. Nothing where a token is in them.
    pub(crate) fn next<'a>(&self, sent: &'a mut Sent, is_end: bool) -> Option<&'a [u8]> {
        let tokens = self.tokens.borrow();
        let longest = tokens.iter().map(|token| token.value.reveal().len());
        let kept = longest.max().unwrap_or_default();
        let old = sent.passed.saturating_sub(kept);
        sent.bytes.drain(..old);
        sent.passed -= old;
        let all = sent.bytes.len();
        let mut until = all;
        for token in tokens.iter() {
            let token = token.value.reveal().as_bytes();
            let at = position(&sent.bytes, token);
            if all - at >= token.len() {
                return None;
            }
            until = until.min(at + SHOWN);
        }
        let from = sent.passed;
        sent.passed = if is_end { all } else { until.clamp(from, all) };
        Some(&sent.bytes[from..sent.passed])
    }
}

/// Where the needle begins in a buffer, or could begin when more came.
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
    use std::time::Duration;

    #[test]
    fn finds_a_needle_and_its_beginning_at_the_end() {
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

    /// However a server cuts its answer, a client has no more of a token than all tokens share, and every answer without
    /// one as soon as it comes.
    #[test]
    fn a_token_does_not_pass_in_pieces() {
        let token = "eyJ".to_owned() + &"0123456789".repeat(20);
        let watch = Watch::default();
        watch.add(&Rc::new(Token {
            value: AccessToken::parse(token.clone()).expect("a token"),
            expires_on: SystemTime::now() + Duration::from_secs(60),
        }));
        for length in [1, 7, 33, 100, 1000] {
            let answer = format!("you are {token}, are you not?");
            let (mut sent, mut shown) = (Sent::default(), Vec::new());
            let is_cut = answer.as_bytes().chunks(length).any(|piece| {
                sent.bytes.extend_from_slice(piece);
                let next = watch.next(&mut sent, false);
                shown.extend_from_slice(next.unwrap_or_default());
                next.is_none()
            });
            assert!(is_cut, "{length}");
            assert!(shown.len() <= "you are ".len() + SHOWN, "{length}");
            let mut sent = Sent::default();
            for _ in 0..300 {
                sent.bytes.extend_from_slice(b"maybe e");
                assert_eq!(watch.next(&mut sent, false), Some(&b"maybe e"[..]));
            }
            sent.bytes.extend_from_slice(&token.as_bytes()[..60]);
            assert_eq!(watch.next(&mut sent, false).map(<[u8]>::len), Some(SHOWN));
            assert_eq!(
                watch.next(&mut sent, true).map(<[u8]>::len),
                Some(60 - SHOWN)
            );
        }
    }
}
