//! A browser that is here already, or Debian's: what draws a page as a person sees it.
//!
//! It asks no host: pages are files of this machine.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::output;
use crate::debian;
use crate::target;

/// Names of the one program on the systems that have it.
const PROGRAMS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// No window, no sandbox (there is none for root in a container), and no question to its maker's hosts.
const QUIET: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// The browser's program, installed where it is missing and that can be done.
pub(crate) fn program() -> Result<&'static str, String> {
    let there = || {
        PROGRAMS
            .iter()
            .copied()
            .find(|program| output(Command::new(program).arg("--version")).is_some())
    };
    if let Some(program) = there() {
        return Ok(program);
    }
    debian::chromium()?;
    there().ok_or_else(|| "Chromium was installed, and cannot be started.".to_owned())
}

/// The size of a picture, in CSS pixels, and how many of the picture's own each of these has.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// From left to right.
    pub(crate) width: u32,
    /// From top to bottom.
    pub(crate) height: u32,
    /// 2 for a picture that people see on dense screens.
    pub(crate) scale: u32,
}

/// Draws a page or an SVG into a PNG; what the page does not paint stays transparent.
pub(crate) fn draw(page: &Path, size: Size, to: &Path) -> Result<(), String> {
    let profile = target().join("browser");
    let _ = fs::remove_dir_all(&profile);
    let _ = fs::remove_file(to);
    let program = program()?;
    let status = Command::new(program)
        .args(QUIET)
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--window-size={},{}", size.width, size.height))
        .arg(format!("--force-device-scale-factor={}", size.scale))
        .arg("--default-background-color=00000000")
        .arg(format!("--screenshot={}", to.display()))
        .arg(format!("file://{}", page.display()))
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("{program} cannot be started: {error}."))?;
    let _ = fs::remove_dir_all(&profile);
    if status.success() && to.is_file() {
        Ok(())
    } else {
        Err(format!(
            "{program} did not draw {} ({status}).",
            page.display()
        ))
    }
}
