//! What a test says of organizations before it starts: tenants, members, licences, administrators; and of the
//! gallery: extensions, validation, limits.
//!
//! It answers nobody.

use std::collections::BTreeMap;

use super::organizations::tenant_of;
use super::{AZURE_DEVOPS, Extension, Validation};
use crate::directory::{Application, azure_devops_id, guid};
use crate::issued::issue;
use crate::world::World;

impl World {
    /// Makes a connection's application a member of an organization, with the licence Basic.
    pub fn organization_member(&self, organization: &str, connection: &str) {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        let tenant = tenant_of(organization, &directory);
        let identity = directory.identity(&client, &tenant);
        let organizations = &mut directory.marketplace.organizations;
        let members = organizations.entry(organization.to_owned()).or_default();
        members.push(identity);
    }

    /// An organization without members.
    pub fn organization(&self, organization: &str) {
        let mut directory = self.directory();
        let organizations = &mut directory.marketplace.organizations;
        organizations.entry(organization.to_owned()).or_default();
    }

    /// Connects an organization to a tenant, in place of the home tenant. The GUID of zeros is none.
    pub fn organization_tenant(&self, organization: &str, tenant: &str) {
        self.organization(organization);
        let mut directory = self.directory();
        let tenants = &mut directory.marketplace.organization_tenants;
        tenants.insert(organization.to_owned(), tenant.to_owned());
    }

    /// Makes a connection's application a member of an organization and of its administrators.
    pub fn organization_administrator(&self, organization: &str, connection: &str) {
        self.organization_member(organization, connection);
        let client = self.client_id(connection);
        let mut directory = self.directory();
        let tenant = tenant_of(organization, &directory);
        let identity = directory.identity(&client, &tenant);
        let administrators = &mut directory.marketplace.administrators;
        administrators.insert((organization.to_owned(), identity));
    }

    /// Adds a project to an organization. Returns its id.
    pub fn add_project(&self, organization: &str, name: &str) -> String {
        let id = guid();
        let mut directory = self.directory();
        let projects = &mut directory.marketplace.projects;
        let known = projects.entry(organization.to_owned()).or_default();
        known.push((id.clone(), name.to_owned()));
        id
    }

    /// Takes a project out of a connection's application's sight, as for a member of the organization that is no
    /// member of the project.
    pub fn hide_project(&self, organization: &str, project: &str, connection: &str) {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        let tenant = tenant_of(organization, &directory);
        let identity = directory.identity(&client, &tenant);
        let hidden = &mut directory.marketplace.hidden_projects;
        hidden.insert((organization.to_owned(), project.to_owned(), identity));
    }

    /// Stops an organization: it answers 503 to everything.
    pub fn stop_organization(&self, organization: &str) {
        let mut directory = self.directory();
        directory
            .marketplace
            .stopped
            .insert(organization.to_owned());
    }

    /// Lets the services of Azure DevOps answer a bearer that they refuse with a page in place of JSON.
    pub fn bearers_get_pages(&self) {
        self.directory().marketplace.bearers_get_pages = true;
    }

    /// The status of the gallery's refusals for want of a permission: 401 and 403 are both reported.
    pub fn access_check_status(&self, status: u16) {
        self.directory().marketplace.access_check_status = Some(status);
    }

    /// Makes a person a member of an organization, with the licence Basic. Returns a token for Azure DevOps, as the
    /// person's own tools get one.
    pub fn add_person(&self, organization: &str, account: &str) -> String {
        let mut directory = self.directory();
        let person = Application::person(account, &directory.tenants[0]);
        let identity = directory.identity(&person.client_id, &person.tenant);
        let organizations = &mut directory.marketplace.organizations;
        let members = organizations.entry(organization.to_owned()).or_default();
        members.push(identity);
        directory.applications.push(person.clone());
        issue(AZURE_DEVOPS, &person, &mut directory, &self.shared.clock)
    }

    /// Adds a feed of Azure Artifacts, with the package `hello-feed`, to an organization.
    pub fn add_feed(&self, organization: &str, feed: &str) {
        let entry = (organization.to_owned(), feed.to_owned());
        self.directory().marketplace.feeds.insert(entry);
    }

    /// How many licences that cost something are left in an organization.
    pub fn licences_left(&self, organization: &str, count: usize) {
        let mut directory = self.directory();
        let licences = &mut directory.marketplace.licences;
        licences.insert(organization.to_owned(), count);
    }

    /// Access level of a connection's application in an organization, and its projects' groups by the
    /// projects' ids; nothing where it is no member.
    #[must_use]
    pub fn entitlement(
        &self,
        organization: &str,
        connection: &str,
    ) -> Option<(String, BTreeMap<String, String>)> {
        let client = self.client_id(connection);
        let directory = self.directory();
        let tenant = tenant_of(organization, &directory);
        let key = (
            organization.to_owned(),
            directory.identity(&client, &tenant),
        );
        let found = directory.marketplace.entitlements.get(&key)?;
        Some((found.access_level.clone(), found.projects.clone()))
    }

