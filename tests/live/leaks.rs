//! Values of objects that only their kind shows leaked once, and must not again: markers stand in each place, and are in
//! no byte of what is made.

use crate::access::spellings;
use crate::lab::Lab;
use crate::process::{folder, run, wait_until};
use crate::sealed::{content, objects, open_sealed, text};
use k8s_forensics::archive::{Archive, layout};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

const SPACE: &str = "leaks";
const LIMIT: Duration = Duration::from_secs(120);

pub fn now() -> u128 {
    SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos()
}

/// Every place with a marker in any spelling: entries of an archive, files, what was said.
pub fn holding(places: &[(String, Vec<u8>)], markers: &[String]) -> Vec<String> {
    let forms: Vec<(&String, String)> =
        markers.iter().flat_map(|marker| spellings(marker).into_iter().map(move |form| (marker, form))).collect();
    let searcher = |form: &String| memchr::memmem::Finder::new(form.as_bytes()).into_owned();
    let finders: Vec<_> = forms.iter().map(|(marker, form)| (*marker, searcher(form))).collect();
    let holds = |(place, content): &(String, Vec<u8>)| {
        let found = finders.iter().filter(|(_, finder)| finder.find(content).is_some());
        found.map(|(marker, _)| format!("{marker} in {place}")).collect::<Vec<_>>()
    };
    places.iter().flat_map(holds).collect()
}

pub fn entries(archive: &Archive) -> Vec<(String, Vec<u8>)> {
    archive.entries().map(|entry| (entry.to_owned(), content(archive, entry))).collect()
}

fn tool(args: &[&str], paths: &[&Path]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.args(args).args(paths);
    let ended = run(&mut command, args.first().unwrap_or(&""), LIMIT);
    assert_eq!(ended.code, Some(0), "{ended}");
    format!("{}{}", ended.stdout, ended.stderr)
}

/// Takes away what the test made.
pub struct Undo<'a> {
    pub lab: &'a Lab,
    pub files: Vec<PathBuf>,
    pub objects: Vec<Vec<String>>,
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for object in &self.objects {
            let args: Vec<&str> = ["delete", "--ignore-not-found", "--wait=false"]
                .into_iter()
                .chain(object.iter().map(String::as_str))
                .collect();
            if let Err(why) = self.lab.kubectl(&args) {
                eprintln!("live tests: {why}");
            }
        }
    }
}

/// An object to plant.
#[derive(Deserialize)]
struct Planted {
    kind: String,
    group: String,
    plural: String,
    body: Value,
}

impl Planted {
    fn plural(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }

    fn is_own(&self) -> bool {
        self.group != "apps"
    }

    /// The object, with markers that are added to `markers`.
    fn object(&self, of: u128, markers: &mut Vec<String>) -> Value {
        let mut object = self.body.clone();
        object["apiVersion"] = json!(format!("{}/v1", self.group));
        object["kind"] = json!(self.kind);
        object["metadata"] = json!({"name": "planted", "namespace": SPACE});
        serde_json::from_str(&numbered(&object.to_string(), of, markers)).expect("JSON")
    }

    fn definition(&self) -> String {
        let Self { kind, group, plural, .. } = self;
        let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let version = json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": open}});
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": self.plural()},
            "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural}, "versions": [version]}
        })
        .to_string()
    }
}

/// `text` with another marker in the place of each `MARK`.
fn numbered(text: &str, of: u128, markers: &mut Vec<String>) -> String {
    let mut parts = text.split("MARK");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let marker = format!("k8sfleak{}x{of}", markers.len());
        out.push_str(&marker);
        out.push_str(part);
        markers.push(marker);
    }
    out
}

/// Where members are, by their names; of lists that they are ones.
fn keys(value: &Value, at: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            let here = format!("{at}.{name}");
            keys(value, &here, out);
            out.insert(here);
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, &format!("{at}[]"), out)),
        _ => {}
    }
}

