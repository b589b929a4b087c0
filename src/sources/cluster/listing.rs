//! One list, page by page, split by namespace on its way into the archive.

use super::list_request::{DEADLINES, Keep, Request};
use super::pending_lists::PendingLists;
use crate::archive::format::{Redaction, Status};
use crate::archive::{Content, EntryBuilder, layout};
use crate::sources::run::Run;
use crate::sources::run::item::{Closing, Item, ItemOutcome};
use crate::sources::run::writer_handle::WriterGone;
use crate::sources::wire::api::Problem;
use crate::sources::wire::json_strip;
use crate::sources::wire::list::{self, Identity, Page};
use crate::sources::wire::urls;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Objects of one page, at most. Pages keep the API server's memory and ours small.
const PAGE: usize = 500;
/// What a page is to hold at most, in bytes: after one that was larger there are fewer objects to a page.
const AIM: usize = 8 * 1024 * 1024;
/// A page larger than this is not read; objects are at most 1.5 MB (etcd's limit), and mostly a few kB.
const PAGE_BYTES: usize = 256 * 1024 * 1024;
/// Asks for lists of metadata alone.
pub const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Lists what `request` asks for into the archive, and puts a copy on `pending`. An error if nothing came for it.
pub async fn list(
    run: &Arc<Run>,
    request: &Request,
    item: Item,
    pending: Option<&PendingLists>,
) -> Result<(), Closing> {
    let mut taken = Taken { pending, ..Taken::default() };
    let listed = pages(run, request, &mut taken).await;
    let Ok(()) = taken.close(run, request).await else { return Err(over()) };
    let entry = Some(std::mem::take(&mut taken.entries)).filter(|all| all.len() == 1).and_then(|mut all| all.pop());
    let mut outcome = match (&listed, taken.objects) {
        (Ok(()), 0) => ItemOutcome::new(Status::Empty, "there is none"),
        (Ok(()), _) => ItemOutcome::new(Status::Collected, ""),
        (Err(problem), 0) => ItemOutcome::from(problem.clone()),
        (Err(problem), came) => {
            let why = format!("{came} objects came, then: {}", problem.why);
            ItemOutcome::new(problem.status, why).code(problem.code)
        }
    };
    if taken.disordered > 0 {
        outcome.status = Status::Truncated;
        outcome.why = format!("{} objects came out of order and were left out", taken.disordered);
    }
    (outcome.entry, outcome.bytes) = (entry, taken.bytes);
    match listed {
        Ok(()) => {
            item.finish(outcome);
            Ok(())
        }
        Err(problem) => {
            let closing = Closing::new(
                problem.status,
                format!("the list of {} did not come: {}", request.kind.plural, problem.why),
            );
            run.fail_with(item, problem, outcome);
            if taken.objects == 0 { Err(closing) } else { Ok(()) }
        }
    }
}

fn over() -> Closing {
    Closing::new(Status::Skipped, "the archive could not be written")
}

async fn pages(run: &Run, request: &Request, taken: &mut Taken<'_>) -> Result<(), Problem> {
    let mut resume = String::new();
    let mut given = BTreeSet::new();
    let mut limit = PAGE;
    loop {
        let path = path(request, limit, &resume);
        let accept = request.kind.metadata_only.then_some(METADATA_ONLY);
        let body = match run.api.bytes(&path, accept, DEADLINES, PAGE_BYTES).await {
            Ok(body) => body,
            // The list took longer than the server keeps its state. With the token it gives, the rest follows from
            // its present state.
            Err(Problem { code: Some(410), resume: Some(token), .. }) if given.insert(token.clone()) => {
                resume = token;
                continue;
            }
            Err(problem) => return Err(problem),
        };
        let page = read(&body, request).map_err(|why| Problem::new(Status::Failed, why))?;
        for item in &page.items {
            taken.take(run, request, item).await?;
        }
        if page.resume.is_empty() {
            return Ok(());
        }
        limit = limit.min(fitting(body.len(), page.items.len()));
        // A token stands for a place in the list: a list that comes back to it has no end.
        if !given.insert(page.resume.clone()) {
            return Err(Problem::new(Status::Failed, "the server led back to a page that came before"));
        }
        resume = page.resume;
    }
}

/// The page in `body`. An answer with values that must not be stored is refused, and never quoted.
fn read<'a>(body: &'a [u8], request: &Request) -> Result<Page<'a>, String> {
    if !request.kind.metadata_only {
        return list::split(body);
    }
    let page = list::split(body).map_err(|_| "the answer is no list".to_owned())?;
    let is_bare = |item: &&str| {
        json_strip::member_names(item)
            .is_some_and(|names| names.iter().all(|name| matches!(name.as_str(), "kind" | "apiVersion" | "metadata")))
    };
    if page.kind != "PartialObjectMetadataList" || !page.items.iter().all(is_bare) {
        return Err(
            "the server sent whole objects where only metadata was asked for: nothing of it was stored".to_owned()
        );
    }
    Ok(page)
}

