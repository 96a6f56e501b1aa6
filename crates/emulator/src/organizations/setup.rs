//! What a test can set up in organizations: tenants, members, licenses, administrators, projects.
//!
//! It answers no request.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Organizations, Pat, Resource};
use crate::directory::Application;
use crate::ids::guid;
use crate::issued::{AZURE_DEVOPS, issue};

impl Organizations {
    /// Adds a connection's application to an organization as a member with a Basic license.
    pub fn add_member(&self, organization: &str, connection: &str) {
        let (mut own, directory) = (self.own(), self.directory());
        let tenant = own.tenant_of(organization, &directory);
        let identity = directory.identity(&directory.client_of(connection), &tenant);
        let members = own.members.entry(organization.to_owned()).or_default();
        members.push(identity);
    }

    /// Adds an organization without members.
    pub fn add(&self, organization: &str) {
        self.own()
            .members
            .entry(organization.to_owned())
            .or_default();
    }

    /// Connects an organization to another tenant than the home tenant. The GUID with only zeros means none: its
    /// members have Microsoft accounts.
    pub fn connect(&self, organization: &str, tenant: &str) {
        self.add(organization);
        let mut own = self.own();
        own.tenants
            .insert(organization.to_owned(), tenant.to_owned());
    }

    /// Adds a connection's application to an organization as a member and administrator.
    pub fn add_administrator(&self, organization: &str, connection: &str) {
        self.add_member(organization, connection);
        let identity = self.identity(organization, connection);
        let administrator = (organization.to_owned(), identity);
        self.own().administrators.insert(administrator);
    }

    /// Adds a person to an organization with a Basic license. Returns a token for Azure DevOps, like one that the
    /// person's own tools would get.
    pub fn add_person(&self, organization: &str, account: &str) -> String {
        let (mut own, mut directory) = (self.own(), self.directory());
        let person = Application::person(account, &directory.tenants[0]);
        let identity = directory.identity(&person.client_id, &person.tenant);
        let members = own.members.entry(organization.to_owned()).or_default();
        members.push(identity);
        directory.applications.push(person.clone());
        issue(AZURE_DEVOPS, &person, &mut directory, self.clock())
    }

    /// Adds a person with any name to an organization.
    pub fn add_user(&self, organization: &str, account: &str, display_name: &str) {
        let (mut own, mut directory) = (self.own(), self.directory());
        let person = Application {
            name: display_name.to_owned(),
            ..Application::person(account, &directory.tenants[0])
        };
        let identity = directory.identity(&person.client_id, &person.tenant);
        let members = own.members.entry(organization.to_owned()).or_default();
        members.push(identity);
        directory.applications.push(person);
    }

    /// Adds a personal access token of a person, by account. Returns its authorization ID.
    pub fn add_pat(&self, organization: &str, account: &str, pat: &Pat<'_>) -> String {
        let (mut own, directory) = (self.own(), self.directory());
        let mut known = directory.applications.iter();
        let person = known.find(|known| known.sign_in_name.as_deref() == Some(account));
        let person = person.expect("a person who was added");
        let owner = directory.identity(&person.client_id, &person.tenant);
        own.tokens.add(organization, &owner, pat)
    }

    /// How many users a page of the Graph API has.
    pub fn page_of_users(&self, count: usize) {
        self.own().users.page = Some(count);
    }

    /// Makes the Graph API return the first page of users again and again.
    pub fn repeat_the_first_page_of_users(&self) {
        self.own().users.repeats = true;
    }

    /// Sets the status with which the Token Administration API refuses callers who are not administrators, instead of
    /// 401.
    pub fn token_administration_refuses_with(&self, status: u16) {
        self.own().tokens.refusal = Some(status);
    }

    /// Logs an action this long ago with a personal access token, by its authorization ID. Returns its time.
    pub fn use_pat(&self, organization: &str, authorization_id: &str, ago: Duration) -> String {
        let mechanism = format!("PAT_Unscoped authorizationId: {authorization_id}");
        self.log_action(organization, &mechanism, ago)
    }

    /// Logs an action this long ago with any mechanism. Returns its time.
    pub fn log_action(&self, organization: &str, mechanism: &str, ago: Duration) -> String {
        let ago = i64::try_from(ago.as_secs()).expect("a moment of this age");
        let at = self.clock().now() - ago;
        let mut own = self.own();
        own.audit.add(organization, at, mechanism.to_owned())
    }

    /// Removes the permission "View audit log" from everyone in an organization.
    pub fn close_audit_log(&self, organization: &str) {
        self.own().audit.closed.insert(organization.to_owned());
    }

    /// How many entries a page of the audit log has.
    pub fn page_of_audit_log(&self, count: usize) {
        self.own().audit.page = Some(count);
    }

    /// Adds a resource to a project, by the project's ID, or to the organization; returns its ID.
    pub fn add_resource(
        &self,
        organization: &str,
        project: Option<&str>,
        resource: Resource,
        document: Value,
    ) -> String {
        let mut own = self.own();
        own.resources.add(organization, project, resource, document)
    }

