//! GitLab's REST interface, version 4: docs.gitlab.com/api, "Notes API" and "Markdown uploads API".

use super::server::{Asked, Comment, ME, Reply, Store, TOKEN};
use serde_json::{Value, json};

pub fn answer(store: &mut Store, asked: &Asked) -> Result<Reply, String> {
    if asked.header("private-token") != TOKEN {
        return Ok(Reply::json(401, &json!({"message": "401 Unauthorized"})));
    }
    let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let Some(["api", "v4", rest @ ..]) = parts.get(..) else { return Err("not version 4".to_owned()) };
    match (asked.method.as_str(), rest) {
        ("GET", ["user"]) => Ok(Reply::json(200, &json!({"id": ME, "username": "me"}))),
        ("GET", ["projects", "shop%2Fops%2Finfra", "issues", "12"]) => {
            Ok(Reply::json(200, &json!({"iid": 12, "web_url": "https://gitlab.com/shop/ops/infra/-/issues/12"})))
        }
        ("GET", ["projects", "shop%2Fops%2Finfra", "issues", "12", "notes"]) => {
            asked.asks(&["order_by", "page", "per_page", "sort"])?;
            if asked.query["order_by"] != "created_at" || asked.query["sort"] != "asc" {
                return Err("no such order".to_owned());
            }
            let number = |name: &str| asked.query[name].parse::<usize>().map_err(|error| error.to_string());
            let (size, page) = (number("per_page")?.min(100), number("page")?);
            let notes = store.comments.iter().skip((page - 1) * size).take(size).map(shown).collect();
            Ok(Reply::json(200, &Value::Array(notes)))
        }
        ("POST", ["projects", "shop%2Fops%2Finfra", "issues", "12", "notes"]) => {
            let body = asked.json(&["body"])?["body"].as_str().ok_or("no text")?.to_owned();
            let id = store.comment(ME, &body);
            Ok(Reply::json(201, &store.named(&id.to_string()).map_or(Value::Null, |note| shown(note))))
        }
        ("PUT", ["projects", "shop%2Fops%2Finfra", "issues", "12", "notes", id]) => {
            let body = asked.json(&["body"])?["body"].as_str().ok_or("no text")?.to_owned();
            let note = store.named(id).ok_or("no such note")?;
            (note.body, note.editor) = (body, ME);
            Ok(Reply::json(200, &shown(note)))
        }
        ("POST", ["projects", "shop%2Fops%2Finfra", "uploads"]) => {
            let form = asked.form("file")?;
            let stored = store.file((ME, None), &form);
            let url = format!("/uploads/{}/{}", secret(stored.id), stored.name);
            let full = format!("/-/project/1234{url}");
            let markdown = format!("[{}]({url})", stored.name);
            let alt = stored.name;
            Ok(Reply::json(
                201,
                &json!({"id": stored.id, "alt": alt, "url": url, "full_path": full, "markdown": markdown}),
            ))
        }
        ("DELETE", ["projects", "shop%2Fops%2Finfra", "uploads", sought, name]) => {
            let before = store.files.len();
            store.files.retain(|file| secret(file.id) != *sought || file.name != *name);
            Ok(Reply::empty(if store.files.len() < before { 204 } else { 404 }))
        }
        ("GET", ["projects", ..]) => Ok(Reply::json(404, &json!({"message": "404 Not found"}))),
        _ => Err(format!("not documented: {} {}", asked.method, asked.path)),
    }
}

/// What stands in the address of an upload: 32 hexadecimal digits.
pub fn secret(id: u64) -> String {
    format!("{id:032x}")
}

fn shown(note: &Comment) -> Value {
    let author = json!({"id": note.author, "username": format!("user-{}", note.author)});
    json!({"id": note.id, "body": note.body, "author": author, "system": false, "noteable_iid": 12})
}
