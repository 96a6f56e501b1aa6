//! The entitlements of an organization's members: a license, and memberships in projects.
//!
//! It never looks up an application; callers pass the enterprise application's object ID.

use std::time::Duration;

use adieu_transport::{Attempt, Deadline, host};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::{Error, if_found, is_removed};
use crate::hosts::Organization;
use crate::refusal::{Reason, Refusal};
use crate::values::{items, request, text};

/// "Service Principal Entitlements" and "User Entitlements" of Microsoft's REST reference.
const ONE: &str = "7.1-preview.1";
/// "Member Entitlements - Search Member Entitlements" of the same reference. `select=projects` is the only value for
/// the projects that every version of the page lists.
const LIST: &str = "7.1-preview.2";
const USERS: &str = "7.1-preview.3";

/// Seconds to wait before Azure DevOps is asked again for an application that it does not know yet.
const PAUSE: u64 = 5;

/// An access level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessLevel {
    /// Everything except test plans; required for Repos.
    Basic,
    /// Boards and pipeline runs, without repositories; free of charge.
    Stakeholder,
    /// Everything, including test plans.
    BasicAndTestPlans,
}

/// A default group of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectGroup {
    /// Readers.
    Reader,
    /// Contributors.
    Contributor,
    /// Project Administrators.
    Administrator,
}

/// Membership in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectMembership {
    /// The project's ID.
    pub project: String,
    /// `projectReader`, `projectContributor` …
    pub group: String,
}

/// The entitlement of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// ID in the organization.
    pub id: String,
    /// Display name.
    pub name: String,
    /// The enterprise application's object ID; empty for a person.
    pub object_id: String,
    /// The application's client ID; empty for a person.
    pub client_id: String,
    /// Access level as the service spells it: `express`, `stakeholder` …
    pub license: String,
    /// Access level as the portal shows it: `Basic`.
    pub access_level: String,
    /// Memberships in projects, if they were requested.
    pub projects: Vec<ProjectMembership>,
    /// The same as the portal shows them: project and group, such as `web` and `Contributors`.
    pub groups: Vec<(String, String)>,
    /// Last access, as the service writes it; `None` if there was none.
    pub last_access: Option<String>,
}

/// A change to an organization's members, which can be shown before it is sent.
#[derive(Debug, Clone)]
pub struct EntitlementChange {
    method: Method,
    url: Url,
    body: Value,
}

impl AccessLevel {
    /// As the service spells it (`AccountLicenseType`).
    pub fn license(self) -> &'static str {
        match self {
            Self::Basic => "express",
            Self::Stakeholder => "stakeholder",
            Self::BasicAndTestPlans => "advanced",
        }
    }

    /// As the portal shows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Stakeholder => "Stakeholder",
            Self::BasicAndTestPlans => "Basic + Test Plans",
        }
    }

    fn json(self) -> Value {
        json!({ "accountLicenseType": self.license(), "licensingSource": "account" })
    }
}

impl ProjectGroup {
    /// As the service spells it (`GroupType`).
    pub fn group_type(self) -> &'static str {
        match self {
            Self::Reader => "projectReader",
            Self::Contributor => "projectContributor",
            Self::Administrator => "projectAdministrator",
        }
    }
}

impl ProjectMembership {
    /// A group of a project, by the project's ID.
    pub fn new(project: &str, group: ProjectGroup) -> Self {
        Self {
            project: project.to_owned(),
            group: group.group_type().to_owned(),
        }
    }

    fn json(&self) -> Value {
        json!({ "group": { "groupType": self.group }, "projectRef": { "id": self.project } })
    }
}

impl EntitlementChange {
    /// Adds an enterprise application as a member. Returns `None` if the organization is a collection of an Azure
    /// DevOps Server, which has no such members.
    pub fn add(
        organization: &Organization,
        object_id: &str,
        level: AccessLevel,
        projects: &[ProjectMembership],
    ) -> Option<Self> {
        let projects: Vec<Value> = projects.iter().map(ProjectMembership::json).collect();
        Some(Self {
            method: Method::POST,
            url: organization.entitlements(&["_apis", "serviceprincipalentitlements"])?,
            body: json!({
                "accessLevel": level.json(),
                "servicePrincipal": {
                    "origin": "aad", "originId": object_id, "subjectKind": "servicePrincipal",
                },
                "projectEntitlements": projects,
            }),
        })
    }

