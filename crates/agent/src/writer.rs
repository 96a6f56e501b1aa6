//! The only way to standard output and standard error: nothing that it writes can become a logging command or contain
//! a credential that was sent.
//!
//! It never decides what is written. A test of `xtask` checks that no other file of the product writes there.

use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use adieu_secret::redacted;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::untrusted::{harmless_document, harmless_json, harmless_json_lines, harmless_text};

/// Whether standard error ends with a status line, which the next output replaces.
static STATUS: AtomicBool = AtomicBool::new(false);

/// One of the two output streams. The agent looks for commands in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: results, and the commands of a task.
    Output,
    /// Standard error: the messages of the command line.
    Error,
}

impl Stream {
    /// Writes a text and a line break; the layout stays.
    ///
    /// # Errors
    /// The stream cannot be written. A closed stream is not an error: its reader has finished.
    pub fn text(self, text: &str) -> io::Result<()> {
        self.line(harmless_text(&redacted(text)).as_bytes())
    }

    /// Writes a text, with the colors (SGR sequences) that this program put into it, and a line break. Everything
    /// else that a terminal acts on is made harmless, as in [`text`](Self::text).
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub fn styled(self, text: &str) -> io::Result<()> {
        let mut harmless = String::with_capacity(text.len());
        for (sequence, piece) in pieces(text) {
            harmless.push_str(sequence);
            harmless.push_str(&harmless_text(&redacted(piece)));
        }
        self.line(harmless.as_bytes())
    }

    /// Writes a question, and leaves the cursor after it.
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub fn prompt(self, question: &str) -> io::Result<()> {
        self.write(harmless_text(&redacted(question)).as_bytes())
    }

    /// Writes a status line on a terminal. The next output, on either stream, replaces it.
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub fn status(self, text: &str) -> io::Result<()> {
        let text = harmless_text(&redacted(text));
        self.write(format!("\r{text}\u{1b}[K").as_bytes())?;
        STATUS.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Removes the line that [`status`](Self::status) left on standard error.
    pub fn clear_status() {
        if STATUS.swap(false, Ordering::Relaxed) {
            let _ = write(&mut io::stderr().lock(), b"\r\x1b[K");
        }
    }

    /// Writes a JSON document and a line break.
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub fn json(self, document: &Value) -> io::Result<()> {
        self.line(harmless_json_lines(document).as_bytes())
    }

    /// Writes a text that contains a credential, for the user who requested it, and a line break.
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub fn credential(self, text: &str) -> io::Result<()> {
        self.line(Zeroizing::new(harmless_text(text)).as_bytes())
    }

    /// Writes a JSON document that contains a credential, for the program that requested it, and a line break.
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub fn credential_json(self, document: &Value) -> io::Result<()> {
        let document = Zeroizing::new(format!("{document:#}"));
        self.line(Zeroizing::new(harmless_json(&document)).as_bytes())
    }

    /// Writes CSV records, one per line, with the line ends of RFC 4180. No line contains a command.
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub fn records(self, records: &[String]) -> io::Result<()> {
        let mut whole = Zeroizing::new(Vec::new());
        for record in records {
            whole.extend_from_slice(harmless_text(&redacted(record)).as_bytes());
            whole.extend_from_slice(b"\r\n");
        }
        self.write(&whole)
    }

    /// Writes the bytes of a child process unchanged.
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub fn pass_on(self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes)
    }

    /// Whether a person reads the stream.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Output => io::stdout().is_terminal(),
            Self::Error => io::stderr().is_terminal(),
        }
    }

    /// Buffers this stream's output into whole lines, for code that writes in pieces.
    pub fn lines(self) -> Lines {
        Lines {
            stream: self,
            open: Vec::new(),
        }
    }

    fn document(self, bytes: &[u8]) -> io::Result<()> {
        let text = redacted(&String::from_utf8_lossy(bytes));
        self.line(harmless_document(&text).as_bytes())
    }

    /// Writes a logging command whose values are already escaped.
    pub(crate) fn command(self, line: &str) {
        // If the stream cannot be written, there is nowhere else to report it.
        let _ = self.line(line.as_bytes());
    }

    /// Writes a whole line with one call.
    fn line(self, line: &[u8]) -> io::Result<()> {
        let mut whole = Zeroizing::new(Vec::with_capacity(line.len() + 1));
        whole.extend_from_slice(line);
        whole.push(b'\n');
        self.write(&whole)
    }

    fn write(self, bytes: &[u8]) -> io::Result<()> {
        Self::clear_status();
        let written = match self {
            Self::Output => write(&mut io::stdout().lock(), bytes),
            Self::Error => write(&mut io::stderr().lock(), bytes),
        };
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }
}

/// Splits the text into pairs of an SGR sequence, which may be empty, and the text after it.
fn pieces(text: &str) -> Vec<(&str, &str)> {
    let mut pieces = Vec::new();
    let (mut sequence, mut start, mut from) = ("", 0, 0);
    while let Some(found) = text[from..].find("\u{1b}[") {
        let escape = from + found;
        let parameters = &text[escape + 2..];
        let end = parameters.find(|letter: char| !letter.is_ascii_digit() && letter != ';');
        from = escape + 2;
        if let Some(end) = end.filter(|end| parameters[*end..].starts_with('m')) {
            pieces.push((sequence, &text[start..escape]));
            from = escape + 2 + end + 1;
            sequence = &text[escape..from];
            start = from;
        }
    }
    pieces.push((sequence, &text[start..]));
    pieces
}

fn write(stream: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// A writer that passes on each line when it is complete, and the last one when it is dropped.
#[derive(Debug)]
pub struct Lines {
    stream: Stream,
    open: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open.extend_from_slice(bytes);
        if let Some(end) = self.open.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.open.split_off(end + 1);
            let whole = std::mem::replace(&mut self.open, rest);
            self.stream.document(&whole[..end])?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.open.is_empty() {
            let _ = self.stream.document(&self.open);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn passes_on_only_color_sequences() {
        for (text, expected) in [
            ("plain", &[("", "plain")][..]),
            (
                "\u{1b}[1;31mred\u{1b}[0m\n",
                &[("", ""), ("\u{1b}[1;31m", "red"), ("\u{1b}[0m", "\n")],
            ),
            ("a\u{1b}[2Jb", &[("", "a\u{1b}[2Jb")]),
            ("a\u{1b}]0;x\u{7}", &[("", "a\u{1b}]0;x\u{7}")]),
            ("\u{1b}[", &[("", "\u{1b}[")]),
        ] {
            assert_eq!(pieces(text), expected, "{text:?}");
        }
    }
}
