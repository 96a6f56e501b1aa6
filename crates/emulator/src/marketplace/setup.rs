//! What a test can set up in the Marketplace: members of publishers, extensions, validation, limits.
//!
//! It answers no request.

use super::{Delivery, Extension, Marketplace, Validation};

impl Marketplace {
    /// Assigns a role in a publisher to a connection's application: `Reader`, `Contributor`, `Creator`, `Owner`;
    /// `None` removes it.
    pub fn set_role(&self, publisher: &str, connection: &str, role: Option<&str>) {
        let client = self.directory().client_of(connection);
        let mut own = self.own();
        let members = own.members.entry(publisher.to_owned()).or_default();
        match role {
            Some(role) => members.insert(client, role.to_owned()),
            None => members.remove(&client),
        };
    }

    /// The role of a connection's application in a publisher.
    #[must_use]
    pub fn role(&self, publisher: &str, connection: &str) -> Option<String> {
        let client = self.directory().client_of(connection);
        self.own().members.get(publisher)?.get(&client).cloned()
    }

    /// Adds an extension, `publisher.extension`, that was published some time ago.
    pub fn add_extension(&self, name: &str) {
        let mut own = self.own();
        own.extensions.insert(name.to_owned(), Extension::default());
    }

    /// An extension, `publisher.extension`, in the Marketplace.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<Extension> {
        self.own().extensions.get(name).cloned()
    }

    /// Sets the validation of future uploads.
    pub fn validation(&self, validation: Validation) {
        self.own().validation = validation;
    }

    /// Sets after how many requests an installed extension appears in its organization.
    pub fn installation_takes(&self, questions: u32) {
        self.own().installation_takes = questions;
    }

    /// Sets the largest package, in bytes, that the Marketplace accepts.
    pub fn largest_package(&self, bytes: usize) {
        self.own().largest_package = Some(bytes);
    }

    /// Sets how the gallery returns packages.
    pub fn delivery(&self, delivery: Delivery) {
        self.own().delivery = delivery;
    }

    /// Sets the status of refusals because of a missing permission: both 401 and 403 have been reported.
    pub fn access_check_status(&self, status: u16) {
        self.own().access_check_status = Some(status);
    }

    /// Adds an event to an extension's history.
    ///
    /// # Panics
    /// There is no such extension.
    pub fn add_event(&self, extension: &str, kind: &str, id: u64, date: &str) {
        let mut own = self.own();
        let known = own.extensions.get_mut(extension);
        let events = &mut known.expect("an extension").events;
        events.push((kind.to_owned(), id, date.to_owned()));
    }

    /// Sets how many events of a kind a page has.
    pub fn page_of_events(&self, count: usize) {
        self.own().page_of_events = Some(count);
    }

    /// Ignores the date in requests for events.
    pub fn events_ignore_dates(&self) {
        self.own().ignores_dates = true;
    }
}
