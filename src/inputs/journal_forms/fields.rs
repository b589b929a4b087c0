//! An entry of a journal by its fields (systemd.journal-fields(7)), of which few are wanted, and the line it is printed
//! as.

use crate::logline::unit::classes;
use crate::logline::{short_iso, unit};
use chrono::{DateTime, Utc};

/// Bytes of a message that are kept, and of any other field: names have a few dozen.
const MESSAGE_BYTES: usize = 1 << 20;
const NAME_BYTES: usize = 256;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// When journald received it, in microseconds since 1970.
    micros: Option<i64>,
    host: String,
    machine: String,
    identifier: String,
    command: String,
    pid: String,
    syslog_pid: String,
    unit: String,
    transport: String,
    message: Vec<u8>,
    /// The message was left out where it was printed.
    pub is_silent: bool,
}

impl Fields {
    /// Whether a field of this name is wanted.
    pub fn is_wanted(name: &[u8]) -> bool {
        let mut fields = Self::default();
        name == b"MESSAGE" || name == b"__REALTIME_TIMESTAMP" || fields.slot(name).is_some()
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut String> {
        Some(match name {
            b"_HOSTNAME" => &mut self.host,
            b"_MACHINE_ID" => &mut self.machine,
            b"SYSLOG_IDENTIFIER" => &mut self.identifier,
            b"_COMM" => &mut self.command,
            b"_PID" => &mut self.pid,
            b"SYSLOG_PID" => &mut self.syslog_pid,
            b"_SYSTEMD_UNIT" => &mut self.unit,
            b"_TRANSPORT" => &mut self.transport,
            _ => return None,
        })
    }

    /// Takes a field over, if it is wanted.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"MESSAGE" => self.message = value.get(..MESSAGE_BYTES).unwrap_or(value).to_vec(),
            b"__REALTIME_TIMESTAMP" => {
                self.micros = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse().ok());
            }
            _ => {
                if let Some(slot) = self.slot(name) {
                    *slot = word(value.get(..NAME_BYTES).unwrap_or(value));
                }
            }
        }
    }

    pub fn set_micros(&mut self, micros: u64) {
        self.micros = i64::try_from(micros).ok();
    }

    /// The machine that wrote it: a node may be renamed while it starts, and is the same machine.
    pub fn machine(&self) -> &str {
        if self.machine.is_empty() { &self.host } else { &self.machine }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    fn time(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.micros?)
    }

    /// Whether it has what every entry has.
    pub fn is_entry(&self) -> bool {
        self.time().is_some()
    }

    /// The line that stands for it, of the node `host`.
    pub fn line(&self, host: &str) -> Option<String> {
        Some(short_iso::line(self.time()?, host, &self.program(), &self.message))
    }

    /// Who wrote it, as journalctl names it. Where that tells nothing of what its unit is, and the name of the unit does,
    /// it is the unit: a kubelet may run under the name of what started it.
    fn program(&self) -> String {
        let named = [self.identifier.as_str(), self.command.as_str()].into_iter().find(|name| !name.is_empty());
        let unit = self.unit.strip_suffix(".service").unwrap_or(&self.unit);
        let name = match named {
            None if self.transport == "kernel" => "kernel",
            Some(name) if !classes(name).is_empty() || unit::classes(unit).is_empty() => name,
            None if unit.is_empty() => "unknown",
            _ => unit,
        };
        let pid = if self.pid.is_empty() { &self.syslog_pid } else { &self.pid };
        let is_number = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
        // What stands before the first of these is the name, to whoever reads the line.
        let name = name.replace([':', '['], "_");
        if is_number && name != "kernel" { format!("{name}[{pid}]") } else { name }
    }
}

/// A name as a word of a line.
fn word(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.trim().replace(|sign: char| sign.is_whitespace() || sign.is_control(), "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: &[(&str, &str)]) -> Option<String> {
        let mut entry = Fields::default();
        fields.iter().for_each(|(name, value)| entry.set(name.as_bytes(), value.as_bytes()));
        entry.line("node-1")
    }

    #[test]
    fn a_line_names_who_wrote_it_as_journalctl_does() {
        let at = ("__REALTIME_TIMESTAMP", "1795244313518248");
        let of = |fields: &[(&str, &str)]| {
            let line = line(&[&[at, ("MESSAGE", "x")], fields].concat()).expect("a line");
            line.strip_prefix("2026-11-21T06:58:33.518248+00:00 node-1 ").expect("its start").trim_end().to_owned()
        };
        assert_eq!(of(&[("SYSLOG_IDENTIFIER", "kubelet"), ("_PID", "74")]), "kubelet[74]: x");
        assert_eq!(of(&[("_TRANSPORT", "kernel")]), "kernel: x");
        assert_eq!(of(&[("_COMM", "sshd"), ("SYSLOG_PID", "7")]), "sshd[7]: x");
        // A kubelet that a script starts is one by its unit.
        assert_eq!(of(&[("SYSLOG_IDENTIFIER", "start.sh"), ("_SYSTEMD_UNIT", "kubelet.service")]), "kubelet: x");
        assert_eq!(
            of(&[("SYSLOG_IDENTIFIER", "cloud-init"), ("_SYSTEMD_UNIT", "cloud-final.service")]),
            "cloud-init: x"
        );
        assert_eq!(of(&[("SYSLOG_IDENTIFIER", "a b: c[1]"), ("_PID", "x")]), "a_b__c_1]: x");
        assert_eq!(of(&[]), "unknown: x");
        assert_eq!(line(&[("MESSAGE", "x")]), None);
    }
}
