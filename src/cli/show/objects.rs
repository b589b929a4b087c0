//! `show ARCHIVE get KIND [NAME]`, `pods` and `nodes`: objects as kubectl get would have shown them when they were fetched.

use super::super::as_of::{self, AsOf};
use super::super::failure::Failure;
use super::super::open::Opening;
use super::super::terminal;
use super::choose::{Form, Output, Scope, When};
use super::sheet::{self, Sheet};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::viewing::{self, Choice, Columns, Object, Selector, columns};
use serde_json::json;

/// Names that are told where the one asked for is not there.
const MOST_NAMES: usize = 20;

/// Objects of one kind, or of several with commas between
#[derive(clap::Args)]
pub struct Get {
    /// The kind as kubectl takes it, as pod, deploy or widgets.example.io, and a name behind it or behind a slash
    #[arg(value_name = "KIND [NAME] | KIND/NAME", required = true, num_args = 1..=2)]
    object: Vec<String>,
    /// Only this namespace [default: all]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Only objects with these labels, as app=api,tier!=web
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<Selector>,
    /// Show who wrote which fields, too, where objects are printed as they are
    #[arg(long)]
    show_managed_fields: bool,
    #[command(flatten)]
    at: AsOf,
    #[command(flatten)]
    output: Output,
}

/// Pods; their nodes with -o wide
#[derive(clap::Args)]
pub struct Pods {
    /// A name, or the beginning of it [default: all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    at: AsOf,
    #[command(flatten)]
    output: Output,
}

/// Nodes
#[derive(clap::Args)]
pub struct Nodes {
    /// A name [default: all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Only nodes with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<Selector>,
    #[command(flatten)]
    at: AsOf,
    #[command(flatten)]
    output: Output,
}

pub fn get(archive: &Opening, of: &Get) -> Result<(), Failure> {
    let (word, name) = match of.object.as_slice() {
        [kind, name, ..] => (kind.as_str(), Some(name.as_str())),
        [one] => one.split_once('/').map_or((one.as_str(), None), |(kind, name)| (kind, Some(name))),
        [] => ("", None),
    };
    let tried = format!("get {}", of.object.join(" "));
    let inputs = of.at.of(archive.open_inputs()?, &tried)?;
    let (mut found, mut hints) = (Vec::new(), Vec::new());
    for kind in word.split(',').filter(|kind| !kind.is_empty()) {
        let all = read(&inputs, kind, &tried)?;
        let there: Vec<String> = all.iter().map(full_name).collect();
        let is_meant = |one: &Object| {
            let namespace = of.namespace.as_deref();
            (one.namespace.is_empty() || namespace.is_none_or(|wanted| wanted == one.namespace))
                && name.is_none_or(|name| one.name == name)
                && of.selector.as_ref().is_none_or(|selector| selector.takes(&one.labels()))
        };
        let hide = |mut one: Object| {
            if !of.show_managed_fields {
                one.hide_managed_fields();
            }
            one
        };
        found.push(all.into_iter().filter(is_meant).map(hide).collect::<Vec<Object>>());
        hints.push(what_there_is(kind, &there));
    }
    if found.iter().all(Vec::is_empty) {
        let failed = Failure::environment(&tried, "there is no such object");
        return Err(hints.into_iter().fold(failed, Failure::hint));
    }
    print(&found, of.output.output, name.is_some(), &inputs)
}

pub fn pods(archive: &Opening, of: &Pods) -> Result<(), Failure> {
    let scope = Scope { pod: of.name.clone().or_else(|| of.scope.pod.clone()), ..of.scope.clone() };
    let inputs = of.at.of(archive.open_inputs()?, "show pods")?;
    some(&inputs, ("pods", of.output.output), &scope, |choice, one| choice.takes_pod(&one.namespace, &one.name))
}

pub fn nodes(archive: &Opening, of: &Nodes) -> Result<(), Failure> {
    let by_labels = |one: &Object| of.selector.as_ref().is_none_or(|selector| selector.takes(&one.labels()));
    let by_name = |one: &Object| of.name.as_deref().is_none_or(|name| name == one.name);
    let inputs = of.at.of(archive.open_inputs()?, "show nodes")?;
    some(&inputs, ("nodes", of.output.output), &Scope::default(), |_, one| by_labels(one) && by_name(one))
}

