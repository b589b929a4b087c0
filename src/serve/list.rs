//! Objects, one or many: get, list in pages, and a watch, in which nothing happens after its beginning.

use super::answer::{Answer, Held, Refusal};
use super::ask::Ask;
use super::fields::Wanted;
use super::resource::Resource;
use super::shelf::Shelf;
use super::shown::Shown;
use super::store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a watch lasts that does not say it.
const WATCH: Duration = Duration::from_secs(3600);

/// One object.
pub fn get(store: &Store, ask: &Ask, of: &Resource, namespace: &str, name: &str) -> Result<Answer, Refusal> {
    let shelf = store.shelf(of)?;
    let place = shelf.find(namespace, name);
    // What there is of it is known before it is said not to be there.
    let warnings = store.coverage(of, Some(namespace), (usize::from(place.is_some()), shelf.rows().len()))?;
    let Some(place) = place else {
        let why = warnings.first().map(|why| format!("; {why}")).unwrap_or_default();
        return Err(Refusal::no_object(&of.full(), name, &why));
    };
    let sample = shelf.reader().json(place).map(<[u8]>::to_vec);
    let shown = Shown::of(store, ask, of, sample.as_deref())?;
    let warnings = shown.warning().into_iter().collect();
    let answer = Answer::pieces(Box::new(move |out| shown.alone(out, &mut shelf.reader(), place)));
    Ok(answer.warn(warnings))
}

/// All that are meant, or a page of them.
pub fn list(store: &Store, ask: &Ask, of: &Resource, namespace: Option<&str>) -> Result<Answer, Refusal> {
    let Found { shelf, places, shown, warnings } = found(store, ask, of, namespace)?;
    let limit = ask.number("limit").and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
    let from = match ask.query("continue") {
        Some(token) => {
            let (namespace, name) =
                read_token(token).ok_or_else(|| Refusal::bad("the continue token cannot be read"))?;
            let after = shelf.after(&namespace, &name);
            places.partition_point(|place| *place < after)
        }
        None => 0,
    };
    let rest = places.get(from..).unwrap_or_default();
    let page: Vec<usize> = rest.iter().copied().take(limit.unwrap_or(usize::MAX)).collect();
    let mut metadata = json!({"resourceVersion": shelf.revision.to_string()});
    let last = page.last().filter(|_| page.len() < rest.len()).and_then(|place| shelf.rows().get(*place));
    if let (Some(row), Some(metadata)) = (last, metadata.as_object_mut()) {
        metadata.insert("continue".to_owned(), token(&row.namespace, &row.name).into());
        // An API server counts them only where nothing has to be read for it.
        if ask.query("labelSelector").is_none() && ask.query("fieldSelector").is_none() {
            metadata.insert("remainingItemCount".to_owned(), (rest.len() - page.len()).into());
        }
    }
    // What is not all is said once, with the first page.
    let warnings = if from == 0 { warnings } else { Vec::new() };
    let answer = Answer::pieces(Box::new(move |out| {
        shown.begin(out, &metadata)?;
        let mut reader = shelf.reader();
        for (number, place) in page.into_iter().enumerate() {
            if number > 0 {
                out.write_all(b",")?;
            }
            shown.item(out, &mut reader, place)?;
        }
        shown.end(out)
    }));
    Ok(answer.warn(warnings))
}