    /// Records that a definition used a service connection, by its ID, at a time (RFC 3339).
    pub fn use_service_connection(&self, id: &str, at: &str, definition: &str) {
        self.own().resources.use_connection(id, at, definition);
    }

    /// Adds an agent to a pool, by the pool's ID.
    pub fn add_agent(&self, organization: &str, pool: u64, agent: Value) {
        self.own().resources.add_agent(organization, pool, agent);
    }

    /// Refuses a list of a project, by the project's ID, or of the organization.
    pub fn close_resources(&self, project: Option<&str>, resource: Resource) {
        let list = (project.map(str::to_owned), resource);
        self.own().resources.closed.insert(list);
    }

    /// How many resources a page has.
    pub fn page_of_resources(&self, count: usize) {
        self.own().resources.page = Some(count);
    }

    /// Adds a project to an organization. Returns its ID.
    pub fn add_project(&self, organization: &str, name: &str) -> String {
        let id = guid();
        let mut own = self.own();
        let known = own.projects.entry(organization.to_owned()).or_default();
        known.push((id.clone(), name.to_owned()));
        id
    }

    /// Hides a project, by its ID, from a connection's application, like from a member of the organization that is
    /// not a member of the project.
    pub fn hide_project(&self, organization: &str, project: &str, connection: &str) {
        let identity = self.identity(organization, connection);
        let hidden = (organization.to_owned(), project.to_owned(), identity);
        self.own().hidden_projects.insert(hidden);
    }

    /// Stops an organization: it answers all requests with 503.
    pub fn stop(&self, organization: &str) {
        self.own().stopped.insert(organization.to_owned());
    }

    /// Makes the services of Azure DevOps answer a refused bearer token with a page instead of JSON.
    pub fn bearers_get_pages(&self) {
        self.own().bearers_get_pages = true;
    }

    /// Makes Azure DevOps refuse the tokens of a connection's application, as after its sessions were revoked.
    pub fn revoke_tokens(&self, connection: &str) {
        let client = self.directory().client_of(connection);
        self.own().revoked.insert(client);
    }

    /// Makes a connection's application one that Azure DevOps has never seen, in any organization.
    pub fn not_materialized(&self, connection: &str) {
        let client = self.directory().client_of(connection);
        self.own().not_materialized.insert(client);
    }

    /// Makes an organization name no tenant in its challenge, and several in `X-VSS-ResourceTenant`: zeros first,
    /// then its own.
    pub fn name_several_tenants(&self, organization: &str) {
        self.own().several_tenants.insert(organization.to_owned());
    }

    /// Answers every request for members with the first page, and a token for the next one.
    pub fn repeat_pages_of_members(&self) {
        self.own().repeats_pages = true;
    }

    /// Sets how many paid licenses are left in an organization.
    pub fn licenses_left(&self, organization: &str, count: usize) {
        self.own().licenses.insert(organization.to_owned(), count);
    }

    /// Assigns the Stakeholder license in an organization, which does not include repositories, to a connection's
    /// application.
    pub fn make_stakeholder(&self, organization: &str, connection: &str) {
        let identity = self.identity(organization, connection);
        let entry = (organization.to_owned(), identity);
        self.own().stakeholders.insert(entry);
    }

    /// Access level of a connection's application in an organization, and its groups by project ID; `None` if it is
    /// not a member.
    #[must_use]
    pub fn entitlement(
        &self,
        organization: &str,
        connection: &str,
    ) -> Option<(String, BTreeMap<String, String>)> {
        let identity = self.identity(organization, connection);
        let own = self.own();
        let found = own.entitlements.get(&(organization.to_owned(), identity))?;
        Some((found.access_level.clone(), found.projects.clone()))
    }

    /// Makes organizations fail to add an enterprise application this many times, as they do for one that was just
    /// created, and always for an agent identity.
    pub fn not_yet_known(&self, connection: &str, times: u32) {
        let object = self
            .directory()
            .application_of(connection)
            .object_id
            .clone();
        self.own().not_yet_known.insert(object, times);
    }

    /// Shows entitlements only to administrators.
    pub fn entitlements_are_private(&self) {
        self.own().entitlements_are_private = true;
    }

    /// How many members a page of entitlements has.
    pub fn page_of_members(&self, count: usize) {
        self.own().page_of_members = Some(count);
    }

    /// The Azure DevOps ID of a connection's application.
    #[must_use]
    pub fn profile_id(&self, connection: &str) -> String {
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        directory.azure_devops_id(&client)
    }

    /// The identity of a connection's application in an organization.
    fn identity(&self, organization: &str, connection: &str) -> String {
        let (own, directory) = (self.own(), self.directory());
        let tenant = own.tenant_of(organization, &directory);
        directory.identity(&directory.client_of(connection), &tenant)
    }
}
