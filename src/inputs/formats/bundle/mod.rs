//! What other tools collect of a cluster, one file each: which paths there are, and what they hold.
//!
//! A path is told by a pattern, whose groups name whose it is. Any folders may stand before it. What no pattern tells is
//! read for what stands in it, as a loose file is, so that nothing that is understood is lost. A tool is known by paths
//! that only it makes.

pub mod cluster_info;
pub mod crust_gather;
pub mod insights;
pub mod kubectl_gather;
mod made;
pub mod must_gather;
pub mod sonobuoy;
pub mod sosreport;
pub mod support_bundle;
pub mod support_bundle_kit;

use super::loose;
use crate::archive::{Archive, ArchiveError};
use crate::inputs::format::{Opened, Start};
use crate::inputs::kind::{JournalForm, Kind, LogForm, LogOf, ObjectKind, WhyUnread};
use crate::logline::{klog, syslog};
use regex::{Captures, Regex};

/// What the entries are that a pattern matches. Its groups are `namespace`, `pod`, `container`, `node` and `unit`.
#[derive(Clone, Copy)]
pub enum Holds {
    /// Objects, which are of the kind that `plural` names where they do not say their own: the group so named, or the
    /// name of their file.
    Objects,
    /// Objects of this kind, where they do not say their own.
    ObjectsOf(&'static str),
    /// The log of a container.
    Log,
    /// The journal of a node, as far as the groups tell of which node and unit; its lines tell the rest.
    Journal,
    /// What the content says, of the node that is named, if it is a journal.
    OfNode,
    KubeletConfig,
    /// Logs of containers, and objects, one after the other.
    Dump,
    /// What the tool says of its own run.
    AboutItself,
}

/// The paths of a tool.
pub struct Paths {
    /// Any of which only this tool makes.
    proofs: Vec<Regex>,
    /// The first that matches tells.
    places: Vec<(Regex, Holds)>,
}

impl Paths {
    /// Patterns begin at the beginning of a name and go to the end of the path; those of `proofs` go on as they like.
    pub fn new(proofs: &[&str], places: &[(&str, Holds)]) -> Self {
        let pattern = |text: String| Regex::new(&text).expect("the patterns of formats are tried by tests");
        Self {
            proofs: proofs.iter().map(|proof| pattern(format!("(?:^|/){proof}"))).collect(),
            places: places.iter().map(|(place, holds)| (pattern(format!("(?:^|/){place}$")), *holds)).collect(),
        }
    }

    /// `strength` if there is a path that proves the tool.
    pub fn recognise(&self, files: &Archive, strength: u8) -> u8 {
        let is_proof = |path: &str| self.proofs.iter().any(|proof| proof.is_match(path));
        if !files.is_plain() && files.entries().any(is_proof) { strength } else { 0 }
    }

    pub fn kind(&self, path: &str, start: &Start<'_>) -> Kind {
        let place = self.places.iter().find_map(|(pattern, holds)| Some((pattern.captures(path)?, *holds)));
        match place {
            Some((names, holds)) => held(holds, &names, path, start),
            None => loose::kind(path, start),
        }
    }
}

/// Opens the files of a tool that says of itself what its name and its own files say.
pub fn open(files: &Archive, kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    let given = made::given(files, &kinds);
    Ok(loose::opened(files, kinds, given))
}

fn held(holds: Holds, names: &Captures<'_>, path: &str, start: &Start<'_>) -> Kind {
    let name = |name: &str| names.name(name).map_or("", |found| found.as_str()).to_owned();
    if matches!(holds, Holds::AboutItself) {
        return Kind::Custody;
    }
    let text = String::from_utf8_lossy(start.bytes());
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let first = loose::first_line(text);
    if let why @ (WhyUnread::Empty | WhyUnread::Binary) = loose::why_unread(start.bytes(), first) {
        return Kind::Unread(why);
    }
    match holds {
        Holds::Objects => objects(loose::kind_by_name(&name("plural")), path, start),
        Holds::ObjectsOf(plural) => objects(loose::kind_by_name(plural), path, start),
        Holds::Log => {
            let of = LogOf { namespace: name("namespace"), pod: name("pod"), uid: None, container: name("container") };
            Kind::Log { form: LogForm::Own { ahead_s: 0 }, of }
        }
        Holds::Journal => match loose::kind(path, start) {
            Kind::Unread(_) | Kind::Journal { .. } => {
                Kind::Journal { node: name("node"), unit: name("unit"), form: journal_form(first) }
            }
            other => other,
        },
        Holds::OfNode => match loose::kind(path, start) {
            Kind::Journal { node, unit, form } if node.is_empty() => Kind::Journal { node: name("node"), unit, form },
            other => other,
        },
        Holds::KubeletConfig => Kind::KubeletConfig { node: name("node") },
        Holds::Dump => Kind::Dump,
        Holds::AboutItself => Kind::Custody,
    }
}

/// Objects; those that say no kind are of that which the path names.
fn objects(by_path: Option<ObjectKind>, path: &str, start: &Start<'_>) -> Kind {
    match (loose::kind(path, start), by_path) {
        (Kind::Objects { form, of: ObjectKind::Own }, Some(of)) => Kind::Objects { form, of },
        (Kind::Unread(WhyUnread::NoKind | WhyUnread::UnknownForm), Some(of)) if loose::is_structured(start.bytes()) => {
            let text = String::from_utf8_lossy(start.bytes());
            Kind::Objects { form: loose::form(text.trim_start()), of }
        }
        (known, _) => known,
    }
}

fn journal_form(first: &str) -> JournalForm {
    match syslog::split(first) {
        Some(_) => JournalForm::ShortPrecise,
        None if klog::time(first.as_bytes()).is_some() => JournalForm::Klog,
        None => JournalForm::Plain { ahead_s: 0, boot: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::formats::FORMATS;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_formats_are_equally_sure() {
        let files = ["namespaces/a/core/pods.yaml", "cluster-resources/pods/a.json", "a/replication-controllers.json"]
            .into_iter()
            .chain([
                "resources/ns/a/core_v1_pods.json",
                "sos_commands/logs/journalctl_--no-pager",
                "yamls/cluster/v1/nodes.yaml",
            ])
            .chain(["namespaces/a/v1/pod/b.yaml", "namespaces/a/pods/b.yaml", "config/pod/a/b.json"]);
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join("top.1").join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, "{}").expect("a file");
        }
        let files = Archive::open_any(folder.path(), crate::archive::Limits::default(), None).expect("a folder");
        let sure: Vec<u8> = FORMATS.iter().map(|format| (format.recognise)(&files)).filter(|sure| *sure > 0).collect();
        let different: BTreeSet<&u8> = sure.iter().collect();
        assert_eq!((sure.len(), different.len()), (9, 9), "{sure:?}");
        assert!(sure.iter().all(|sure| (11..100).contains(sure)));
    }
}
