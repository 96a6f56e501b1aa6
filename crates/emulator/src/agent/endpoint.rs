//! Service connections of a job, including the changes by its steps (`TaskSetEndpointCommand`).
//!
//! It never changes a connection outside the job.

use std::collections::BTreeSet;

use super::command::Command;
use super::masker::Masker;
use crate::azure_devops::Connection;

/// The ID of the job's own connection.
const SYSTEM: &str = "00000000-0000-0000-0000-000000000000";

/// The changes of a job's steps to its connections.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    /// IDs of the connections that steps of the job name, which the service sends with the job.
    named: BTreeSet<String>,
    changes: Vec<Change>,
}

#[derive(Debug)]
struct Change {
    id: String,
    field: Field,
    value: String,
}

#[derive(Debug)]
enum Field {
    Url,
    Data(String),
    Parameter(String),
}

impl Endpoints {
    /// Records that a step of the job names a connection.
    pub(crate) fn name(&mut self, id: &str) {
        self.named.insert(id.to_owned());
    }

    /// Applies the changes of steps to a connection.
    pub(crate) fn apply(&self, id: &str, connection: &mut Connection) {
        for change in self.changes.iter().filter(|change| change.id == id) {
            let value = change.value.clone();
            match &change.field {
                Field::Url => connection.url = value,
                Field::Data(key) => _ = connection.data.insert(key.clone(), value),
                // `EndpointAuthorization.Parameters` ignores letter case, and keeps the first spelling.
                Field::Parameter(key) => {
                    let mut known = connection.parameters.keys();
                    let known = known.find(|known| known.eq_ignore_ascii_case(key)).cloned();
                    let key = known.unwrap_or_else(|| key.clone());
                    connection.parameters.insert(key, value);
                }
            }
        }
    }

    /// Runs `##vso[task.setendpoint]`. Returns a warning where the agent only warns.
    pub(crate) fn set(
        &mut self,
        command: &Command,
        masker: &mut Masker,
    ) -> Result<Option<String>, String> {
        let null = |message: String| format!("Value cannot be null. (Parameter '{message}')");
        let required = |name: &str| {
            command
                .property(name)
                .filter(|value| !value.is_empty())
                .ok_or_else(|| {
                    null(format!(
                        "Required field '{name}' is missing in ##vso[task.setendpoint] command."
                    ))
                })
        };
        let value = command.data.clone();
        if value.is_empty() {
            return Err(null("Enter a valid value for setendpoint.".to_owned()));
        }
        let field = required("field")?.to_lowercase();
        if field == "authparameter" {
            masker.add(&value);
        }
        let id = required("id")?.to_lowercase();
        if !id.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
            return Err(null("Invalid endpoint id.".to_owned()));
        }
        if id == SYSTEM {
            return Ok(Some(
                "Modification of system endpoint 'SystemVssConnection' is not \
             allowed via setendpoint command."
                    .to_owned(),
            ));
        }
        if !self.named.contains(&id) {
            return Err(null(format!(
                "Service connection with id '{id}' is not declared in the pipeline job and \
                 therefore can't be referenced in task.setendpoint commands."
            )));
        }
        let field = match field.as_str() {
            "url" if !value.contains("://") => {
                return Err(null("Invalid endpoint Url.".to_owned()));
            }
            "url" => Field::Url,
            "dataparameter" => Field::Data(required("key")?.to_owned()),
            "authparameter" => Field::Parameter(required("key")?.to_owned()),
            _ => {
                required("key")?;
                return Err(
                    "Invalid endpoint field. Valid values are url, dataParameter and authParameter"
                        .to_owned(),
                );
            }
        };
        self.changes.push(Change { id, field, value });
        Ok(None)
    }
}