    /// Lets an organization fail to add an enterprise application this many times, as it does for one that
    /// was created a moment ago, and always for an agent identity.
    pub fn not_yet_known(&self, connection: &str, times: u32) {
        let object = self.object_id(connection);
        let mut directory = self.directory();
        let unknown = &mut directory.marketplace.not_yet_known;
        unknown.insert(object, times);
    }

    /// Lets organizations show entitlements to administrators only.
    pub fn entitlements_are_private(&self) {
        self.directory().marketplace.entitlements_are_private = true;
    }

    /// How many members a page of entitlements has.
    pub fn page_of_members(&self, count: usize) {
        self.directory().marketplace.page_of_members = Some(count);
    }

    /// Lets a connection's application read the directory by Microsoft Graph.
    pub fn graph_reader(&self, connection: &str) {
        let client = self.client_id(connection);
        self.directory().graph_readers.insert(client);
    }

    /// Object id of the enterprise application behind a connection, in the home tenant.
    #[must_use]
    pub fn object_id(&self, connection: &str) -> String {
        let client = self.client_id(connection);
        let directory = self.directory();
        let found = directory.application(&client);
        found.expect("an application").object_id.clone()
    }

    /// Takes the enterprise application of a connection's application away; its registration stays.
    pub fn remove_enterprise_application(&self, connection: &str) {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        for known in &mut directory.applications {
            if known.client_id == client {
                known.object_id.clear();
            }
        }
    }

    /// Object id of the app registration behind a connection.
    #[must_use]
    pub fn registration_id(&self, connection: &str) -> String {
        let client = self.client_id(connection);
        let directory = self.directory();
        let found = directory.application(&client);
        found.expect("an application").registration_id.clone()
    }

    /// The Azure DevOps id of a connection's application.
    #[must_use]
    pub fn profile_id(&self, connection: &str) -> String {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        let profiles = &mut directory.marketplace.profiles;
        profiles
            .entry(client)
            .or_insert_with(azure_devops_id)
            .clone()
    }

    /// Gives a connection's application a role in a publisher: `Reader`, `Contributor`, `Creator`,
    /// `Owner`; nothing takes it away.
    pub fn publisher_role(&self, publisher: &str, connection: &str, role: Option<&str>) {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        let members = directory
            .marketplace
            .members
            .entry(publisher.to_owned())
            .or_default();
        match role {
            Some(role) => members.insert(client, role.to_owned()),
            None => members.remove(&client),
        };
    }

    /// An extension, `publisher.extension`, that was published some time ago.
    pub fn add_extension(&self, name: &str) {
        let mut directory = self.directory();
        let extensions = &mut directory.marketplace.extensions;
        extensions.insert(name.to_owned(), super::Extension::default());
    }

    /// The role of a connection's application in a publisher.
    #[must_use]
    pub fn role(&self, publisher: &str, connection: &str) -> Option<String> {
        let client = self.client_id(connection);
        let directory = self.directory();
        let members = directory.marketplace.members.get(publisher)?;
        members.get(&client).cloned()
    }

    /// How the validation of what is published from now on goes.
    pub fn validation(&self, validation: Validation) {
        self.directory().marketplace.validation = validation;
    }

    /// After how many questions an installed extension appears in its organization.
    pub fn installation_takes(&self, questions: u32) {
        self.directory().marketplace.installation_takes = questions;
    }

    /// The largest package, in bytes, that the Marketplace takes.
    pub fn largest_package(&self, bytes: usize) {
        self.directory().marketplace.largest_package = Some(bytes);
    }

    /// Adds an event to an extension's history.
    pub fn add_event(&self, extension: &str, kind: &str, id: u64, date: &str) {
        let mut directory = self.directory();
        let known = directory.marketplace.extensions.get_mut(extension);
        let events = &mut known.expect("an extension").events;
        events.push((kind.to_owned(), id, date.to_owned()));
    }

    /// How many events of a kind a page has.
    pub fn page_of_events(&self, count: usize) {
        self.directory().marketplace.page_of_events = Some(count);
    }

    /// Answers every question for events as if it had no date.
    pub fn events_ignore_dates(&self) {
        self.directory().marketplace.ignores_dates = true;
    }

    /// How the gallery hands published packages out.
    pub fn delivery(&self, delivery: super::Delivery) {
        self.directory().marketplace.delivery = delivery;
    }

    /// An extension, `publisher.extension`, as the Marketplace has it.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<Extension> {
        self.directory().marketplace.extensions.get(name).cloned()
    }
}