    /// Adds what a member lacks; `None` if it lacks nothing.
    pub fn complete(
        organization: &Organization,
        has: &Entitlement,
        level: AccessLevel,
        projects: &[ProjectMembership],
    ) -> Option<Self> {
        let mut operations = Vec::new();
        if !has.license.eq_ignore_ascii_case(level.license()) {
            operations
                .push(json!({ "op": "replace", "path": "/accessLevel", "value": level.json() }));
        }
        for project in projects
            .iter()
            .filter(|project| !has.projects.contains(project))
        {
            operations.push(
                json!({ "op": "add", "path": "/projectEntitlements", "value": project.json() }),
            );
        }
        let url = organization.entitlements(&["_apis", "serviceprincipalentitlements", &has.id])?;
        (!operations.is_empty()).then_some(Self {
            method: Method::PATCH,
            url,
            body: Value::Array(operations),
        })
    }

    /// The request: method, address and body.
    pub fn json(&self) -> Value {
        let url = Some(self.url.clone());
        request(self.method.as_str(), url, ONE, Some(self.body.clone()))
    }
}

impl Client<'_> {
    /// The member with this client ID or object ID among an organization's applications, with its projects.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn application_entitlement(
        &self,
        organization: &Organization,
        id: &str,
    ) -> Result<Option<Entitlement>, Error> {
        let members = self.application_entitlements(organization).await?;
        let is_meant = |one: &&Entitlement| {
            one.object_id.eq_ignore_ascii_case(id) || one.client_id.eq_ignore_ascii_case(id)
        };
        match members.iter().find(is_meant) {
            // Only the request for a single member has the groups that are assigned here.
            Some(found) => self.entitlement(organization, &found.id, true).await,
            None => Ok(None),
        }
    }

    /// All applications among an organization's members, with their projects: service principals, and managed
    /// identities, which the service does not distinguish. An Azure DevOps Server has none.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn application_entitlements(
        &self,
        organization: &Organization,
    ) -> Result<Vec<Entitlement>, Error> {
        let Some(mut url) = organization.entitlements(&["_apis", "memberentitlements"]) else {
            return Ok(Vec::new());
        };
        url.query_pairs_mut()
            .append_pair("$filter", "userType eq 'application'")
            .append_pair("select", "projects");
        let members = self.list(&url, LIST, "members", "id").await?;
        Ok(members.iter().map(read).collect())
    }

    /// The entitlement of one member, by its ID in the organization. `None` if it is not a member, or if the
    /// organization has no entitlements.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn entitlement(
        &self,
        organization: &Organization,
        id: &str,
        is_application: bool,
    ) -> Result<Option<Entitlement>, Error> {
        let (area, version) = if is_application {
            ("serviceprincipalentitlements", ONE)
        } else {
            ("userentitlements", USERS)
        };
        let Some(url) = organization.entitlements(&["_apis", area, id]) else {
            return Ok(None);
        };
        let answer = self.ask(Method::GET, &url, version, None).await;
        Ok(if_found(answer)?.as_ref().map(read))
    }

    /// Removes an application from an organization, by its ID there. If it is already gone, that is a success.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn remove_application(
        &self,
        organization: &Organization,
        id: &str,
    ) -> Result<(), Error> {
        let Some(url) = one_application(organization, id) else {
            return Ok(());
        };
        is_removed(self.ask(Method::DELETE, &url, ONE, None).await)?;
        Ok(())
    }

    /// Sends a change. Azure DevOps learns of a new application with a delay of up to some minutes, and is asked
    /// again within `patience`.
    ///
    /// # Errors
    /// No answer, or a refusal: its status is 200, and the body has the reason.
    pub async fn entitle(
        &self,
        change: &EntitlementChange,
        patience: Duration,
    ) -> Result<Entitlement, Error> {
        let deadline = Deadline::after(patience);
        adieu_transport::retry_until(deadline, |attempt| async move {
            let asked = self.ask(change.method.clone(), &change.url, ONE, Some(&change.body));
            let answer = asked.await.map_err(Attempt::Permanent)?;
            match refused(&answer, &change.url, attempt) {
                None => Ok(read(&answer["servicePrincipalEntitlement"])),
                Some(error) if error.is(Reason::NotYetKnown) => Err(Attempt::Transient {
                    error,
                    retry_after: Some(PAUSE),
                    throttled: false,
                }),
                Some(error) => Err(Attempt::Permanent(error)),
            }
        })
        .await
    }
}