/// Where the kinds of a group's version are.
pub fn root(group: &str, version: &str) -> String {
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

/// How many objects of the size of these make a page.
fn fitting(bytes: usize, objects: usize) -> usize {
    let each = (bytes / objects.max(1)).max(1);
    (AIM / each).clamp(1, PAGE)
}

/// Where a page of `limit` objects is, the first one unless there is a token to go on with.
pub fn path(request: &Request, limit: usize, resume: &str) -> String {
    let kind = &request.kind;
    let root = root(&kind.group, &kind.version);
    let namespace =
        request.namespace.as_ref().map(|name| format!("/namespaces/{}", crate::sources::wire::api::escaped(name)));
    let mut path = format!("{root}{}/{}?limit={limit}", namespace.unwrap_or_default(), kind.plural);
    if let Some(selector) = request.field_selector {
        path.push_str(&format!("&fieldSelector={}", crate::sources::wire::api::escaped(selector)));
    }
    if !resume.is_empty() {
        path.push_str(&format!("&continue={}", crate::sources::wire::api::escaped(resume)));
    }
    path
}

/// What has come of a list.
#[derive(Default)]
struct Taken<'a> {
    /// The entry under way, and its namespace.
    open: Option<(String, EntryBuilder)>,
    redacted: u64,
    /// URLs that were cleaned.
    urls: u64,
    entries: Vec<String>,
    /// The last namespace that was ended: lists come in order of namespace.
    ended: Option<String>,
    objects: u64,
    disordered: u64,
    bytes: u64,
    /// Where others wait for a copy.
    pending: Option<&'a PendingLists>,
}

impl Taken<'_> {
    async fn take(&mut self, run: &Run, request: &Request, item: &str) -> Result<(), Problem> {
        let failed = |why: String| Problem::new(Status::Failed, why);
        let identity: Identity =
            serde_json::from_str(item).map_err(|error| failed(format!("not an object: {error}")))?;
        let namespace = identity.metadata.namespace;
        let line = list::one_line(item);
        let Some((line, redacted)) = json_strip::without_last_applied(&line) else {
            return Err(failed(format!("{} cannot be redacted, so it is not stored", identity.metadata.name)));
        };
        let webhooks = if request.kind.is_webhook() { urls::clean_webhooks(&line) } else { None };
        let (line, urls) = webhooks.map_or((line, 0), |(clean, count)| (clean.into(), count));
        if self.open.as_ref().is_none_or(|(open, _)| *open != namespace) {
            if self.ended.as_ref().is_some_and(|ended| namespace <= *ended) {
                self.disordered += 1;
                return Ok(());
            }
            self.close(run, request).await.map_err(|_| failed(over().why))?;
            let path =
                layout::objects(Some(namespace.as_str()).filter(|name| !name.is_empty()), &request.kind.full_name());
            let entry = EntryBuilder::new(run.writer.target(), path, Content::Json);
            self.open = Some((namespace, entry.map_err(|error| failed(error.to_string()))?));
        }
        if let Some((_, entry)) = &mut self.open {
            let written = entry.write(line.as_bytes()).and_then(|()| entry.write(b"\n"));
            written.map_err(|error| failed(error.to_string()))?;
        }
        self.redacted += redacted;
        self.urls += urls;
        self.objects += 1;
        if let Some(pending) = self.pending {
            // That of a lease tells when the API server stored it: see `clocks`.
            let is_lease = request.kind.keep == Some(Keep::Leases);
            let line = if is_lease { line } else { json_strip::without_managed_fields(&line) };
            // It waits on the disk, and is described from there.
            match run.writer.target().redactor() {
                Some(redactor) => pending.push(&redactor.text(&line)),
                None => pending.push(&line),
            }
        }
        Ok(())
    }

    /// Ends the entry under way.
    async fn close(&mut self, run: &Run, request: &Request) -> Result<(), WriterGone> {
        let Some((namespace, entry)) = self.open.take() else { return Ok(()) };
        // The events of nodes share the entry of their namespace with nothing else: it was not asked for.
        debug_assert!(request.namespace.as_ref().is_none_or(|asked| *asked == namespace));
        self.ended = Some(namespace);
        let Ok(entry) = entry.finish() else { return Ok(()) };
        let path = entry.path().to_owned();
        self.bytes += entry.bytes();
        run.writer.entry(entry).await?;
        let counts = [("last-applied", &mut self.redacted), ("webhook-url", &mut self.urls)];
        for (rule, count) in counts.map(|(rule, count)| (rule, std::mem::take(count))) {
            if count > 0 {
                run.writer.redaction(Redaction { rule: rule.to_owned(), entry: path.clone(), count }).await?;
            }
        }
        self.entries.push(path);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_large_objects_are_shorter() {
        let cases = [(2_000_000, 500, PAGE), (25_000_000, 500, 167), (300 << 20, 3, 1), (0, 0, PAGE), (100, 0, PAGE)];
        for (bytes, objects, expected) in cases {
            assert_eq!(fitting(bytes, objects), expected, "{objects} objects of {bytes} bytes");
        }
    }
}
