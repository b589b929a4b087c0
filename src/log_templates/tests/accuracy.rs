//! How well lines are grouped, on recorded journals of the lab: 2,000 lines, every sixteenth of all there are, labelled
//! by hand with the format string that their program's source has for them (`tests/data/log_templates/labels.tsv`). A
//! line is grouped right if its template has exactly the lines of its label (grouping accuracy; Zhu et al. 2019, Tools
//! and Benchmarks for Automated Log Parsing).

use super::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;

/// What grouping accuracy is at least. That of Drain is 0.87 on average of the sixteen logs of its benchmark.
const LEAST: f64 = 0.80;

struct Labelled {
    group: usize,
    program: String,
    line: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Each line with its label. The file has the groups first, `NUMBER⇥FORMAT`, then `# ENTRY` and `LINE⇥NUMBER`.
fn labelled() -> (Vec<Labelled>, BTreeMap<usize, String>) {
    let text = fs::read_to_string(root().join("tests/data/log_templates/labels.tsv")).expect("the labels");
    let (mut found, mut groups, mut entry) = (Vec::new(), BTreeMap::new(), None);
    for row in text.lines() {
        if let Some(path) = row.strip_prefix("# ") {
            let file = root().join("fixtures").join(path);
            let text = fs::read_to_string(&file).expect("a journal");
            let unit = file.file_stem().expect("a name").to_string_lossy().into_owned();
            entry = Some((unit, text.lines().map(str::to_owned).collect::<Vec<_>>()));
            continue;
        }
        let (number, value) = row.split_once('\t').expect("two columns");
        let number: usize = number.parse().expect("a number");
        match &entry {
            None => drop(groups.insert(number, value.to_owned())),
            Some((unit, lines)) => found.push(Labelled {
                group: value.parse().expect("a group"),
                program: unit.clone(),
                line: lines[number - 1].clone(),
            }),
        }
    }
    (found, groups)
}

#[test]
fn four_of_five_lines_of_the_labs_journals_are_grouped_right() {
    let (labelled, groups) = labelled();
    assert_eq!(labelled.len(), 2000);
    let (mut shapes, mut of_line, mut shape) = (Shapes::default(), Vec::new(), String::new());
    for one in &labelled {
        let line = Line::of(Form::Journal, &one.line, time("2026-11-27T00:00:00Z"));
        let count = write_shape(&mut shape, line.program.unwrap_or(&one.program), &line.text, None);
        let sighting = Sighting { entry: 0, line: 1, at: line.at, is_after: false, text: &line.text };
        shapes.add(&shape, count, sighting);
        of_line.push(shape.clone());
    }
    let mut template_of: HashMap<Box<str>, usize> = HashMap::new();
    for (number, cluster) in drain::clusters(shapes).into_iter().enumerate() {
        template_of.extend(cluster.shapes.into_iter().map(|shape| (shape, number)));
    }
    let mut by_label: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut by_template: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (index, (one, shape)) in labelled.iter().zip(&of_line).enumerate() {
        by_label.entry(one.group).or_default().insert(index);
        by_template.entry(template_of[shape.as_str()]).or_default().insert(index);
    }
    let templates: BTreeSet<&BTreeSet<usize>> = by_template.values().collect();
    let (right, wrong): (Vec<_>, Vec<_>) = by_label.iter().partition(|(_, lines)| templates.contains(lines));
    let accuracy = right.iter().map(|(_, lines)| lines.len()).sum::<usize>() as f64 / labelled.len() as f64;
    let mut wrong: Vec<_> = wrong.iter().map(|(group, lines)| (lines.len(), &groups[group])).collect();
    wrong.sort_by(|one, other| other.cmp(one));
    println!("grouping accuracy {accuracy:.3}, {} groups, {} templates", by_label.len(), by_template.len());
    assert!(accuracy >= LEAST, "grouping accuracy {accuracy:.3}; lines of groups that are wrong: {wrong:#?}");
}
