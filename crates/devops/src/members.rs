//! The members of a publisher and their roles.
//!
//! It never looks up an identity; callers pass IDs.

use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::{Error, is_removed};
use crate::values::{items, request, text};

/// microsoft/vscode-vsce, `store.ts`, and `SecurityRolesApi.ts` of microsoft/azure-devops-node-api.
const API_VERSION: &str = "3.2-preview.1";

/// A member's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Can see private extensions and reports.
    Reader,
    /// Can also publish new versions.
    Contributor,
    /// Can also publish new extensions.
    Creator,
    /// Can do everything, including managing members.
    Owner,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Profile ID.
    pub id: String,
    /// Display name.
    pub display_name: String,
    /// Name of the role.
    pub role: String,
}

impl Role {
    /// The role's name, as the service spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "Reader",
            Self::Contributor => "Contributor",
            Self::Creator => "Creator",
            Self::Owner => "Owner",
        }
    }
}

impl Client<'_> {
    /// The members of a publisher.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn members(&self, publisher: &str) -> Result<Vec<Member>, Error> {
        let url = self.role_assignments(publisher);
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
        Ok(items(&answer, "value").iter().map(read).collect())
    }

    /// Adds an identity as a member, or changes a member's role.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn add_member(&self, publisher: &str, id: &str, role: Role) -> Result<(), Error> {
        let url = self.role_assignments(publisher);
        let body = assignment(id, role);
        let answer = self.ask(Method::PUT, &url, API_VERSION, Some(&body));
        answer.await.map(|_| ())
    }

    /// The request of [`add_member`](Self::add_member): method, address and body.
    pub fn member_request(&self, publisher: &str, id: &str, role: Role) -> Value {
        let url = Some(self.role_assignments(publisher));
        request("PUT", url, API_VERSION, Some(assignment(id, role)))
    }

    /// Removes a member from a publisher. If it is already gone, that is a success.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn remove_member(&self, publisher: &str, id: &str) -> Result<(), Error> {
        let url = self.role_assignment(publisher, id);
        is_removed(self.ask(Method::DELETE, &url, API_VERSION, None).await)?;
        Ok(())
    }

    /// The request of [`remove_member`](Self::remove_member): method and address.
    pub fn member_removal(&self, publisher: &str, id: &str) -> Value {
        let url = Some(self.role_assignment(publisher, id));
        request("DELETE", url, API_VERSION, None)
    }

    fn role_assignments(&self, publisher: &str) -> Url {
        self.hosts.gallery(&[
            "_apis",
            "securityroles",
            "scopes",
            "gallery.publisher",
            "roleassignments",
            "resources",
            publisher,
        ])
    }

    /// "Roleassignments - Remove Role Assignment" of Microsoft's REST reference.
    fn role_assignment(&self, publisher: &str, id: &str) -> Url {
        let mut url = self.role_assignments(publisher);
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(id);
        }
        url
    }
}

fn assignment(id: &str, role: Role) -> Value {
    json!([{ "userId": id, "roleName": role.name() }])
}

fn read(member: &Value) -> Member {
    Member {
        id: text(&member["identity"], "id"),
        display_name: text(&member["identity"], "displayName"),
        role: text(&member["role"], "name"),
    }
}
