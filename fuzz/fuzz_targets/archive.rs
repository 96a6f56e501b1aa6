//! The target `archive`: under cargo-fuzz what libFuzzer invents, otherwise the files that are named.
//!
//! It holds no check of its own: `fuzz/src/lib.rs` does.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| adieu_fuzz::archive(data));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    adieu_fuzz::replay(adieu_fuzz::archive)
}
