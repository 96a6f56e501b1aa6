//! `cargo xtask pictures`: draws the pictures that the Marketplace and Azure DevOps show, from SVGs that people edit
//! and from recorded text.
//!
//! Its tests draw every picture again, and compare the pixels with the picture that ships.

mod recording;
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// A picture that ships, and its source.
struct Picture {
    /// The SVG, relative to the root.
    source: &'static str,
    /// The PNG, relative to the root.
    target: &'static str,
    /// Width and height of the PNG in pixels.
    size: (u32, u32),
}

/// The icons have the sizes that the Marketplace (128) and the task picker (32) require. The diagram has 1.5 pixels
/// for each unit of the SVG; with more, a wide page would show it too large.
const PICTURES: &[Picture] = &[
    icon("docs/pictures/icon.svg", "icon.png", 128),
    icon(
        "docs/pictures/icon-extension.svg",
        "task/extension/icon.png",
        32,
    ),
    icon("docs/pictures/icon-feeds.svg", "task/feeds/icon.png", 32),
    icon("docs/pictures/icon-run.svg", "task/run/icon.png", 32),
    icon("docs/pictures/icon-token.svg", "task/token/icon.png", 32),
    Picture {
        source: "docs/pictures/flow.svg",
        target: "docs/pictures/flow.png",
        size: (720, 630),
    },
];

/// Recorded output of a program, shown in the window of a terminal.
struct Terminal {
    /// The text, relative to the root.
    source: &'static str,
    /// The PNG, or the GIF that shows line after line, relative to the root.
    target: &'static str,
    /// The window's title.
    title: &'static str,
    /// Number of characters in a line.
    columns: usize,
}

/// The error is the one in `tests/token_refusals/entra.rs`; `cargo xtask demo` prints the other text.
const TERMINALS: [Terminal; 2] = [
    Terminal {
        source: "docs/pictures/aadsts700213.txt",
        target: "docs/pictures/aadsts700213.png",
        title: "EntraToken@1",
        columns: 72,
    },
    Terminal {
        source: "docs/pictures/demo.txt",
        target: "docs/pictures/demo.gif",
        title: "cargo xtask demo",
        columns: 80,
    },
];

/// Pixels for each unit in a picture of a terminal.
const PIXELS_PER_UNIT: f32 = 1.5;

const fn icon(source: &'static str, target: &'static str, side: u32) -> Picture {
    Picture {
        source,
        target,
        size: (side, side),
    }
}

/// Screenshots of a run's pages, which the tests take, and their places in the repository.
const SCREENSHOTS: [(&str, &str); 2] = [
    ("overview-doctor-light.png", "docs/pictures/doctor.png"),
    (
        "overview-published-light.png",
        "docs/pictures/published.png",
    ),
];

#[expect(clippy::print_stderr, reason = "where a chore reports a failure")]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Draws every picture, and copies the screenshots of the last test run, if there are any.
#[expect(clippy::print_stdout, reason = "it lists the files that it wrote")]
fn run() -> Result<(), String> {
    let taken = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), PathBuf::from)
        .join("pictures");
    let failed = |target: &str, error: &dyn std::fmt::Display| {
        format!("{target} cannot be written: {error}")
    };
    for (from, to) in SCREENSHOTS {
        if taken.join(from).is_file() {
            fs::copy(taken.join(from), root().join(to)).map_err(|error| failed(to, &error))?;
            println!("{to}");
        }
    }
    for picture in PICTURES {
        draw(picture)?
            .save_png(root().join(picture.target))
            .map_err(|error| failed(picture.target, &error))?;
        println!("{}", picture.target);
    }
    for terminal in &TERMINALS {
        fs::write(root().join(terminal.target), shown(terminal)?)
            .map_err(|error| failed(terminal.target, &error))?;
        println!("{}", terminal.target);
    }
    Ok(())
}

/// The picture of a terminal, as the bytes of a file.
fn shown(terminal: &Terminal) -> Result<Vec<u8>, String> {
    let text = fs::read_to_string(root().join(terminal.source))
        .map_err(|error| format!("{}: {error}", terminal.source))?;
    let lines = terminal::lines(&text.replace("\r\n", "\n"), terminal.columns);
    if terminal.target.ends_with(".gif") {
        return recording::gif(terminal.title, &lines, terminal.columns);
    }
    let rows = lines.len();
    let svg = terminal::svg(terminal.title, &lines, terminal.columns, rows);
    pixels(&svg, terminal::size(terminal.columns, rows))?
        .encode_png()
        .map_err(|error| format!("{}: {error}", terminal.target))
}

/// Draws an SVG with this size in units.
fn pixels(svg: &str, (width, height): (u32, u32)) -> Result<Pixmap, String> {
    let tree = Tree::from_str(svg, &options()).map_err(|error| error.to_string())?;
    let scaled = |units: u32| (units as f32 * PIXELS_PER_UNIT).ceil() as u32;
    let mut pixels = Pixmap::new(scaled(width), scaled(height)).ok_or("an empty picture")?;
    let scale = Transform::from_scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    Ok(pixels)
}

