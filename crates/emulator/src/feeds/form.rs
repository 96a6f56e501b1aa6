//! Forms with files, as twine and nuget.exe send them (RFC 7578).
//!
//! It does not interpret any field.

use crate::http::Request;

/// A field of a form.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) file: Option<String>,
    pub(super) bytes: Vec<u8>,
}

impl Field {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// The fields of a request's body; `None` if it is not such a form.
pub(super) fn fields(request: &Request) -> Option<Vec<Field>> {
    let kind = request.header("content-type")?;
    let boundary = kind
        .strip_prefix("multipart/form-data")?
        .split(';')
        .find_map(|part| part.trim().strip_prefix("boundary="))?
        .trim_matches('"');
    let separator = [b"\r\n--", boundary.as_bytes()].concat();
    // The first separator is not preceded by a line.
    let body = [b"\r\n", request.body.as_slice()].concat();
    let mut fields = Vec::new();
    let mut rest = after(&body, &separator)?;
    while !rest.starts_with(b"--") {
        let end = find(rest, &separator)?;
        fields.push(field(&rest[..end])?);
        rest = &rest[end + separator.len()..];
    }
    Some(fields)
}

fn field(part: &[u8]) -> Option<Field> {
    let head_end = find(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&part[..head_end]).into_owned();
    let disposition = head.lines().find(|line| {
        line.to_ascii_lowercase()
            .starts_with("content-disposition:")
    })?;
    let parameter = |name: &str| {
        let mut parts = disposition.split(';').map(str::trim);
        let value = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches('"').to_owned())
    };
    Some(Field {
        name: parameter("name").unwrap_or_default(),
        file: parameter("filename"),
        bytes: part[head_end + 4..].to_vec(),
    })
}

fn after<'a>(bytes: &'a [u8], what: &[u8]) -> Option<&'a [u8]> {
    find(bytes, what).map(|at| &bytes[at + what.len()..])
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
