//! The scope of an access token, and the audiences that a token for it may carry.
//!
//! It knows no resource by name; words such as `azureDevOps` are the task's.

/// What an access token is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// As the Microsoft Entra token endpoint takes it; ends in `/.default`.
    pub value: String,
    /// The `aud` claims that such a token may have; empty where they are not known, as for an
    /// application of the user's own.
    pub audiences: Vec<String>,
}

impl Scope {
    /// Whether a token with this `aud` claim is for the scope. A slash at the end means nothing, and
    /// letter case does not either.
    #[must_use]
    pub fn admits_audience(&self, audience: &str) -> bool {
        let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
        self.audiences.is_empty()
            || self
                .audiences
                .iter()
                .any(|known| bare(known) == bare(audience))
    }
}
