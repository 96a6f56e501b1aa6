//! The scope of an access token, and the audiences that a token for it may carry.
//!
//! It knows no resource by name; `resource.rs` has the words such as `azureDevOps`.

/// The scope that an access token is requested for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The value for the Microsoft Entra token endpoint; ends in `/.default`.
    pub value: String,
    /// The `aud` claims that such a token may have; empty if they are not known, as for a user's own application.
    pub audiences: Vec<String>,
}

impl Scope {
    /// Whether a token with this `aud` claim is for the scope, ignoring a slash at the end and letter case.
    pub fn admits_audience(&self, audience: &str) -> bool {
        let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
        self.audiences.is_empty()
            || self
                .audiences
                .iter()
                .any(|known| bare(known) == bare(audience))
    }
}
