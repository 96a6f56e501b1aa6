//! Large files of a repository: the batch request and the transfers (git-lfs, `docs/api/batch.md`).
//!
//! It never returns an address that contains a token: the client authenticates each transfer itself.

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{Address, Context, Name};
use crate::http::{Answer, Request};

/// The content type of every message except the files themselves.
const LFS: &str = "application/vnd.git-lfs+json";

pub(super) fn answer(address: &Address, request: &Request, context: &mut Context<'_>) -> Answer {
    let rest = address.rest.trim_start_matches("info/lfs/");
    match (request.method.as_str(), rest) {
        ("POST", "objects/batch") => {
            let body = serde_json::from_slice(&request.body).unwrap_or_default();
            batch(&address.name, &body, context)
        }
        ("POST", "locks/verify") => message(200, &json!({ "ours": [], "theirs": [] })),
        ("GET", path) if path.starts_with("objects/") => {
            match context.own.objects.get(&path["objects/".len()..]) {
                Some(bytes) => Answer {
                    status: 200,
                    headers: vec![("Content-Type".into(), "application/octet-stream".into())],
                    body: bytes.clone(),
                },
                None => message(404, &json!({ "message": "There is no such object." })),
            }
        }
        ("PUT", path) if path.starts_with("objects/") => {
            let id = &path["objects/".len()..];
            let sum = digest(&SHA256, &request.body);
            let sum: String = sum
                .as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            if sum != id {
                return message(
                    422,
                    &json!({ "message": "The object's id is not its SHA-256." }),
                );
            }
            context.own.objects.insert(sum, request.body.clone());
            message(200, &json!({}))
        }
        _ => {
            context.directory.violation(format!(
                "git-lfs has no route {} {}",
                request.method, request.path
            ));
            message(404, &json!({ "message": "There is no such route." }))
        }
    }
}

fn batch(name: &Name, body: &Value, context: &Context<'_>) -> Answer {
    let operation = body["operation"].as_str().unwrap_or_default();
    let wanted = body["objects"].as_array().cloned().unwrap_or_default();
    let objects: Vec<Value> = wanted
        .iter()
        .map(|object| {
            let id = object["oid"].as_str().unwrap_or_default();
            let href = format!(
                "https://dev.azure.com/{}/{}/_git/{}/info/lfs/objects/{id}",
                name.organization, name.project, name.repository
            );
            let is_there = context.own.objects.contains_key(id);
            let mut answer = json!({ "oid": id, "size": object["size"] });
            match operation {
                "download" if !is_there => {
                    answer["error"] = json!({ "code": 404, "message": "There is no such object." });
                }
                "upload" if is_there => {}
                operation => answer["actions"] = json!({ operation: { "href": href } }),
            }
            answer
        })
        .collect();
    message(200, &json!({ "transfer": "basic", "objects": objects }))
}

fn message(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        headers: vec![("Content-Type".into(), LFS.into())],
        body: body.to_string().into_bytes(),
    }
}
