//! What a test arranges in feeds and looks at.
//!
//! It answers no request.

use super::{Feed, Feeds};
use crate::ids::guid;

impl Feeds {
    /// Adds a feed with the package `hello-feed` to an organization.
    pub fn add(&self, organization: &str, feed: &str) {
        self.insert(organization, None, feed);
    }

    /// The same of a project.
    pub fn add_to_project(&self, organization: &str, project: &str, feed: &str) {
        self.insert(organization, Some(project.to_owned()), feed);
    }

    fn insert(&self, organization: &str, project: Option<String>, feed: &str) {
        let key = (organization.to_owned(), feed.to_owned());
        let feed = Feed {
            id: guid(),
            project,
            refused: std::collections::BTreeSet::new(),
        };
        self.own().feeds.insert(key, feed);
    }

    /// Takes the right to read a feed from a connection's application, which stays a member of the organization.
    ///
    /// # Panics
    /// There is no such feed.
    pub fn refuse(&self, organization: &str, feed: &str, connection: &str) {
        let mut own = self.own();
        let identity = self.directory().client_of(connection);
        let key = (organization.to_owned(), feed.to_owned());
        let feed = own.feeds.get_mut(&key).expect("a feed");
        feed.refused.insert(identity);
    }

    /// Each request of a client that was let in: method, path, and the scheme of its credential.
    #[must_use]
    pub fn let_in(&self) -> Vec<String> {
        self.own().requests.clone()
    }
}
