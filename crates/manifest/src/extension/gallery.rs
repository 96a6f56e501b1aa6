//! Gallery flags: an extension's visibility and pricing, as words in one list.
//!
//! It never changes other flags: `Private` and `Free` are the absence of a flag.

/// Who can see the extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// The organizations that it is shared with.
    Private,
    /// Everyone.
    Public,
    /// The organizations that it is shared with; marked as a preview.
    PrivatePreview,
    /// Everyone; marked as a preview.
    PublicPreview,
}

/// What the extension costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pricing {
    /// Free of charge.
    Free,
    /// Paid.
    Paid,
    /// Paid, after a trial.
    Trial,
}

/// Sets or clears one flag; others keep their positions.
fn set(flags: &mut Vec<String>, flag: &str, on: bool) {
    let has = flags
        .iter()
        .any(|existing| existing.eq_ignore_ascii_case(flag));
    if on && !has {
        flags.push(flag.to_owned());
    } else if !on {
        flags.retain(|existing| !existing.eq_ignore_ascii_case(flag));
    }
}

/// Sets the flags for a visibility.
pub fn set_visibility(flags: &mut Vec<String>, visibility: Visibility) {
    use Visibility::{PrivatePreview, Public, PublicPreview};
    let is_preview = matches!(visibility, PrivatePreview | PublicPreview);
    set(flags, "Private", false);
    set(
        flags,
        "Public",
        matches!(visibility, Public | PublicPreview),
    );
    set(flags, "Preview", is_preview);
}

/// Sets the flags for a pricing.
pub fn set_pricing(flags: &mut Vec<String>, pricing: Pricing) {
    set(flags, "Free", false);
    set(flags, "Paid", pricing == Pricing::Paid);
    set(flags, "Trial", pricing == Pricing::Trial);
}
