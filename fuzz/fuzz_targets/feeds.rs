//! The target `feeds`: with cargo-fuzz, it reads what libFuzzer generates, otherwise the files in its arguments.
//!
//! The checks are in `fuzz/src/lib.rs`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| adieu_fuzz::feeds(data));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    adieu_fuzz::replay(adieu_fuzz::feeds)
}
