//! Gitea's interface, as its own description says (templates/swagger/v1_json.tmpl of 1.26.4). tests/attach.sh asks a real
//! one.

use super::server::{Asked, Comment, ME, Reply, Store, TOKEN};
use serde_json::{Value, json};

pub fn answer(store: &mut Store, asked: &Asked) -> Result<Reply, String> {
    asked.has("accept", "application/json")?;
    if asked.header("authorization") != format!("token {TOKEN}") {
        return Ok(Reply::json(401, &json!({"message": "invalid username, password or token"})));
    }
    let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let Some(["api", "v1", rest @ ..]) = parts.get(..) else { return Err("not version 1".to_owned()) };
    match (asked.method.as_str(), rest) {
        ("GET", ["user"]) => Ok(Reply::json(200, &json!({"id": ME, "login": "me"}))),
        ("GET", ["settings", "attachment"]) => {
            let settings = json!({"enabled": true, "allowed_types": ".gz,.json,.md,.png", "max_size": store.most >> 20, "max_files": 5});
            Ok(Reply::json(200, &settings))
        }
        ("GET", ["repos", "shop", "infra", "issues", "12"]) => Ok(Reply::json(200, &json!({"number": 12}))),
        ("GET", ["repos", "shop", "infra", "issues", "12", "comments"]) => {
            asked.asks(&[])?;
            Ok(Reply::json(200, &Value::Array(store.comments.iter().map(shown).collect())))
        }
        ("POST", ["repos", "shop", "infra", "issues", "12", "comments"]) => {
            let body = asked.json(&["body"])?["body"].as_str().ok_or("no text")?.to_owned();
            let id = store.comment(ME, &body);
            Ok(Reply::json(201, &store.named(&id.to_string()).map_or(Value::Null, |comment| shown(comment))))
        }
        ("PATCH", ["repos", "shop", "infra", "issues", "comments", id]) => {
            let body = asked.json(&["body"])?["body"].as_str().ok_or("no text")?.to_owned();
            let comment = store.named(id).ok_or("no such comment")?;
            (comment.body, comment.editor) = (body, ME);
            Ok(Reply::json(200, &shown(comment)))
        }
        (_, ["repos", "shop", "infra", "issues", "comments", id, "assets", rest @ ..]) => {
            assets(store, asked, (id, rest))
        }
        ("GET", ["repos", ..]) => Ok(Reply::json(404, &json!({"message": "", "errors": []}))),
        _ => Err(format!("not documented: {} {}", asked.method, asked.path)),
    }
}

fn assets(store: &mut Store, asked: &Asked, (comment, rest): (&str, &[&str])) -> Result<Reply, String> {
    let comment = store.named(comment).ok_or("no such comment")?.id;
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            let on_it = store.files.iter().filter(|file| file.comment == Some(comment));
            Ok(Reply::json(200, &on_it.map(|file| json!({"id": file.id, "name": file.name})).collect()))
        }
        ("POST", []) => {
            asked.asks(&["name"])?;
            let form = asked.form("attachment")?;
            if form.name != asked.query["name"] || form.name.ends_with(".html") {
                return Err(format!("{} is none of the allowed types", form.name));
            }
            let stored = store.file((ME, Some(comment)), &form);
            Ok(Reply::json(201, &json!({"id": stored.id, "name": stored.name, "size": stored.bytes.len()})))
        }
        ("DELETE", [id]) => {
            store.files.retain(|file| file.id.to_string() != *id || file.comment != Some(comment));
            Ok(Reply::empty(204))
        }
        _ => Err(format!("not documented: {} {}", asked.method, asked.path)),
    }
}

fn shown(comment: &Comment) -> Value {
    let place = format!("http://gitea.example/shop/infra/issues/12#issuecomment-{}", comment.id);
    json!({"id": comment.id, "html_url": place, "body": comment.body, "user": {"id": comment.author}})
}
