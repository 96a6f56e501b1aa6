//! Branding colors: converts what people write to the `#rrggbb` that the Marketplace stores.
//!
//! It knows hexadecimal, `rgb()` and some CSS names; it never guesses.

use crate::words::decimal;

/// The color as `#rrggbb`; `None` if the text is not a color.
pub fn hex(written: &str) -> Option<String> {
    let text = written.trim().to_ascii_lowercase();
    if let Some((_, hex)) = NAMES.iter().find(|(name, _)| *name == text) {
        return Some(format!("#{hex}"));
    }
    if let Some(inside) = text
        .strip_prefix("rgba(")
        .or_else(|| text.strip_prefix("rgb("))
    {
        let channels: Vec<u8> = inside
            .strip_suffix(')')?
            .split(',')
            .take(3)
            .map(channel)
            .collect::<Option<_>>()?;
        return match channels[..] {
            [red, green, blue] => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
            _ => None,
        };
    }
    let digits = text.strip_prefix('#').unwrap_or(&text);
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        3 => Some(
            digits
                .chars()
                .fold("#".to_owned(), |out, digit| format!("{out}{digit}{digit}")),
        ),
        6 => Some(format!("#{digits}")),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=255 first"
)]
fn channel(written: &str) -> Option<u8> {
    let written = written.trim();
    let value = match written.strip_suffix('%') {
        Some(percent) => decimal(percent)? / 100.0 * 255.0,
        None => decimal(written)?,
    };
    Some(value.clamp(0.0, 255.0).round() as u8)
}

/// The sixteen names of CSS 2.1 and a few more that manifests use; other colors are written in hexadecimal.
const NAMES: [(&str, &str); 20] = [
    ("aqua", "00ffff"),
    ("black", "000000"),
    ("blue", "0000ff"),
    ("cyan", "00ffff"),
    ("fuchsia", "ff00ff"),
    ("gray", "808080"),
    ("green", "008000"),
    ("grey", "808080"),
    ("lime", "00ff00"),
    ("magenta", "ff00ff"),
    ("maroon", "800000"),
    ("navy", "000080"),
    ("olive", "808000"),
    ("orange", "ffa500"),
    ("purple", "800080"),
    ("red", "ff0000"),
    ("silver", "c0c0c0"),
    ("teal", "008080"),
    ("white", "ffffff"),
    ("yellow", "ffff00"),
];

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn converts_colors_to_six_digits() {
        let written = [
            "#0AF",
            "00aaff",
            "rgb(0, 128, 255)",
            "rgba(0,50%,255,0.5)",
            "navy",
            "#12345",
            "not a color",
        ];
        let expected = [
            "#00aaff", "#00aaff", "#0080ff", "#0080ff", "#000080", "-", "-",
        ];
        assert_eq!(
            written.map(|written| hex(written).unwrap_or_else(|| "-".to_owned())),
            expected
        );
    }
}