/// Draws a picture in memory.
fn draw(picture: &Picture) -> Result<Pixmap, String> {
    let source = root().join(picture.source);
    let failed = |reason: &dyn std::fmt::Display| format!("{}: {reason}", source.display());
    let text = fs::read_to_string(&source).map_err(|error| failed(&error))?;
    let tree = Tree::from_str(&text, &options()).map_err(|error| failed(&error))?;
    let (width, height) = picture.size;
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| failed(&"an empty picture"))?;
    let scale = Transform::from_scale(
        width as f32 / tree.size().width(),
        height as f32 / tree.size().height(),
    );
    resvg::render(&tree, scale, &mut pixels.as_mut());
    Ok(pixels)
}

/// Two families of fonts from a crate, because each machine has other fonts.
fn options() -> Options<'static> {
    let mut fonts = fontdb::Database::new();
    for font in [
        dejavu::sans_condensed::regular(),
        dejavu::sans_condensed::bold(),
        dejavu::sans_mono::regular(),
        dejavu::sans_mono::bold(),
    ] {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(font)));
    }
    Options {
        fontdb: Arc::new(fonts),
        font_family: "DejaVu Sans".to_owned(),
        ..Options::default()
    }
}

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest difference between two channels: processors round differently.
    const TOLERANCE: u8 = 2;

    fn shipped(picture: &Picture) -> Pixmap {
        let path = root().join(picture.target);
        Pixmap::load_png(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn pictures_match_their_sources() {
        for picture in PICTURES {
            let drawn = draw(picture).unwrap_or_else(|error| panic!("{error}"));
            let shipped = shipped(picture);
            assert_eq!(
                (shipped.width(), shipped.height()),
                picture.size,
                "{}",
                picture.target
            );
            let differs = drawn
                .data()
                .iter()
                .zip(shipped.data())
                .any(|(drawn, shipped)| drawn.abs_diff(*shipped) > TOLERANCE);
            assert!(
                !differs,
                "{} is not what {} draws: run `cargo xtask pictures`",
                picture.target, picture.source
            );
        }
    }

    #[test]
    fn pictures_reach_all_four_edges() {
        for picture in PICTURES {
            let pixels = shipped(picture);
            let (right, bottom) = (pixels.width() - 1, pixels.height() - 1);
            for (x, y) in [
                (right / 2, 0),
                (right, bottom / 2),
                (right / 2, bottom),
                (0, bottom / 2),
            ] {
                let alpha = pixels.pixel(x, y).map(|pixel| pixel.alpha());
                assert_eq!(
                    alpha,
                    Some(255),
                    "{} is cut off at {x}, {y}",
                    picture.target
                );
            }
        }
    }

    /// A glyph that the font lacks would silently be left out.
    #[test]
    fn the_diagram_is_legible_on_a_phone() {
        let flow = &PICTURES[PICTURES.len() - 1];
        let pixels = shipped(flow);
        // The middle line of "Azure DevOps", between its ends.
        let dark = (480..680)
            .filter_map(|x| pixels.pixel(x, 90))
            .filter(|pixel| pixel.red() < 0x60)
            .count();
        assert!(dark > 20, "{dark}");
        // The text must have 12 pixels on a screen that is 360 pixels wide.
        let svg = fs::read_to_string(root().join(flow.source)).expect("the SVG");
        let units = |attribute: &str| -> Vec<f32> {
            let opening = format!("{attribute}=\"");
            let values = svg.split(opening.as_str()).skip(1);
            let values = values.filter_map(|rest| rest.split('"').next()?.parse().ok());
            values.collect()
        };
        let width = units(" width")[0];
        let smallest = units("font-size").into_iter().fold(f32::MAX, f32::min);
        assert!(smallest * 360.0 / width >= 12.0, "{smallest} of {width}");
    }

    /// Compares decoded pictures: processors round differently, and versions of a compressor differ.
    #[test]
    fn terminals_show_the_recorded_text() {
        for terminal in &TERMINALS {
            let drawn = shown(terminal).unwrap_or_else(|error| panic!("{error}"));
            let path = root().join(terminal.target);
            let shipped = fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            assert!(shipped.len() < 512 * 1024, "{}", shipped.len());
            let (drawn, shipped) = (decoded(terminal, &drawn), decoded(terminal, &shipped));
            assert_eq!(drawn.len(), shipped.len(), "{}", terminal.target);
            let pairs = drawn.iter().zip(&shipped);
            let different = pairs.filter(|(one, other)| one.abs_diff(**other) > TOLERANCE);
            // A color between two colors of the palette may become either.
            let different = different.count();
            assert!(
                different * 1000 < drawn.len(),
                "{} is not what {} says: run `cargo xtask pictures`",
                terminal.target,
                terminal.source
            );
            let pixels = shipped.chunks(4);
            let written = pixels.filter(|pixel| pixel[0] > 0xa0).count();
            assert!(written > 5_000, "{}: {written}", terminal.target);
        }
    }

    /// The pixels of the last frame of a picture.
    fn decoded(terminal: &Terminal, bytes: &[u8]) -> Vec<u8> {
        if terminal.target.ends_with(".png") {
            let pixels = Pixmap::decode_png(bytes).unwrap_or_else(|error| panic!("{error}"));
            return pixels.data().to_vec();
        }
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(bytes).expect("a GIF");
        let row = usize::from(decoder.width()) * 4;
        let mut pixels = vec![0; row * usize::from(decoder.height())];
        while let Some(frame) = decoder.read_next_frame().expect("a frame") {
            let from = usize::from(frame.top) * row;
            pixels[from..from + frame.buffer.len()].copy_from_slice(&frame.buffer);
        }
        pixels
    }
}
