//! Puts pseudonyms in the place of names, in any text: JSON, logs, paths.

use super::{Class, public};
use regex::{Captures, Regex};
use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The end of every host that is nowhere (RFC 2606, section 2).
const NOWHERE: &str = ".invalid";
/// Digits of a hash in a pseudonym.
const DIGITS: usize = 10;

/// What is found by its form: among it the variables that a kubelet sets for every Service (Kubernetes documentation,
/// "Service", Environment variables).
static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<mail>\b[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}\b)",
        r#"|User \\*"(?P<user>[^"\\\s:]+)\\*""#,
        r"|\b(?P<variable>[A-Z][A-Z0-9_]*?)_(?:SERVICE_(?:HOST|PORT)|PORT_[0-9]+_(?:TCP|UDP|SCTP))",
        r"|(?P<v4>\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b)",
        r"|(?P<v6>(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})",
        r"|(?P<host>\b(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[a-z]{2,8}\b)",
    ))
    .ok()
});

type Hash = Box<dyn Fn(&str) -> String + Send + Sync>;

/// Replaces names by what stands for them.
pub struct Replacer {
    /// By the first part of a name, up to a character that is neither letter nor digit: all names that begin so, the
    /// longest first, and their pseudonyms.
    names: HashMap<String, Vec<(String, String)>>,
    hash: Hash,
    /// What was found by its form, and what stands for it.
    found: Mutex<BTreeMap<String, String>>,
}

impl std::fmt::Debug for Replacer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replacer").field("beginnings", &self.names.len()).finish_non_exhaustive()
    }
}

impl Replacer {
    pub(super) fn new(all: BTreeMap<String, Class>, hash: Hash) -> Self {
        let mut names: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for (name, class) in all {
            let pseudonym = match class {
                Class::Host if name.contains('.') => host(&digits(&hash, &name)),
                class => format!("{}-{}", class.prefix(), digits(&hash, &name)),
            };
            names.entry(first_part(&name).to_owned()).or_default().push((name, pseudonym));
        }
        names.values_mut().for_each(|names| names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len())));
        Self { names, hash, found: Mutex::default() }
    }

    /// Everything that was replaced so far or would be, and what stands for it.
    pub fn map(&self) -> BTreeMap<String, String> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.names.values().flatten().cloned().chain(found).collect()
    }

    /// `text` with all names replaced, and how many were.
    pub fn text(&self, text: &str) -> (String, u64) {
        let (mut out, mut count, mut rest) = (String::with_capacity(text.len()), 0, 0);
        let found = FORMS.as_ref().into_iter().flat_map(|forms| forms.captures_iter(text));
        for found in found {
            let Some((range, pseudonym)) = self.of_form(&found) else { continue };
            // A name that was given may begin like a host, as an image does.
            let given = self.at(text.get(range.start..).unwrap_or_default());
            if given.is_some_and(|(name, _)| name.len() >= range.len()) {
                continue;
            }
            count += self.names_in(text.get(rest..range.start).unwrap_or_default(), &mut out) + 1;
            out.push_str(&pseudonym);
            let name = text.get(range.clone()).unwrap_or_default();
            self.found.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_insert(pseudonym);
            rest = range.end;
        }
        count += self.names_in(text.get(rest..).unwrap_or_default(), &mut out);
        (out, count)
    }

    /// Where something is that is known by its form, and what stands for it.
    fn of_form(&self, found: &Captures<'_>) -> Option<(Range<usize>, String)> {
        if let Some(mail) = found.name("mail") {
            if mail.as_str().ends_with(NOWHERE) {
                return None;
            }
            return Some((mail.range(), format!("mail-{}@host{NOWHERE}", digits(&self.hash, mail.as_str()))));
        }
        if let Some(user) = found.name("user") {
            return Some((user.range(), format!("user-{}", digits(&self.hash, user.as_str()))));
        }
        if let Some(variable) = found.name("variable") {
            let service = variable.as_str().to_ascii_lowercase().replace('_', "-");
            let (name, pseudonym) = self.at(&service)?;
            let is_whole = name.len() == service.len();
            return is_whole.then(|| (variable.range(), pseudonym.to_ascii_uppercase().replace('-', "_")));
        }
        if let Some(address) = found.name("v4") {
            let v4: Ipv4Addr = address.as_str().parse().ok()?;
            let is_own = v4.is_loopback() || v4.is_unspecified() || v4.is_broadcast() || v4.octets()[0] >= 240;
            return (!is_own).then(|| (address.range(), self.v4(v4).to_string()));
        }
        if let Some(address) = found.name("v6") {
            let v6: Ipv6Addr = address.as_str().parse().ok()?;
            let is_own = v6.is_loopback() || v6.is_unspecified() || v6.segments()[0] == 0x0100;
            return (!is_own).then(|| (address.range(), self.v6(v6).to_string()));
        }
        let name = found.name("host")?;
        let is_kept = public::is_host(name.as_str()) || !public::is_top_level(name.as_str());
        (!is_kept).then(|| (name.range(), host(&digits(&self.hash, name.as_str()))))
    }

    /// An address that nobody has: of 240.0.0.0/4.
    fn v4(&self, address: Ipv4Addr) -> Ipv4Addr {
        let digits = (self.hash)(&address.to_string());
        let bits = digits.get(..7).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default();
        // The last one means everybody.
        Ipv4Addr::from_bits(0xF000_0000 | bits.min(0x0FFF_FFFE))
    }

    /// Of 100::/64, which is for traffic to be discarded (RFC 6666).
    fn v6(&self, address: Ipv6Addr) -> Ipv6Addr {
        let digits = (self.hash)(&address.to_string());
        let bits = digits.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default();
        Ipv6Addr::from_bits(0x0100_u128 << 112 | u128::from(bits))
    }

    /// Appends `text` with all names that were given replaced, and tells how many there were.
    fn names_in(&self, text: &str, out: &mut String) -> u64 {
        let (mut count, mut at, mut kept) = (0, 0, 0);
        let bytes = text.as_bytes();
        while let Some(byte) = bytes.get(at) {
            if *byte == b'\\' {
                // What follows is escaped: `\n` is no letter.
                at += 2;
                continue;
            }
            if !byte.is_ascii_alphanumeric() {
                at += 1;
                continue;
            }
            let rest = text.get(at..).unwrap_or_default();
            match self.at(rest) {
                Some((name, pseudonym)) => {
                    out.push_str(text.get(kept..at).unwrap_or_default());
                    out.push_str(pseudonym);
                    count += 1;
                    at += name.len();
                    kept = at;
                }
                None => at += first_part(rest).len(),
            }
        }
        out.push_str(text.get(kept..).unwrap_or_default());
        count
    }

    /// The longest name that `text` begins with, and what stands for it.
    fn at(&self, text: &str) -> Option<(&str, &str)> {
        let ends = |name: &str| text.as_bytes().get(name.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        let names = self.names.get(first_part(text))?;
        let found = names.iter().find(|(name, _)| text.starts_with(name.as_str()) && ends(name))?;
        Some((&found.0, &found.1))
    }
}

/// Letters and digits up to anything else.
fn first_part(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

fn digits(hash: &Hash, text: &str) -> String {
    hash(text).chars().take(DIGITS).collect()
}

fn host(digits: &str) -> String {
    format!("host-{digits}{NOWHERE}")
}
