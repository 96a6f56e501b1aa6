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
        None => findings.push(Finding::new(&part.position, Problem::IconFormat { path })),
        Some(Some((width, height))) if width < least || height < least => {
            findings.push(Finding::new(
                &part.position,
                Problem::SmallIcon {
                    path,
                    width,
                    height,
                    least,
                },
            ));
        }
        Some(_) => {}
    }
}

/// The size of an image; `None` if its format is not one of the four, and no size for JPEG, which does not have it in
/// its first bytes.
fn kind(bytes: &[u8]) -> Option<Option<(u32, u32)>> {
    let at = |at: usize, length: usize| bytes.get(at..at + length);
    let big = |from: usize| {
        at(from, 4)
            .and_then(|four| four.try_into().ok())
            .map(u32::from_be_bytes)
    };
    let little = |from: usize| {
        at(from, 4)
            .and_then(|four| four.try_into().ok())
            .map(i32::from_le_bytes)
    };
    let short = |from: usize| {
        at(from, 2)
            .and_then(|two| two.try_into().ok())
            .map(u16::from_le_bytes)
    };
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(big(16).zip(big(20)));
    }
    if bytes.starts_with(b"GIF8") {
        return Some(
            short(6)
                .zip(short(8))
                .map(|(width, height)| (width.into(), height.into())),
        );
    }
    if bytes.starts_with(b"BM") {
        return Some(
            little(18)
                .zip(little(22))
                .map(|(width, height)| (width.unsigned_abs(), height.unsigned_abs())),
        );
    }
    bytes.starts_with(b"\xff\xd8\xff").then_some(None)
}
