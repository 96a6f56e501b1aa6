//! What a test arranges in the Marketplace: members of publishers, extensions, validation, limits.
//!
//! It answers no request.

use super::{Delivery, Extension, Marketplace, Validation};

impl Marketplace {
    /// Gives a connection's application a role in a publisher: `Reader`, `Contributor`, `Creator`, `Owner`; nothing
    /// removes it.
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

    /// An extension, `publisher.extension`, that was published some time ago.
    pub fn add_extension(&self, name: &str) {
        let mut own = self.own();
        own.extensions.insert(name.to_owned(), Extension::default());
    }

    /// An extension, `publisher.extension`, as the Marketplace has it.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<Extension> {
        self.own().extensions.get(name).cloned()
    }

    /// How the validation of what is published from now on goes.
    pub fn validation(&self, validation: Validation) {
        self.own().validation = validation;
    }

    /// After how many questions an installed extension appears in its organization.
    pub fn installation_takes(&self, questions: u32) {
        self.own().installation_takes = questions;
    }

    /// The largest package, in bytes, that the Marketplace takes.
    pub fn largest_package(&self, bytes: usize) {
        self.own().largest_package = Some(bytes);
    }

    /// How the gallery hands published packages out.
    pub fn delivery(&self, delivery: Delivery) {
        self.own().delivery = delivery;
    }

    /// The status of refusals for want of a permission: 401 and 403 are both reported.
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

    /// How many events of a kind a page has.
    pub fn page_of_events(&self, count: usize) {
        self.own().page_of_events = Some(count);
    }

    /// Answers every question for events as if it had no date.
    pub fn events_ignore_dates(&self) {
        self.own().ignores_dates = true;
    }
}
