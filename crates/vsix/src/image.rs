//! Size and format of icons, from their first bytes.
//!
//! It decodes no image.

use adieu_manifest::finding::{Finding, Problem};

use crate::parts::Part;

/// Warns if an icon is too small, or its format is not shown.
pub(crate) fn check(part: &Part, least: u32, findings: &mut Vec<Finding>) {
    let Ok(bytes) = part.source.head(64) else {
        return;
    };
    let path = part.name.clone();
    match kind(&bytes) {
        None => findings.push(part.position.finding(Problem::IconFormat { path })),
        Some(Some((width, height))) if width < least || height < least => {
            findings.push(part.position.finding(Problem::SmallIcon {
                path,
                width,
                height,
                least,
            }));
        }
        Some(_) => {}
    }
}

/// The size of an image; `None` if its format is not one of the four, and no size for JPEG, which does not have it in
/// its first bytes.
fn kind(bytes: &[u8]) -> Option<Option<(u32, u32)>> {
    let long = |at: usize| bytes.get(at..)?.first_chunk::<4>().copied();
    let short = |at: usize| bytes.get(at..)?.first_chunk::<2>().copied();
    let sizes = |one: Option<u32>, other: Option<u32>| Some(one.zip(other));
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        let size = |at| long(at).map(u32::from_be_bytes);
        return sizes(size(16), size(20));
    }
    if bytes.starts_with(b"GIF8") {
        let size = |at| short(at).map(|two| u16::from_le_bytes(two).into());
        return sizes(size(6), size(8));
    }
    if bytes.starts_with(b"BM") {
        let size = |at| long(at).map(|four| i32::from_le_bytes(four).unsigned_abs());
        return sizes(size(18), size(22));
    }
    bytes.starts_with(b"\xff\xd8\xff").then_some(None)
}
