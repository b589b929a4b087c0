//! The tables that `kubectl get` and `kubectl events` print, one below the other, with the commands above them.
//!
//! Sources: kubernetes, pkg/printers/internalversion/printers.go (columns of events, pods, nodes, claims, volumes);
//! kubectl, pkg/cmd/events. Columns of people's own making (`-o custom-columns`) are known by usual names.

use super::columns::Columns;
use super::prompt::{self, Asked};
use chrono::{DateTime, Utc};

/// What a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Events,
    Pods,
    Nodes,
    Claims,
    Volumes,
    /// Of a kind of which nothing is read.
    Others,
}

/// How columns are called in which an event says the same.
pub const LAST: &[&str] =
    &["LAST SEEN", "LASTSEEN", "LAST", "LAST-SEEN", "LASTTIMESTAMP", "TIME", "TIMESTAMP", "WHEN", "AGE"];
pub const FIRST: &[&str] = &["FIRST SEEN", "FIRSTSEEN", "FIRST", "FIRST-SEEN", "FIRSTTIMESTAMP"];
pub const REASON: &[&str] = &["REASON"];
pub const MESSAGE: &[&str] = &["MESSAGE", "MSG", "NOTE"];
pub const OBJECT: &[&str] = &["OBJECT", "INVOLVED OBJECT", "INVOLVED"];
pub const KIND: &[&str] = &["KIND", "OBJECT KIND"];
pub const NAME: &[&str] = &["NAME", "OBJECT NAME"];
pub const NAMESPACE: &[&str] = &["NAMESPACE", "NS"];
pub const TYPE: &[&str] = &["TYPE"];
pub const COUNT: &[&str] = &["COUNT"];
pub const SUBOBJECT: &[&str] = &["SUBOBJECT"];
pub const SOURCE: &[&str] = &["SOURCE", "FROM", "COMPONENT"];

/// The tables of a text, line by line.
#[derive(Debug, Default)]
pub struct Tables {
    table: Option<(Of, Columns)>,
    number: usize,
    asked: Asked,
    printed: Option<DateTime<Utc>>,
}

/// A row of a table.
#[derive(Debug)]
pub struct Row<'a> {
    pub of: Of,
    /// Which of the text's tables it is in.
    pub table: usize,
    /// What the command above asked for.
    pub asked: &'a Asked,
    /// When the text above says that it was printed.
    pub printed: Option<DateTime<Utc>>,
    columns: &'a Columns,
    cells: Vec<&'a str>,
}

/// What a line is.
#[derive(Debug)]
pub enum Line<'a> {
    Row(Row<'a>),
    /// It stands where a row would, and is none.
    Broken,
    /// A line of names, a command, a blank.
    Beside,
}

impl Tables {
    pub fn line<'a>(&'a mut self, line: &'a str) -> Line<'a> {
        if line.trim().is_empty() {
            self.table = None;
            return Line::Beside;
        }
        let asked = prompt::asked(line);
        let printed = prompt::time(line);
        if asked.is_some() || printed.is_some() {
            self.printed = printed.or(self.printed);
            self.asked = asked.unwrap_or_default();
            self.table = None;
            return Line::Beside;
        }
        if let Some(table) = header(line) {
            self.table = Some(table);
            self.number += 1;
            return Line::Beside;
        }
        let Some((of, columns)) = &self.table else { return Line::Beside };
        let Some(cells) = columns.cells(line) else { return Line::Broken };
        let (asked, printed) = (&self.asked, self.printed);
        Line::Row(Row { of: *of, table: self.number, asked, printed, columns, cells })
    }
}

impl<'a> Row<'a> {
    /// The cell of the first of these columns that there is; none where it is empty.
    pub fn cell(&self, names: &[&str]) -> Option<&'a str> {
        let cell = self.cells.get(self.columns.position(names)?)?;
        Some(*cell).filter(|cell| !cell.is_empty() && *cell != "<none>")
    }

    /// Whether the table has one of these columns.
    pub fn has(&self, names: &[&str]) -> bool {
        self.columns.position(names).is_some()
    }
}

