//! Objects in the form that was asked for: whole, as rows of a table, or their metadata alone.

use super::answer::Refusal;
use super::ask::{Ask, Form};
use super::newer_events;
use super::resource::Resource;
use super::shelf::Reader;
use super::store::{Store, is_metadata_only};
use super::table::Table;
use crate::objects::kinds::Named;
use crate::viewing::Object;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The API of tables and of metadata alone.
const META: &str = "meta.k8s.io/v1";

/// Said of objects of which only metadata was asked for, where somebody may take them for empty.
const NOTE: &str = "k8s-forensics/collected";

/// How objects of one kind are written.
pub struct Shown {
    form: Form,
    table: Table,
    kind: String,
    api_version: String,
    named: Named,
    is_metadata_only: bool,
    /// Objects are kept as events of the core, and written as the newer API has them.
    is_newer_event: bool,
    include: Include,
}

/// What a row holds beside its cells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Include {
    Nothing,
    Metadata,
    Object,
}

#[derive(Deserialize)]
struct Just<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

impl Shown {
    pub fn of(store: &Store, ask: &Ask, resource: &Resource, sample: Option<&[u8]>) -> Result<Self, Refusal> {
        let not_acceptable = || Refusal::new(406, "NotAcceptable", "only application/json can be given");
        let form = ask.form().ok_or_else(not_acceptable)?;
        let is_metadata_only = sample.is_some_and(is_metadata_only);
        let is_newer_event = resource.full() == newer_events::FULL;
        let full = newer_events::kept_as(&resource.full()).to_owned();
        let definition = if form == Form::Table { store.definition(&full) } else { None };
        let include = match ask.query("includeObject") {
            Some("None") => Include::Nothing,
            Some("Object") => Include::Object,
            _ => Include::Metadata,
        };
        let group = if is_newer_event { String::new() } else { resource.group.clone() };
        let mut table = Table::of(&full, &resource.version, definition.as_ref(), is_metadata_only);
        if form == Form::Table && !is_metadata_only && table.is_plain() {
            table = store.printed(&full).map_or(table, Table::Printed);
        }
        Ok(Self {
            form,
            table,
            kind: resource.kind.clone(),
            api_version: resource.api_version(),
            named: Named { kind: resource.kind.clone(), plural: full, group },
            is_metadata_only,
            is_newer_event,
            include,
        })
    }

    /// What kubectl says above objects of which there is no more.
    pub fn warning(&self) -> Option<String> {
        let what =
            || format!("the content of objects of kind {} was never collected: this is their metadata", self.kind);
        self.is_metadata_only.then(what)
    }

    /// Reads one with all that it needs for a selector.
    pub fn read(&self, reader: &mut Reader<'_>, place: usize) -> Option<Object> {
        reader.object(place, &self.named)
    }

    /// Begins a list; its metadata come as JSON.
    pub fn begin(&self, out: &mut dyn Write, metadata: &Value) -> io::Result<()> {
        let (kind, api_version, of) = match self.form {
            Form::Whole => (format!("{}List", self.kind), self.api_version.as_str(), "\"items\":"),
            Form::Metadata => ("PartialObjectMetadataList".to_owned(), META, "\"items\":"),
            Form::Table => ("Table".to_owned(), META, "\"rows\":"),
        };
        write!(out, "{{\"kind\":{},\"apiVersion\":{},\"metadata\":{metadata},", json!(kind), json!(api_version))?;
        if self.form == Form::Table {
            write!(out, "\"columnDefinitions\":{},", self.table.definitions())?;
        }
        write!(out, "{of}[")
    }

