//! No circles: files that import each other, even by way of others, can only be read together.
//!
//! A `mod.rs` stands for its whole room, and what is below a file belongs to it, so neither counts.

use crate::tidy::{rust_files, without_comments};
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use regex::Regex;
use std::collections::BTreeMap;

#[test]
fn no_two_files_import_each_other() {
    // What stands beside the rooms draws on several of them.
    let is_in_room = |file: &str| file.matches('/').count() > 1;
    let files: BTreeMap<String, String> = rust_files("src").into_iter().filter(|(file, _)| is_in_room(file)).collect();
    let counts = |file: &String| !file.ends_with("/mod.rs") && !file.contains("/tests");
    let mut graph = DiGraph::new();
    let module = |file: &str| file.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::");
    let nodes: BTreeMap<String, _> =
        files.keys().filter(|file| counts(file)).map(|file| (module(file), graph.add_node(file.clone()))).collect();
    for (file, text) in files.iter().filter(|(file, _)| counts(file)) {
        let (module, code) =
            (module(file), without_comments(text.split("#[cfg(test)]\nmod ").next().unwrap_or_default()));
        for path in imports(&code) {
            let imported = resolved(&module, &path, |path| nodes.contains_key(path)).unwrap_or_else(|| module.clone());
            if !is_within(&imported, &module) && !is_within(&module, &imported) {
                graph.update_edge(nodes[&module], nodes[&imported], ());
            }
        }
    }
    let circles: Vec<_> = tarjan_scc(&graph).into_iter().filter(|circle| circle.len() > 1).collect();
    let named: Vec<Vec<&String>> = circles.iter().map(|all| all.iter().map(|node| &graph[*node]).collect()).collect();
    assert!(graph.edge_count() > nodes.len(), "the imports were not found");
    assert!(named.is_empty(), "{named:#?}");
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every path that code imports, or names from `crate` or `super` on.
fn imports(code: &str) -> Vec<String> {
    let all = Regex::new(r"\buse ([^;]+);|\b((?:crate|super)(?:::\w+)+)").expect("a fixed pattern");
    let alias = Regex::new(r"\bas \w+|\s").expect("a fixed pattern");
    let written = all.captures_iter(code).filter_map(|found| found.get(1).or_else(|| found.get(2)));
    written.flat_map(|path| expanded(&alias.replace_all(path.as_str(), ""))).collect()
}

/// `a::b` and `a::c` of `a::{b, c}`.
fn expanded(path: &str) -> Vec<String> {
    let Some((before, group)) = path.split_once('{') else { return vec![path.to_owned()] };
    let (mut parts, mut nesting) = (vec![String::new()], 0);
    for character in group.strip_suffix('}').unwrap_or(group).chars() {
        match character {
            ',' if nesting == 0 => parts.push(String::new()),
            _ => parts.last_mut().expect("it starts with one").push(character),
        }
        nesting += i32::from(character == '{') - i32::from(character == '}');
    }
    parts.iter().flat_map(|part| expanded(part)).map(|part| format!("{before}{part}")).collect()
}

/// The file that `path` leads to, as it is written in `module`: the longest beginning of it that is one.
fn resolved(module: &str, path: &str, is_file: impl Fn(&str) -> bool) -> Option<String> {
    let mut from: Vec<&str> = module.split("::").collect();
    let mut parts = path.split("::").peekable();
    match parts.next()? {
        "crate" => from.clear(),
        "super" => drop(from.pop()),
        _ => return None,
    }
    while parts.next_if_eq(&"super").is_some() {
        from.pop();
    }
    from.extend(parts);
    (1..=from.len()).rev().map(|length| from[..length].join("::")).find(|path| is_file(path))
}

#[test]
fn imports_lead_to_files() {
    let found = imports("use super::{a::{self, B}, c as d};\nlet x = super::super::e::f();");
    assert_eq!(found, ["super::a::self", "super::a::B", "super::c", "super::super::e::f"]);
    let is_file = |path: &str| ["r::a", "r::s::a"].contains(&path);
    assert_eq!(resolved("r::s::t", "super::a::B", is_file).as_deref(), Some("r::s::a"));
    assert_eq!(resolved("r::s::t", "super::super::a::B", is_file).as_deref(), Some("r::a"));
    assert_eq!(resolved("r::s::t", "std::a", is_file), None);
}
