//! `adieu extension package`.
mod peer;