/// What there is at its beginning, where that is asked for, and then nothing, for as long as it is wanted.
pub fn watch(store: &Store, ask: &Ask, of: &Resource, namespace: Option<&str>) -> Result<Answer, Refusal> {
    let Found { shelf, places, shown, warnings } = found(store, ask, of, namespace)?;
    let is_from_now = !matches!(ask.query("resourceVersion"), None | Some("0"));
    let wants_all = ask.is("sendInitialEvents");
    let is_asked = ask.query("sendInitialEvents").is_some();
    let gives_all = if is_asked { wants_all } else { !is_from_now };
    let takes_bookmarks = ask.is("allowWatchBookmarks");
    let bookmark = |is_end_of_all: bool| bookmark(of, shelf.revision, is_end_of_all);
    let after = if wants_all && takes_bookmarks { bookmark(true) } else { Vec::new() };
    let held = Held {
        bookmark: if takes_bookmarks { bookmark(false) } else { Vec::new() },
        lasts: ask.number("timeoutSeconds").filter(|seconds| *seconds > 0).map_or(WATCH, Duration::from_secs),
    };
    let mut answer = Answer::pieces(Box::new(move |out| {
        let mut reader = shelf.reader();
        for place in places.into_iter().filter(|_| gives_all) {
            out.write_all(b"{\"type\":\"ADDED\",\"object\":")?;
            shown.alone(out, &mut reader, place)?;
            out.write_all(b"}\n")?;
        }
        out.write_all(&after)
    }));
    answer.held = Some(held);
    Ok(answer.warn(warnings))
}

fn bookmark(of: &Resource, revision: u64, is_end_of_all: bool) -> Vec<u8> {
    let mut metadata = json!({"resourceVersion": revision.to_string(), "creationTimestamp": Value::Null});
    if let (true, Some(metadata)) = (is_end_of_all, metadata.as_object_mut()) {
        metadata.insert("annotations".to_owned(), json!({"k8s.io/initial-events-end": "true"}));
    }
    let object = json!({"kind": of.kind, "apiVersion": of.api_version(), "metadata": metadata});
    format!("{}\n", json!({"type": "BOOKMARK", "object": object})).into_bytes()
}

/// What a selector finds.
struct Found {
    shelf: Arc<Shelf>,
    places: Vec<usize>,
    shown: Shown,
    warnings: Vec<String>,
}

fn found(store: &Store, ask: &Ask, of: &Resource, namespace: Option<&str>) -> Result<Found, Refusal> {
    let shelf = store.shelf(of)?;
    let wanted = Wanted::of(ask, of)?;
    let is_none = matches!((namespace, wanted.namespace.as_deref()), (Some(one), Some(other)) if one != other);
    let range = shelf.of_namespace(namespace.or(wanted.namespace.as_deref()));
    let range = if is_none { 0..0 } else { range };
    let mut warnings = store.coverage(of, namespace, (range.len(), shelf.rows().len()))?;
    if shelf.unreadable > 0 {
        warnings.push(format!("{} objects of this kind could not be read", shelf.unreadable));
    }
    let sample = range.clone().next().and_then(|place| shelf.reader().json(place).map(<[u8]>::to_vec));
    let shown = Shown::of(store, ask, of, sample.as_deref())?;
    warnings.extend(shown.warning());
    let is_named = |place: &usize| {
        wanted.name.as_deref().is_none_or(|name| shelf.rows().get(*place).is_some_and(|row| &*row.name == name))
    };
    let mut reader = shelf.reader();
    let is_meant =
        |place: &usize| wanted.is_plain() || shown.read(&mut reader, *place).is_some_and(|one| wanted.takes(&one));
    let places = range.filter(is_named).filter(is_meant).collect();
    Ok(Found { shelf, places, shown, warnings })
}

/// Where the next page begins: behind an object.
fn token(namespace: &str, name: &str) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for byte in format!("{namespace}/{name}").bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn read_token(token: &str) -> Option<(String, String)> {
    let bytes: Option<Vec<u8>> =
        token.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    let text = String::from_utf8(bytes?).ok()?;
    let (namespace, name) = text.split_once('/')?;
    Some((namespace.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back() {
        assert_eq!(read_token(&token("shop", "api-0")), Some(("shop".to_owned(), "api-0".to_owned())));
        assert_eq!(read_token(&token("", "node-1")), Some((String::new(), "node-1".to_owned())));
        assert_eq!((read_token("zz"), read_token("é"), read_token("6")), (None, None, None));
    }
}
