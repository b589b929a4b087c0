//! Jira Cloud's REST interface, version 2: developer.atlassian.com/cloud/jira/platform/rest/v2, groups myself, issues,
//! issue-comments, issue-comment-properties, issue-attachments.

use super::server::{Asked, Comment, ME, Reply, Store, Stored, TOKEN};
use ct_codecs::{Base64, Encoder};
use serde_json::{Value, json};

pub fn answer(store: &mut Store, asked: &Asked) -> Result<Reply, String> {
    asked.has("accept", "application/json")?;
    let login = Base64::encode_to_string(format!("me@example.com:{TOKEN}")).map_err(|error| error.to_string())?;
    if asked.header("authorization") != format!("Basic {login}") {
        return Ok(Reply::json(
            401,
            &json!({"errorMessages": ["Client must be authenticated to access this resource."]}),
        ));
    }
    let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let Some(["rest", "api", "2", rest @ ..]) = parts.get(..) else { return Err("not version 2".to_owned()) };
    match (asked.method.as_str(), rest) {
        ("GET", ["myself"]) => Ok(Reply::json(200, &user(ME))),
        ("GET", ["attachment", "meta"]) => Ok(Reply::json(200, &json!({"enabled": true, "uploadLimit": store.most}))),
        ("GET", ["issue", "OPS-12"]) => {
            asked.asks(&["fields"])?;
            Ok(Reply::json(200, &json!({"id": "1", "key": "OPS-12", "fields": {"summary": "Docker"}})))
        }
        (_, ["issue", "OPS-12", "comment", rest @ ..]) => comment(store, asked, rest),
        ("GET", ["comment", id, "properties", "k8s-forensics"]) => {
            Ok(match store.named(id).ok_or("no such comment")?.property.clone() {
                Some(value) => Reply::json(200, &json!({"key": "k8s-forensics", "value": value})),
                None => Reply::json(404, &json!({"errorMessages": ["The property was not found."]})),
            })
        }
        ("POST", ["issue", "OPS-12", "attachments"]) => {
            asked.has("x-atlassian-token", "no-check")?;
            let stored = store.file((ME, None), &asked.form("file")?);
            Ok(Reply::json(200, &json!([attachment(&stored, json!(stored.id.to_string()))])))
        }
        ("GET", ["attachment", id]) => Ok(match store.files.iter().find(|file| file.id.to_string() == *id) {
            Some(file) => Reply::json(200, &attachment(file, json!(file.id))),
            None => Reply::json(404, &json!({"errorMessages": ["no such attachment"]})),
        }),
        ("DELETE", ["attachment", id]) => {
            store.files.retain(|file| file.id.to_string() != *id);
            Ok(Reply::empty(204))
        }
        ("GET", ["issue", ..]) => {
            let told = ["Issue does not exist or you do not have permission to see it."];
            Ok(Reply::json(404, &json!({"errorMessages": told, "errors": {}})))
        }
        _ => Err(format!("not documented: {} {}", asked.method, asked.path)),
    }
}

fn comment(store: &mut Store, asked: &Asked, rest: &[&str]) -> Result<Reply, String> {
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            asked.asks(&["maxResults", "startAt"])?;
            let number = |name: &str| asked.query[name].parse::<usize>().map_err(|error| error.to_string());
            let (from, most) = (number("startAt")?, number("maxResults")?.min(100));
            let page: Vec<Value> = store.comments.iter().skip(from).take(most).map(shown).collect();
            let total = store.comments.len();
            Ok(Reply::json(200, &json!({"startAt": from, "maxResults": most, "total": total, "comments": page})))
        }
        ("POST", []) => {
            let (body, property) = sent(asked)?;
            let id = store.comment(ME, &body);
            let comment = store.named(&id.to_string()).ok_or("it was just made")?;
            comment.property = Some(property);
            Ok(Reply::json(201, &shown(comment)))
        }
        ("PUT", [id]) => {
            let (body, property) = sent(asked)?;
            let comment = store.named(id).ok_or("no such comment")?;
            (comment.body, comment.property, comment.editor) = (body, Some(property), ME);
            Ok(Reply::json(200, &shown(comment)))
        }
        _ => Err(format!("not documented: {} {}", asked.method, asked.path)),
    }
}

/// A comment's text, which version 2 takes in Jira's notation, and its one property.
fn sent(asked: &Asked) -> Result<(String, Value), String> {
    let json = asked.json(&["body", "properties"])?;
    let body = json["body"].as_str().filter(|text| text.chars().count() <= 32_767).ok_or("no text, or too long")?;
    let properties = json["properties"].as_array().filter(|all| all.len() == 1).ok_or("not one property")?;
    let names: Vec<&String> = properties[0].as_object().into_iter().flatten().map(|(name, _)| name).collect();
    if names != ["key", "value"] || properties[0]["key"] != "k8s-forensics" {
        return Err(format!("a property has {names:?}"));
    }
    Ok((body.to_owned(), properties[0]["value"].clone()))
}

fn user(id: u64) -> Value {
    json!({"accountId": format!("5b10-{id}"), "displayName": "Somebody", "active": true})
}

fn attachment(file: &Stored, id: Value) -> Value {
    json!({"id": id, "filename": file.name, "author": user(file.author), "size": file.bytes.len()})
}

fn shown(comment: &Comment) -> Value {
    let (author, editor) = (user(comment.author), user(comment.editor));
    json!({"id": comment.id.to_string(), "author": author, "updateAuthor": editor, "body": comment.body})
}
