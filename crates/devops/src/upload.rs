//! The body of an upload to the gallery: read from disk while it is sent, so that its size costs no memory.
//!
//! It never interprets the package.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;

use crate::client::Content;
use crate::error::Error;

/// Bytes to read at a time: a multiple of three, so that the base64 of the pieces is the base64 of the whole.
const PIECE: usize = 192 * 1024;

/// The text around the base64 in the body for Azure DevOps Server.
const HEAD: &str = "{\"extensionManifest\":\"";
const TAIL: &str = "\"}";

/// The form of a package in an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it is: Azure DevOps Services.
    Package,
    /// As base64 in JSON: Azure DevOps Server.
    Json,
}

/// The progress of an upload.
#[derive(Debug, Default, Clone)]
pub(crate) struct UploadProgress(Arc<AtomicU64>);

impl UploadProgress {
    /// Bytes of the file that were passed to the connection.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The body of an upload.
pub(crate) fn content(path: &Path, form: Form, sent: &UploadProgress) -> Result<Content, Error> {
    let unreadable = |error: std::io::Error| Error::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    sent.0.store(0, Ordering::Relaxed);
    Ok(match form {
        Form::Package => {
            let body = reqwest::Body::wrap_stream(pieces(file, length, form, sent.clone()));
            Content::Package(body, length)
        }
        Form::Json => {
            let encoded = length.div_ceil(3) * 4;
            let body = reqwest::Body::wrap_stream(pieces(file, length, form, sent.clone()));
            Content::JsonStream(body, encoded + (HEAD.len() + TAIL.len()) as u64)
        }
    })
}

/// The file in pieces. If the file shrinks meanwhile, the request ends with fewer bytes than announced, and services
/// reject it.
fn pieces(
    file: File,
    length: u64,
    form: Form,
    sent: UploadProgress,
) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    let start = (file, length, form == Form::Json);
    stream::unfold(Some(start), move |state| {
        let sent = sent.clone();
        async move {
            let (mut file, left, opening) = state?;
            let mut piece = Vec::with_capacity(PIECE);
            let wanted = left.min(PIECE as u64);
            match file.by_ref().take(wanted).read_to_end(&mut piece) {
                Ok(count) if count as u64 == wanted => {}
                Ok(_) => {
                    let short = std::io::Error::other("the file became shorter");
                    return Some((Err(short), None));
                }
                Err(error) => return Some((Err(error), None)),
            }
            sent.0.fetch_add(wanted, Ordering::Relaxed);
            let left = left - wanted;
            let is_last = left == 0;
            let bytes = match form {
                Form::Package => Bytes::from(piece),
                Form::Json => {
                    let head = if opening { HEAD } else { "" };
                    let tail = if is_last { TAIL } else { "" };
                    Bytes::from(format!("{head}{}{tail}", STANDARD.encode(&piece)))
                }
            };
            Some((Ok(bytes), (!is_last).then_some((file, left, false))))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;

    async fn whole(bytes: &[u8], form: Form) -> (String, u64) {
        let folder = std::env::temp_dir().join(format!(
            "adieu-upload-{}-{}",
            std::process::id(),
            bytes.len()
        ));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("a.vsix");
        std::fs::write(&path, bytes).expect("a file");
        let file = File::open(&path).expect("the file");
        let sent = UploadProgress::default();
        let parts: Vec<_> = pieces(file, bytes.len() as u64, form, sent.clone())
            .collect()
            .await;
        std::fs::remove_dir_all(&folder).expect("the folder");
        let text: Vec<u8> = parts
            .into_iter()
            .flat_map(|part| part.expect("a piece").to_vec())
            .collect();
        (String::from_utf8_lossy(&text).into_owned(), sent.bytes())
    }

    #[test]
    fn encodes_pieces_like_the_whole_file() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a loop");
        for length in [1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 2] {
            let bytes = vec![7; length];
            let (text, sent) = runtime.block_on(whole(&bytes, Form::Json));
            let expected = format!("{HEAD}{}{TAIL}", STANDARD.encode(&bytes));
            assert!(text == expected, "{length}");
            assert_eq!(
                text.len() as u64,
                (length as u64).div_ceil(3) * 4 + (HEAD.len() + TAIL.len()) as u64
            );
            assert_eq!(sent, length as u64);
        }
    }
}
