//! GitHub's REST interface, version 2022-11-28: docs.github.com/en/rest, "Get the authenticated user", "Get an issue",
//! "List issue comments", "Create an issue comment", "Update an issue comment".

use super::server::{Asked, Comment, ME, Reply, Store, TOKEN};
use serde_json::{Value, json};

pub fn answer(store: &mut Store, asked: &Asked) -> Result<Reply, String> {
    asked.has("accept", "application/vnd.github+json")?;
    asked.has("x-github-api-version", "2022-11-28")?;
    if !asked.header("user-agent").starts_with("k8s-forensics/") {
        return Err("GitHub refuses who does not name itself".to_owned());
    }
    if asked.header("authorization") != format!("Bearer {TOKEN}") {
        return Ok(Reply::json(401, &json!({"message": "Bad credentials", "status": "401"})));
    }
    let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) => Ok(Reply::json(200, &user(ME))),
        ("GET", ["repos", "shop", "infra", "issues", "12"]) => {
            Ok(Reply::json(200, &json!({"number": 12, "state": "open"})))
        }
        ("GET", ["repos", "shop", "infra", "issues", "12", "comments"]) => {
            asked.asks(&["page", "per_page"])?;
            Ok(Reply::json(200, &Value::Array(page(store, asked)?)))
        }
        ("POST", ["repos", "shop", "infra", "issues", "12", "comments"]) => {
            let body = text(&asked.json(&["body"])?)?;
            let id = store.comment(ME, &body);
            Ok(Reply::json(201, &store.named(&id.to_string()).map_or(Value::Null, |comment| shown(comment))))
        }
        ("PATCH", ["repos", "shop", "infra", "issues", "comments", id]) => {
            let body = text(&asked.json(&["body"])?)?;
            let comment = store.named(id).ok_or("no such comment")?;
            (comment.body, comment.editor) = (body, ME);
            Ok(Reply::json(200, &shown(comment)))
        }
        ("GET", ["repos", ..]) => Ok(Reply::json(404, &json!({"message": "Not Found", "status": "404"}))),
        _ => Err(format!("not documented: {} {}", asked.method, asked.path)),
    }
}

fn text(json: &Value) -> Result<String, String> {
    let text = json["body"].as_str().ok_or("the body is no text")?;
    if text.chars().count() > 65_536 {
        Err("Body is too long (maximum is 65536 characters)".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// Thirty unless more are asked for, a hundred at most.
fn page(store: &Store, asked: &Asked) -> Result<Vec<Value>, String> {
    let number = |name: &str| asked.query[name].parse::<usize>().map_err(|error| error.to_string());
    let (size, page) = (number("per_page")?.min(100), number("page")?);
    Ok(store.comments.iter().skip((page - 1) * size).take(size).map(shown).collect())
}

fn user(id: u64) -> Value {
    json!({"id": id, "login": format!("user-{id}"), "type": "User"})
}

fn shown(comment: &Comment) -> Value {
    let place = format!("https://github.com/shop/infra/issues/12#issuecomment-{}", comment.id);
    json!({"id": comment.id, "html_url": place, "body": comment.body, "user": user(comment.author)})
}
