//! What a test can set up in feeds and check.
//!
//! It answers no request.

use std::collections::BTreeMap;

use super::protocols::Packages;
use super::{Feed, Feeds, Role};
use crate::ids::guid;

impl Feeds {
    /// Adds a feed with the package `hello-feed` to an organization.
    pub fn add(&self, organization: &str, feed: &str) {
        self.insert(organization, None, feed);
    }

    /// Adds a feed with the package `hello-feed` to a project.
    pub fn add_to_project(&self, organization: &str, project: &str, feed: &str) {
        self.insert(organization, Some(project.to_owned()), feed);
    }

    fn insert(&self, organization: &str, project: Option<String>, feed: &str) {
        let key = (organization.to_owned(), feed.to_owned());
        let feed = Feed {
            id: guid(),
            project,
            roles: BTreeMap::new(),
            // learn.microsoft.com, "Manage permissions": the role of build services in a new feed.
            role_of_jobs: Role::Collaborator,
            packages: Packages::new(),
        };
        self.own().feeds.insert(key, feed);
    }

    /// Assigns a role in a feed to a connection's application.
    ///
    /// # Panics
    /// There is no such feed.
    pub fn grant(&self, organization: &str, feed: &str, connection: &str, role: Role) {
        let mut own = self.own();
        let identity = self.directory().client_of(connection);
        let key = (organization.to_owned(), feed.to_owned());
        let feed = own.feeds.get_mut(&key).expect("a feed");
        feed.roles.insert(identity, role);
    }

    /// Removes the permission to read a feed from a connection's application, which stays a member of the
    /// organization.
    pub fn refuse(&self, organization: &str, feed: &str, connection: &str) {
        self.grant(organization, feed, connection, Role::None);
    }

    /// Assigns a role in a feed to the pipelines of its organization.
    ///
    /// # Panics
    /// There is no such feed.
    pub fn grant_to_jobs(&self, organization: &str, feed: &str, role: Role) {
        let key = (organization.to_owned(), feed.to_owned());
        let mut own = self.own();
        own.feeds.get_mut(&key).expect("a feed").role_of_jobs = role;
    }

    /// Refuses the list of feeds from now on, which shows identities their roles.
    pub fn hide_roles(&self) {
        self.own().hides_roles = true;
    }

    /// Redirects downloads to another host from now on.
    pub fn lead_downloads_to(&self, host: &str) {
        self.own().blobs.host = Some(host.to_owned());
    }

    /// Each request that was accepted: method, path, and the scheme of its credential.
    #[must_use]
    pub fn let_in(&self) -> Vec<String> {
        self.own().requests.clone()
    }

    /// What was published to a feed: kind of client, name and version, in alphabetical order.
    ///
    /// # Panics
    /// There is no such feed.
    #[must_use]
    pub fn published(&self, organization: &str, feed: &str) -> Vec<String> {
        let key = (organization.to_owned(), feed.to_owned());
        self.own()
            .feeds
            .get(&key)
            .expect("a feed")
            .packages
            .published()
    }
}