    pub fn end(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"]}\n")
    }

    /// An object as an item of its list.
    pub fn item(&self, out: &mut dyn Write, reader: &mut Reader<'_>, place: usize) -> io::Result<()> {
        match self.form {
            Form::Whole => self.whole(out, reader.json(place).unwrap_or(b"{}")),
            Form::Metadata => Self::metadata(out, reader.json(place).unwrap_or(b"{}")),
            Form::Table => self.row(out, reader, place),
        }
    }

    /// An object as a row: it is read once, however much of it is shown.
    fn row(&self, out: &mut dyn Write, reader: &mut Reader<'_>, place: usize) -> io::Result<()> {
        let mut one = self.read(reader, place);
        let cells = one.as_ref().map(|one| self.table.cells(one)).unwrap_or_default();
        write!(out, "{{\"cells\":{}", Value::from(cells))?;
        if self.include != Include::Nothing {
            out.write_all(b",\"object\":")?;
        }
        match self.include {
            Include::Nothing => {}
            Include::Metadata => {
                let metadata = one.as_mut().and_then(|one| one.json.get_mut("metadata")).map(Value::take);
                Self::just_metadata(out, metadata.unwrap_or_default())?;
            }
            Include::Object => self.whole(out, reader.json(place).unwrap_or(b"{}"))?,
        }
        out.write_all(b"}")
    }

    /// An object by itself; a row stands in a table of its own.
    pub fn alone(&self, out: &mut dyn Write, reader: &mut Reader<'_>, place: usize) -> io::Result<()> {
        if self.form != Form::Table {
            return self.item(out, reader, place);
        }
        self.begin(out, &json!({}))?;
        self.item(out, reader, place)?;
        out.write_all(b"]}")
    }

    /// An object as it was sent, with its kind, which items of lists do not say.
    fn whole(&self, out: &mut dyn Write, json: &[u8]) -> io::Result<()> {
        if self.is_metadata_only {
            let metadata = serde_json::from_slice::<Just<'_>>(json).ok();
            let mut metadata: Value =
                metadata.and_then(|just| serde_json::from_str(just.metadata.get()).ok()).unwrap_or_default();
            if let Some(meta) = metadata.as_object_mut() {
                let notes = meta.entry("annotations").or_insert_with(|| json!({}));
                if let Some(notes) = notes.as_object_mut() {
                    notes.insert(NOTE.to_owned(), "metadata only".into());
                }
            }
            return write!(out, "{}", json!({"kind": self.kind, "apiVersion": self.api_version, "metadata": metadata}));
        }
        if self.is_newer_event {
            let event = serde_json::from_slice(json).map_or(Value::Null, newer_events::of_core);
            return write!(out, "{event}");
        }
        let json = json.trim_ascii();
        match json.strip_prefix(b"{") {
            Some(rest) if !says_kind(json) => {
                write!(out, "{{\"kind\":{},\"apiVersion\":{}", json!(self.kind), json!(self.api_version))?;
                if rest != b"}" {
                    out.write_all(b",")?;
                }
                out.write_all(rest)
            }
            _ => out.write_all(json),
        }
    }

    fn metadata(out: &mut dyn Write, json: &[u8]) -> io::Result<()> {
        let metadata = serde_json::from_slice::<Just<'_>>(json).ok();
        let metadata = metadata.and_then(|just| serde_json::from_str(just.metadata.get()).ok());
        Self::just_metadata(out, metadata.unwrap_or_default())
    }

    /// Who wrote which fields is left out: it is half of them, and nothing that shows a table reads it.
    fn just_metadata(out: &mut dyn Write, mut metadata: Value) -> io::Result<()> {
        if let Some(meta) = metadata.as_object_mut() {
            meta.remove("managedFields");
        }
        write!(out, "{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"{META}\",\"metadata\":{metadata}}}")
    }
}

/// Whether an object says of which kind it is.
fn says_kind(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(default)]
        kind: Option<Value>,
    }
    // Most say it first, or not at all.
    json.starts_with(b"{\"kind\"")
        || json.starts_with(b"{\"apiVersion\"")
        || (!json.starts_with(b"{\"metadata\"")
            && serde_json::from_slice::<Kind>(json).is_ok_and(|one| one.kind.is_some()))
}
