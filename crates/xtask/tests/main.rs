//! The house rules: `cargo test -p xtask rules`.
#![allow(missing_docs)]

mod rules;