fn some(
    inputs: &Inputs,
    (plural, form): (&str, Form),
    scope: &Scope,
    is_meant: impl Fn(&Choice, &Object) -> bool,
) -> Result<(), Failure> {
    let tried = format!("show {plural}");
    let choice = scope.choice(&When::default(), inputs, &tried)?;
    let all = read(inputs, plural, &tried)?;
    let there: Vec<String> = all.iter().map(full_name).collect();
    let mut meant: Vec<Object> = all.into_iter().filter(|one| is_meant(&choice, one)).collect();
    meant.iter_mut().for_each(Object::hide_managed_fields);
    if meant.is_empty() {
        return Err(Failure::environment(tried, "there is none").hint(what_there_is(plural, &there)));
    }
    print(&[meant], form, false, inputs)
}

fn read(inputs: &Inputs, word: &str, tried: &str) -> Result<Vec<Object>, Failure> {
    let read = viewing::objects(inputs, |named| named.answers_to(word));
    let (all, unreadable) = read.map_err(|error| Failure::environment(tried, error))?;
    if unreadable > 0 {
        terminal::tell(&format!("note: {unreadable} objects of this kind cannot be read"));
    }
    Ok(all)
}

fn full_name(one: &Object) -> String {
    if one.namespace.is_empty() { one.name.clone() } else { format!("{}/{}", one.namespace, one.name) }
}

fn what_there_is(word: &str, there: &[String]) -> String {
    if there.is_empty() {
        return format!("no object of the kind {word} is here; `show ARCHIVE entries` lists what an archive holds");
    }
    let told: Vec<&str> = there.iter().map(String::as_str).take(MOST_NAMES).collect();
    let rest = there.len().saturating_sub(MOST_NAMES);
    let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    format!("there are {}{more}", told.join(", "))
}

/// Prints the objects of each kind that was asked for.
fn print(found: &[Vec<Object>], form: Form, is_one: bool, inputs: &Inputs) -> Result<(), Failure> {
    let all: Vec<&Object> = found.iter().flatten().collect();
    as_of::tell_times(all.iter().map(|one| one.fetched), inputs);
    let items = || all.iter().map(|one| &one.json).collect::<Vec<_>>();
    // As kubectl does: an object that was named is itself, and others are items of a list.
    let document = || match all.as_slice() {
        [only] if is_one => only.json.clone(),
        _ => json!({"apiVersion": "v1", "items": items(), "kind": "List", "metadata": {"resourceVersion": ""}}),
    };
    match form {
        Form::Json => terminal::print_json(&document()),
        Form::Yaml => terminal::print_yaml(&viewing::yaml(&document())),
        Form::Jsonl => terminal::print_json_lines(&items()),
        Form::Table | Form::Wide => {
            for (place, of_kind) in tables(found).iter().enumerate() {
                if place > 0 {
                    terminal::print_data("\n")?;
                }
                sheet::print_sheet(&table(of_kind, form, found.len() > 1))?;
            }
            Ok(())
        }
    }
}

/// Objects in the same columns; a word may mean several kinds.
fn tables(found: &[Vec<Object>]) -> Vec<&[Object]> {
    found.iter().flat_map(|all| all.chunk_by(|a, b| a.named.plural == b.named.plural)).collect()
}

/// One table; names have their kind before them where several kinds are shown.
fn table(all: &[Object], form: Form, with_kind: bool) -> Sheet {
    let is_wide = form == Form::Wide;
    let first = all.first();
    let plural = first.map_or("", |one| one.named.plural.as_str());
    let columns: Columns = columns(plural);
    let has_namespace = all.iter().any(|one| !one.namespace.is_empty());
    let header = has_namespace.then_some("NAMESPACE").into_iter().chain(columns.header(is_wide));
    let mut sheet = Sheet::new(header);
    for one in all {
        let mut row = if has_namespace { vec![one.namespace.clone()] } else { Vec::new() };
        let mut cells = columns.row(one, is_wide);
        if with_kind && let Some(name) = cells.first_mut() {
            *name = format!("{}/{name}", one.named.kind.to_lowercase());
        }
        row.extend(cells);
        sheet.add(&row, None);
    }
    sheet
}