pub fn values_of_kinds_are_nowhere(lab: &Lab) {
    let planted: Vec<Planted> = serde_saphyr::from_multiple(include_str!("leaks.yaml")).expect("the objects");
    let own: Vec<&Planted> = planted.iter().filter(|planted| planted.is_own()).collect();
    let mut undo = Undo { lab, files: Vec::new(), objects: vec![vec!["namespace".into(), SPACE.into()]] };
    undo.objects.extend(own.iter().map(|planted| vec!["crd".to_owned(), planted.plural()]));
    let (of, mut markers) = (now(), Vec::new());
    let object = |planted: &Planted| (planted.plural(), planted.object(of, &mut markers));
    let objects: Vec<(String, Value)> = planted.iter().map(object).collect();
    let made = (|| {
        let _ = lab.kubectl(&["create", "namespace", SPACE]);
        let crds: Vec<String> = own.iter().map(|planted| planted.definition()).collect();
        lab.apply(&crds.join("\n---\n"))?;
        lab.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=100s"])?;
        let all: Vec<String> = objects.iter().map(|(_, object)| object.to_string()).collect();
        wait_until("the planted objects", LIMIT, || lab.apply(&all.join("\n---\n")).is_ok())
    })();
    made.unwrap_or_else(|why| panic!("{why}"));
    assert!(markers.len() > 150, "{}", markers.len());
    are_taken_out_while_collecting(lab, &objects, &markers);
    are_taken_out_afterwards(lab, &objects, &markers);
}

fn are_taken_out_while_collecting(lab: &Lab, objects: &[(String, Value)], markers: &[String]) {
    let file = folder().join("kinds-planted.zip");
    let _ = fs::remove_file(&file);
    let ended = lab.collect(&file, &["--since", "10m"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let archive = open_sealed(&file);
    let report = folder().join("kinds-planted-report");
    let _ = fs::remove_dir_all(&report);
    let said = tool(&["analyze", "-o"], &[&report, &file]);
    let mut places = entries(&archive);
    let files = fs::read_dir(&report).expect("a report").map(|file| file.expect("a file").path());
    places.extend(files.map(|file| (file.display().to_string(), fs::read(&file).expect("a file"))));
    places.push(("what was said".to_owned(), format!("{}{}{said}", ended.stdout, ended.stderr).into_bytes()));
    let found = holding(&places, markers);
    assert!(found.is_empty(), "{found:#?}");
    keep_their_keys(&archive, objects);
}

/// Out of an archive where everything was left.
fn are_taken_out_afterwards(lab: &Lab, objects: &[(String, Value)], markers: &[String]) {
    let whole = folder().join("kinds-planted-whole.zip");
    let _ = fs::remove_file(&whole);
    let ended = lab.collect(&whole, &["--only", "objects", "--redact", "off", "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let left = holding(&entries(&open_sealed(&whole)), markers);
    assert!(left.len() >= markers.len(), "only {} markers were there, so this proves nothing", left.len());
    for args in [&["redact", "--force", "-o"][..], &["redact", "--force", "--strict", "-o"]] {
        let shared = folder().join("kinds-planted-shared.zip");
        let said = tool(args, &[&shared, &whole]);
        let copy = open_sealed(&shared);
        let mut places = entries(&copy);
        places.push(("what was said".to_owned(), said.into_bytes()));
        let found = holding(&places, markers);
        assert!(found.is_empty(), "{args:?}: {found:#?}");
        let redactions = text(&copy, layout::REDACTIONS);
        assert!(redactions.contains("by-kind"), "{redactions}");
        if !args.contains(&"--strict") {
            keep_their_keys(&copy, objects);
        }
    }
}

fn keep_their_keys(archive: &Archive, manifests: &[(String, Value)]) {
    for (plural, manifest) in manifests {
        let all = objects(archive, plural);
        let object =
            all.iter().find(|object| object["metadata"]["name"] == "planted").unwrap_or_else(|| panic!("no {plural}"));
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        for part in ["spec", "status", "operation", "data"] {
            keys(&manifest[part], part, &mut before);
            keys(&object[part], part, &mut after);
        }
        assert_eq!(after, before, "{plural}");
    }
}