/// The request of [`remove_application`](Client::remove_application): method and address.
pub fn application_removal(organization: &Organization, id: &str) -> Value {
    request("DELETE", one_application(organization, id), ONE, None)
}

fn one_application(organization: &Organization, id: &str) -> Option<Url> {
    organization.entitlements(&["_apis", "serviceprincipalentitlements", id])
}

/// The refusal in the body of an answer with status 200.
fn refused(answer: &Value, url: &Url, attempts: u32) -> Option<Error> {
    if answer["isSuccess"].as_bool()? {
        return None;
    }
    let one = answer.get("operationResult").into_iter();
    let results = one.chain(items(answer, "operationResults"));
    let words: Vec<String> = results
        .flat_map(|result| items(result, "errors"))
        .map(|error| {
            let message = adieu_transport::first_line(error["value"].as_str().unwrap_or_default());
            match error["key"].as_u64() {
                Some(key) => format!("({key}) {message}"),
                None => message,
            }
        })
        .collect();
    let message = words.join("; ");
    Some(Error::Refused(Box::new(Refusal {
        host: host(url),
        status: 200,
        attempts,
        reason: Reason::by_words(&message).unwrap_or(Reason::Other),
        message,
        tenant: None,
        correlation: adieu_transport::Correlation::default(),
    })))
}

fn read(one: &Value) -> Entitlement {
    let member = ["servicePrincipal", "member", "user"];
    let member = member.into_iter().find_map(|name| one.get(name));
    let member = member.unwrap_or(&Value::Null);
    let level = &one["accessLevel"];
    let projects = items(one, "projectEntitlements").iter();
    let last_access = text(one, "lastAccessedDate");
    Entitlement {
        id: text(one, "id"),
        name: text(member, "displayName"),
        object_id: text(member, "originId"),
        client_id: text(member, "applicationId"),
        license: text(level, "accountLicenseType"),
        access_level: text(level, "licenseDisplayName"),
        projects: projects
            .clone()
            .map(|entry| ProjectMembership {
                project: text(&entry["projectRef"], "id"),
                group: text(&entry["group"], "groupType"),
            })
            .collect(),
        groups: projects
            .map(|entry| {
                let project = text(&entry["projectRef"], "name");
                (project, text(&entry["group"], "displayName"))
            })
            .collect(),
        // The service writes .NET's `DateTime.MinValue` for "never".
        last_access: Some(last_access)
            .filter(|date| !date.is_empty() && !date.starts_with("0001-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_failures_in_the_bodies_of_both_answers() {
        let url = Url::parse("https://vsaex.dev.azure.com/contoso/").expect("an address");
        let no = json!({ "isSuccess": false, "errors": [{ "key": 5032, "value": "Access Denied: \
         x\nmore" }] });
        for (answer, message) in [
            (json!({ "isSuccess": true, "operationResult": {} }), None),
            (
                json!({ "isSuccess": false, "operationResult": no }),
                Some("(5032) Access Denied: x"),
            ),
            (
                json!({ "isSuccess": false, "operationResults": [no] }),
                Some("(5032) Access Denied: x"),
            ),
            (json!({ "isSuccess": false }), Some("")),
        ] {
            let error = refused(&answer, &url, 1).map(|error| error.to_string());
            assert_eq!(error.as_deref(), message, "{answer}");
        }
    }

    #[test]
    fn requests_only_what_is_missing() {
        let hosts = crate::Hosts::public();
        let organization = hosts.organization("contoso").expect("a name");
        let project = ProjectMembership::new("p", ProjectGroup::Reader);
        let has = |license: &str, projects: &[ProjectMembership]| Entitlement {
            id: "i".to_owned(),
            name: String::new(),
            object_id: String::new(),
            client_id: String::new(),
            license: license.to_owned(),
            access_level: String::new(),
            projects: projects.to_vec(),
            groups: Vec::new(),
            last_access: None,
        };
        let operations = |has: &Entitlement| {
            let change = EntitlementChange::complete(
                &organization,
                has,
                AccessLevel::Basic,
                std::slice::from_ref(&project),
            );
            change.map(|change| change.body.as_array().map_or(0, Vec::len))
        };
        assert_eq!(
            operations(&has("express", std::slice::from_ref(&project))),
            None
        );
        assert_eq!(
            operations(&has("stakeholder", std::slice::from_ref(&project))),
            Some(1)
        );
        assert_eq!(operations(&has("stakeholder", &[])), Some(2));
    }
}
