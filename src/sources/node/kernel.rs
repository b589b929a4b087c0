//! Kernel messages of every node, from its raw journal files.
//!
//! Kernel messages have no unit, so the kubelet's log query cannot reach them; its file server hands out the journal
//! files of a node with a persistent journal. They are read here, in a temporary file, and the kernel's lines are
//! written as `journalctl -k --utc -o short-precise` would.

use super::journals::short_precise;
use crate::archive::format::Status;
use crate::archive::{Content, layout};
use crate::model::{Subject, Window};
use crate::sources::run::Run;
use crate::sources::run::item::{Ended, Item};
use crate::sources::run::ledger::Wanted;
use crate::sources::run::per_node;
use crate::sources::wire::api::{Broken, Patience, Problem, escaped};
use crate::sources::wire::status::quoted;
use crate::sources::{Permission, Profile, Source};
use chrono::{DateTime, Utc};
use sdjournal::Journal;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub static SOURCE: Source = Source {
    id: "kernel",
    title: "Kernel messages",
    why: "out-of-memory kills, hung tasks and disk errors, which only the kernel knows first-hand",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["nodes/NODE/journal/kernel.log"],
    profile: Profile::Standard,
    cap: 32 * 1024 * 1024,
    expect: |options| options.expected(&SOURCE, "kernel messages of all nodes"),
    run: |run, items| Box::pin(per_node::plan(run, items, &[()], wanted, collect)),
};

/// The most that is fetched of a node's journal files.
const FETCHED: u64 = 256 * 1024 * 1024;
const LISTING: usize = 4 * 1024 * 1024;
const PATIENCE: Patience = Patience { idle: Duration::from_secs(15), whole: Duration::from_secs(50) };

fn wanted(node: &str, (): &()) -> Wanted {
    Wanted::new(SOURCE.id, Subject::node(node).to_string()).entry(layout::journal(node, "kernel"))
}

async fn collect(run: Arc<Run>, node: String, (): &(), item: Item) {
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => return item.finish(Ended::new(Status::Failed, format!("no temporary folder: {error}"))),
    };
    let fetched = match fetch(&run, &node, folder.path()).await {
        Ok(fetched) => fetched,
        Err(problem) => return run.fail(item, problem),
    };
    let (window, cap) = (run.options.window, run.options.cap(&SOURCE));
    let read = tokio::task::spawn_blocking(move || read(&folder, window, cap)).await;
    let (text, lines) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(why)) => return item.finish(Ended::new(Status::Failed, why)),
        Err(_) => return item.finish(Ended::new(Status::Failed, "the journal files could not be read")),
    };
    if lines.count == 0 && fetched.left_out.is_empty() {
        return item.finish(Ended::new(Status::Empty, "the kernel said nothing within the window"));
    }
    let Some(mut ended) = run.store(&layout::journal(&node, "kernel"), Content::Log, text.as_bytes()).await else {
        return;
    };
    (ended.from, ended.to) = (lines.first, lines.last);
    let mut whys = fetched.left_out;
    whys.extend(lines.cut.then(|| format!("only the last {cap} bytes are kept")));
    whys.extend((lines.unreadable > 0).then(|| format!("{} entries could not be read", lines.unreadable)));
    if !whys.is_empty() && ended.status == Status::Collected {
        (ended.status, ended.why) = (Status::Truncated, whys.join("; "));
    }
    item.finish(ended);
}

/// What was not fetched, in words.
struct Fetched {
    left_out: Vec<String>,
}

/// Brings the journal files that reach into the window into `folder`.
async fn fetch(run: &Run, node: &str, folder: &Path) -> Result<Fetched, Problem> {
    let root = format!("/api/v1/nodes/{}/proxy/logs/journal/", escaped(node));
    let listing = run.api.bytes(&root, None, LISTING).await.map_err(|problem| match problem.code {
        Some(404) => Problem { status: Status::Absent, why: "the node keeps no journal on disk".to_owned(), ..problem },
        Some(405) => {
            Problem { status: Status::Absent, why: format!("the kubelet serves no logs: {}", problem.why), ..problem }
        }
        _ => problem,
    })?;
    let mut files = Vec::new();
    for machine in links(&listing).into_iter().filter(|name| name.ends_with('/')) {
        let path = format!("{root}{}/", escaped(machine.trim_end_matches('/')));
        let listing = run.api.bytes(&path, None, LISTING).await?;
        let journals = links(&listing).into_iter().filter(|name| is_wanted(name));
        files.extend(journals.map(|name| format!("{path}{}", escaped(&name))));
    }
    if files.is_empty() {
        return Err(Problem::new(Status::Absent, "the node keeps no journal on disk"));
    }
    // The live files first, then the archived ones, whose names begin with the same word and an @.
    files.sort_by_key(|path| path.contains("%40"));
    let mut left = FETCHED;
    let mut left_out = Vec::new();
    for (number, path) in files.iter().enumerate() {
        match fetch_file(run, path, &folder.join(format!("{number}.journal")), left).await {
            Ok(bytes) => left -= bytes.min(left),
            Err(problem) if files.len() == 1 => return Err(problem),
            Err(problem) => left_out.push(format!("a journal file did not come: {}", problem.why)),
        }
    }
    Ok(Fetched { left_out })
}

/// Journal files that may hold kernel messages: users' journals do not, and half-written ones end in a tilde.
fn is_wanted(name: &str) -> bool {
    name.starts_with("system") && (name.ends_with(".journal") || name.ends_with(".journal~"))
}

/// The names a listing of Go's file server links to; those of folders end in `/`.
fn links(listing: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(listing);
    let after = text.split("<a href=\"").skip(1);
    after
        .filter_map(|rest| rest.split_once('"'))
        .map(|(link, _)| unescaped(link))
        .filter(|name| is_name(name))
        .collect()
}

