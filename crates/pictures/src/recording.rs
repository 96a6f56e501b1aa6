//! Draws a GIF of a terminal's window in which line after line appears.
//!
//! The Marketplace page shows GIFs but no SVGs.

use std::borrow::Cow;

use gif::{Encoder, Frame, Repeat};
use resvg::tiny_skia::Pixmap;

use crate::terminal::{self, Line};
use crate::{PIXELS_PER_UNIT, pixels};

/// How long a line, an empty line and the whole text are shown, in hundredths of a second.
const A_LINE: u16 = 16;
const A_PAUSE: u16 = 45;
const THE_END: u16 = 500;

/// Levels of each channel of the palette: six make 216 colors, and the terminal's own are among them.
const LEVELS: u16 = 6;

/// The recording of these lines.
pub(crate) fn gif(title: &str, lines: &[Line], columns: usize) -> Result<Vec<u8>, String> {
    let rows = lines.len();
    let draw = |shown: usize| {
        pixels(
            &terminal::svg(title, &lines[..shown], columns, rows),
            terminal::size(columns, rows),
        )
    };
    let failed = |error: gif::EncodingError| format!("the recording: {error}");
    // The whole text comes first, for readers whose program shows no animations.
    let whole = draw(rows)?;
    let first = draw(0)?;
    let (width, height) = (first.width() as u16, first.height() as u16);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height, &palette()).map_err(failed)?;
    encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
    for (picture, delay) in [(&whole, THE_END), (&first, A_PAUSE)] {
        encoder
            .write_frame(&part(picture, 0, height, delay))
            .map_err(failed)?;
    }
    for shown in 1..=rows {
        let picture = draw(shown)?;
        // Only the new line.
        let (top, bottom) = terminal::band(shown - 1);
        let top = (top * PIXELS_PER_UNIT).floor() as u16;
        let bottom = ((bottom * PIXELS_PER_UNIT).ceil() as u16).min(height);
        let delay = match lines.get(shown) {
            None => THE_END,
            Some(next) if next.text.is_empty() => A_PAUSE,
            Some(_) => A_LINE,
        };
        encoder
            .write_frame(&part(&picture, top, bottom, delay))
            .map_err(failed)?;
    }
    drop(encoder);
    Ok(bytes)
}

/// A part of the rows of a picture.
fn part(picture: &Pixmap, top: u16, bottom: u16, delay: u16) -> Frame<'static> {
    let width = picture.width() as usize;
    let from = usize::from(top) * width;
    let to = usize::from(bottom) * width;
    let colors: Vec<u8> = picture.pixels()[from..to]
        .iter()
        .map(|pixel| index(pixel.red(), pixel.green(), pixel.blue()))
        .collect();
    Frame {
        delay,
        top,
        width: picture.width() as u16,
        height: bottom - top,
        buffer: Cow::Owned(colors),
        ..Frame::default()
    }
}

fn palette() -> Vec<u8> {
    let mut palette = Vec::new();
    for index in 0..LEVELS * LEVELS * LEVELS {
        for level in [
            index / (LEVELS * LEVELS),
            index / LEVELS % LEVELS,
            index % LEVELS,
        ] {
            palette.push((level * 255 / (LEVELS - 1)) as u8);
        }
    }
    palette
}

fn index(red: u8, green: u8, blue: u8) -> u8 {
    let level = |channel: u8| (u16::from(channel) * (LEVELS - 1) + 127) / 255;
    (level(red) * LEVELS * LEVELS + level(green) * LEVELS + level(blue)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_in_the_palette() {
        let palette = palette();
        assert_eq!(palette.len(), 216 * 3);
        for (color, expected) in [
            ([0, 0, 0], [0, 0, 0]),
            ([255, 255, 255], [255, 255, 255]),
            ([0x33, 0x66, 0x99], [51, 102, 153]),
            ([0xcd, 0xcb, 0xce], [204, 204, 204]),
            ([255, 0, 0], [255, 0, 0]),
        ] {
            let at = usize::from(index(color[0], color[1], color[2])) * 3;
            assert_eq!(palette[at..at + 3], expected, "{color:?}");
        }
    }
}