/// What a table of which a line has the names is of; none where it is no such line.
pub fn header(line: &str) -> Option<(Of, Columns)> {
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" -_()%/.".contains(&byte);
    let is_first = line.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    // `kubectl top` prints units in lower case.
    let plain = line.replace("(cores)", "").replace("(bytes)", "");
    if !is_first || !plain.trim_end().bytes().all(is_name) {
        return None;
    }
    let columns = Columns::of(line)?;
    let has = |names: &[&str]| columns.position(names).is_some();
    let all = |names: &[&str]| names.iter().all(|name| has(&[name]));
    let is_of_events = has(REASON) && has(MESSAGE) && has(LAST) && (has(OBJECT) || has(NAME));
    let of = match () {
        () if is_of_events => Of::Events,
        () if all(&["NAME", "READY", "STATUS", "RESTARTS"]) => Of::Pods,
        () if all(&["NAME", "STATUS", "ROLES", "VERSION"]) => Of::Nodes,
        () if all(&["NAME", "STATUS", "VOLUME", "CAPACITY"]) => Of::Claims,
        () if all(&["NAME", "CAPACITY", "STATUS", "CLAIM"]) => Of::Volumes,
        () if has(NAME) && (has(&["AGE"]) || line.contains("(cores)")) => Of::Others,
        () => return None,
    };
    Some((of, columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tables_are_known_by_their_names() {
        let of = |line: &str| header(line).map(|(of, _)| of);
        let cases = [
            ("LAST SEEN   TYPE      REASON    OBJECT      MESSAGE", Of::Events),
            (
                "NAMESPACE   LAST SEEN   TYPE      REASON    OBJECT      SUBOBJECT   SOURCE   MESSAGE   FIRST SEEN   COUNT   NAME",
                Of::Events,
            ),
            (
                "LASTSEEN   FIRSTSEEN   COUNT     NAME      KIND      SUBOBJECT   TYPE      REASON    SOURCE    MESSAGE",
                Of::Events,
            ),
            ("TIME                   KIND   NAME    REASON    MESSAGE", Of::Events),
            ("NAME    READY   STATUS    RESTARTS      AGE", Of::Pods),
            ("NAME    READY   STATUS    RESTARTS   AGE   IP   NODE   NOMINATED NODE   READINESS GATES", Of::Pods),
            ("NAME     STATUS     ROLES           AGE   VERSION", Of::Nodes),
            (
                "NAME   STATUS   VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE",
                Of::Claims,
            ),
            (
                "NAME   CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS   CLAIM   STORAGECLASS   REASON   AGE",
                Of::Volumes,
            ),
            ("NAME   READY   UP-TO-DATE   AVAILABLE   AGE", Of::Others),
            ("NAME   CPU(cores)   MEMORY(bytes)", Of::Others),
        ];
        for (line, expected) in cases {
            assert_eq!(of(line), Some(expected), "{line}");
        }
        for line in ["", "NAME", "Name:  web-0", "ERROR  FATAL", "NAME READY STATUS RESTARTS AGE", "No resources found"]
        {
            assert_eq!(of(line), None, "{line}");
        }
    }

    #[test]
    fn a_command_and_a_date_go_for_the_tables_below() {
        let text = "Sat Nov 21 07:10:00 UTC 2026\n$ kubectl -n shop get all\nNAME        READY   STATUS    RESTARTS      AGE\n\
                    pod/web-0   0/1     Error     5 (3m ago)    9m\n\nNAME          TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n\
                    service/web   ClusterIP   10.1.2.3     <none>        80/TCP    9m\n$ kubectl get no\nNAME     STATUS   ROLES    AGE   VERSION\nnode-1   Ready    <none>   9m    v1.34.4\n";
        let mut tables = Tables::default();
        let mut rows = Vec::new();
        for line in text.lines() {
            if let Line::Row(row) = tables.line(line) {
                let name = row.cell(NAME).map(str::to_owned);
                rows.push((row.of, row.table, row.asked.clone(), name, row.printed.map(|at| at.to_rfc3339())));
            }
        }
        let printed = Some("2026-11-21T07:10:00+00:00".to_owned());
        let shop = || Asked::Of("shop".to_owned());
        let row = |of, table, asked, name: &str| (of, table, asked, Some(name.to_owned()), printed.clone());
        let expected = [
            row(Of::Pods, 1, shop(), "pod/web-0"),
            row(Of::Others, 2, shop(), "service/web"),
            row(Of::Nodes, 3, Asked::Unsaid, "node-1"),
        ];
        assert_eq!(rows, expected);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,200}", rows in "(NAME  READY  STATUS  RESTARTS  AGE\n)?[a-z0-9 \n\t]{0,120}") {
            for text in [text, rows] {
                let mut tables = Tables::default();
                for line in text.lines() {
                    if let Line::Row(row) = tables.line(line) {
                        row.cell(NAME);
                    }
                }
            }
        }
    }
}
