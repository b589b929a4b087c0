//! `show ARCHIVE metrics [ID]`: series as they were collected, each a line that is drawn.

use super::super::failure::Failure;
use super::super::open::Opening;
use super::super::terminal;
use super::choose::{Form, Output, Scope, When};
use super::sheet::{self, Sheet};
use indicatif::HumanBytes;
use k8s_forensics::inputs::Inputs;
use k8s_forensics::model::rfc3339;
use k8s_forensics::viewing::{self, Shown};
use serde_json::{Value, json};

/// The series of a query, drawn over their time; without one, the queries there are
#[derive(clap::Args)]
pub struct Args {
    /// The id of a query, as the list has it
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    when: When,
    #[command(flatten)]
    output: Output,
}

/// The most characters of a drawn series.
const DRAWN: usize = 40;
/// How near a word has to be to an id to be meant.
const NEAR: f64 = 0.8;
const MOST_NEAR: usize = 6;

pub fn print(archive: &Opening, of: &Args) -> Result<(), Failure> {
    let inputs = Inputs::from(archive.open_input()?);
    let ids = viewing::ids(&inputs);
    let Some(id) = &of.id else {
        let rows: Vec<Value> = ids.iter().map(|(id, bytes)| json!({"id": id, "bytes": bytes})).collect();
        return sheet::print(of.output.output, &rows, || {
            let mut sheet = Sheet::new(["ID", "SIZE"]);
            ids.iter().for_each(|(id, bytes)| sheet.add(&[id.clone(), HumanBytes(*bytes).to_string()], None));
            sheet
        });
    };
    let tried = format!("show metrics {id}");
    if !ids.contains_key(id) {
        let mut near: Vec<(f64, &String)> = ids.keys().map(|known| (strsim::jaro_winkler(known, id), known)).collect();
        near.retain(|(score, known)| *score > NEAR || known.contains(id.as_str()));
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let near: Vec<&str> = near.iter().take(MOST_NEAR).map(|(_, known)| known.as_str()).collect();
        let failed = Failure::environment(tried, "no answer to such a query is here");
        return Err(match near.as_slice() {
            [] => failed.hint("`show ARCHIVE metrics` lists them"),
            near => failed.hint(format!("there are {}", near.join(", "))),
        });
    }
    let choice = of.scope.choice(&of.when, &inputs, &tried)?;
    let all = viewing::series(&inputs, id, &choice).map_err(|error| Failure::environment(&tried, error))?;
    if all.is_empty() {
        terminal::tell("note: the query has no series that is meant");
    }
    let data: Vec<Value> = if is_for_programs(of.output.output) { all.iter().map(data).collect() } else { Vec::new() };
    sheet::print(of.output.output, &data, || table(&all, of.output.output == Form::Wide))
}

fn is_for_programs(form: Form) -> bool {
    !matches!(form, Form::Table | Form::Wide)
}

fn data(one: &Shown) -> Value {
    let values: Vec<Value> = one.samples.iter().map(|(at, value)| json!([rfc3339(*at), value])).collect();
    json!({"labels": one.labels, "server": one.server, "entry": one.entry, "line": one.line, "values": values})
}

fn table(all: &[Shown], is_wide: bool) -> Sheet {
    let times = || all.iter().flat_map(|one| [one.samples.first(), one.samples.last()]).flatten().map(|(at, _)| *at);
    let (Some(from), Some(to)) = (times().min(), times().max()) else { return Sheet::new(["SERIES"]) };
    let drawn = format!("{} to {}", from.format("%H:%M:%S"), to.format("%H:%M:%SZ"));
    // A part of the time without a sample would look like one in which there was nothing.
    let parts = all.iter().map(|one| one.samples.len()).max().unwrap_or_default().min(DRAWN);
    let record: &[&str] = if is_wide { &["RECORD"] } else { &[] };
    let mut sheet =
        Sheet::new([drawn.as_str(), "MIN", "MAX", "LAST"].into_iter().chain(record.iter().copied()).chain(["SERIES"]));
    for one in all {
        let bounds = one.bounds();
        let value = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), short);
        let last = one.samples.last().map(|(_, value)| *value);
        let mut cells = vec![
            viewing::sparkline(one, (from, to), parts),
            value(bounds.map(|(least, _)| least)),
            value(bounds.map(|(_, most)| most)),
            value(last),
        ];
        if is_wide {
            cells.push(format!("{}:{}", one.entry, one.line));
        }
        let labels: Vec<String> = one.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let server = if one.server.is_empty() { String::new() } else { format!(" of {}", one.server) };
        cells.push(format!("{{{}}}{server}", labels.join(", ")));
        sheet.add(&cells, None);
    }
    sheet
}

/// A value with the digits that count.
fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => value.to_string(),
        _ if size >= 1e15 => format!("{value:.3e}"),
        _ if value.fract() == 0.0 => format!("{value}"),
        _ if size >= 100.0 => format!("{value:.1}"),
        _ if size >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        let told = [0.0, 3.0, 1234.56, 0.12345, 0.000_123, -2.5, f64::NAN, 1e18].map(short);
        assert_eq!(told, ["0", "3", "1234.6", "0.123", "1.23e-4", "-2.500", "NaN", "1.000e18"]);
    }
}