fn is_name(name: &str) -> bool {
    let plain = name.trim_end_matches('/');
    !plain.is_empty() && plain != "." && plain != ".." && !plain.contains('/')
}

fn unescaped(link: &str) -> String {
    layout::decoded(link.strip_prefix("./").unwrap_or(link)).replace("&amp;", "&")
}

async fn fetch_file(run: &Run, path: &str, to: &Path, limit: u64) -> Result<u64, Problem> {
    let failed = |error: std::io::Error| Problem::new(Status::Failed, format!("temporary file: {error}"));
    let mut answer = run.api.get(path, None, PATIENCE).await?;
    if answer.modified.is_some_and(|modified| modified < run.options.window.from) {
        return Ok(0);
    }
    let mut file = std::fs::File::create(to).map_err(failed)?;
    let mut bytes = 0;
    let taken = answer
        .each(|data| {
            bytes += data.len() as u64;
            if bytes > limit {
                return Err(Problem::new(Status::Truncated, format!("the journal files exceed {FETCHED} bytes")));
            }
            file.write_all(data).map_err(failed)?;
            Ok(ControlFlow::Continue(()))
        })
        .await;
    let problem = match taken {
        Ok(()) => return Ok(bytes),
        Err(Broken::Off(problem) | Broken::Taker(problem)) => problem,
    };
    // Half a journal file is not read: its index is spread over all of it.
    let _ = std::fs::remove_file(to);
    Err(problem)
}

#[derive(Debug, Default)]
struct Lines {
    count: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    unreadable: u64,
    cut: bool,
}

/// The kernel's entries within `window`, in order of time: the last `cap` bytes of them.
fn read(folder: &TempDir, window: Window, cap: u64) -> Result<(String, Lines), String> {
    let is_empty = std::fs::read_dir(folder.path()).map_err(|error| error.to_string())?.next().is_none();
    if is_empty {
        return Ok((String::new(), Lines::default()));
    }
    let unreadable = |error: sdjournal::SdJournalError| format!("the journal files cannot be read: {error}");
    let journal = Journal::open_dir(folder.path()).map_err(unreadable)?;
    let micros = |time: DateTime<Utc>| u64::try_from(time.timestamp_micros()).unwrap_or_default();
    let mut query = journal.query();
    query.match_exact("_TRANSPORT", b"kernel");
    query.since_realtime(micros(window.from));
    query.until_realtime(micros(window.to));
    let mut lines = Lines::default();
    let mut entries = Vec::new();
    for entry in query.iter().map_err(unreadable)? {
        let Ok(entry) = entry else {
            lines.unreadable += 1;
            continue;
        };
        let time = i64::try_from(entry.realtime_usec()).ok().and_then(DateTime::from_timestamp_micros);
        let Some(time) = time.filter(|time| window.contains(*time)) else { continue };
        let host = quoted(entry.get("_HOSTNAME").unwrap_or_default());
        entries.push((time, entry.seqnum(), line(time, &host, entry.get("MESSAGE").unwrap_or_default())));
    }
    entries.sort();
    (lines.first, lines.last) = (entries.first().map(|entry| entry.0), entries.last().map(|entry| entry.0));
    lines.count = entries.len() as u64;
    let text = latest(entries.into_iter().map(|(_, _, line)| line).collect(), cap, &mut lines.cut);
    Ok((text, lines))
}

/// One line; a message of several lines is indented as journalctl does, so that no part of it looks like an entry.
fn line(time: DateTime<Utc>, host: &str, message: &[u8]) -> String {
    let message = String::from_utf8_lossy(message);
    format!("{} {host} kernel: {}\n", short_precise(time), message.trim_end().replace('\n', "\n    "))
}

/// The last lines that fit into `cap` bytes.
fn latest(lines: Vec<String>, cap: u64, cut: &mut bool) -> String {
    let mut left = cap;
    let mut from = lines.len();
    while let Some(line) = from.checked_sub(1).and_then(|at| lines.get(at)) {
        match left.checked_sub(line.len() as u64) {
            Some(rest) => left = rest,
            None => break,
        }
        from -= 1;
    }
    *cut = from > 0;
    lines.get(from..).unwrap_or_default().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_of_old_and_new_file_servers() {
        let new = b"<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n<a href=\"d50164b9587cab73e417e5ce616bea4e/\">d50164b9587cab73e417e5ce616bea4e/</a>\n</pre>\n";
        assert_eq!(links(new), ["d50164b9587cab73e417e5ce616bea4e/"]);
        let old = b"<pre>\n<a href=\"system.journal\">system.journal</a>\n<a href=\"system@0005f1-0a.journal\">x</a>\n<a href=\"../\">..</a>\n<a href=\"/etc/\">x</a>\n<a href=\"user-1000.journal\">x</a></pre>\n";
        let names = links(old);
        assert_eq!(names, ["system.journal", "system@0005f1-0a.journal", "user-1000.journal"]);
        assert_eq!(names.iter().filter(|name| is_wanted(name)).count(), 2);
    }

    #[test]
    fn lines_have_the_form_of_journalctl() {
        let time = DateTime::from_timestamp_micros(1_795_244_313_518_248).expect("a time");
        assert_eq!(line(time, "node-1", b"a\nb\n"), "Nov 21 06:58:33.518248 node-1 kernel: a\n    b\n");
    }

    #[test]
    fn the_latest_lines_are_kept() {
        let mut cut = false;
        assert_eq!(latest(vec!["aaa\n".into(), "bb\n".into(), "c\n".into()], 6, &mut cut), "bb\nc\n");
        assert!(cut);
    }
}
