//! Who wrote notes, as roles: a report has no form for a person, so names of authors, handles and addresses never leave
//! this file.
//!
//! One author has one label within a file, so that a conversation can be followed. Names that are neither in an author's
//! place nor written as a handle or an address cannot be told from other words; docs/notes.md says so.

use super::roles;
use aho_corasick::AhoCorasick;
use std::collections::{BTreeMap, BTreeSet};

/// The most authors that are told apart in one file; those after them are `a person`.
const MOST_AUTHORS: usize = 20_000;

/// The part before the sign of an address is no longer (RFC 5321, 4.5.3.1.1), with room for what people make of it.
const LONGEST_LOCAL: usize = 200;

/// What stands for somebody who is not known as an author.
const SOMEBODY: &str = "a person";

/// The authors of one file.
#[derive(Default)]
pub struct Authors {
    /// The words of each name, in order of first appearance.
    names: Vec<Vec<String>>,
    known: BTreeSet<Vec<String>>,
}

impl Authors {
    /// Takes note of an author's field.
    pub fn add(&mut self, field: &str) {
        let words = name_words(field);
        if !words.is_empty() && self.names.len() < MOST_AUTHORS && self.known.insert(words.clone()) {
            self.names.push(words);
        }
    }

    /// Takes note of an author's field that names no role.
    pub fn add_person(&mut self, field: &str) {
        if roles::of(&name_words(field)).is_none() {
            self.add(field);
        }
    }

    /// The words of all names.
    pub fn words(&self) -> impl Iterator<Item = &String> {
        self.names.iter().flatten().filter(|word| !roles::is_word(word) && is_name(word))
    }

    /// The labels of all of them. `others` are words of names that are hidden as well.
    pub fn labelled(self, others: &BTreeSet<String>, taken: &mut usize) -> People {
        let mut longer: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (index, words) in self.names.iter().enumerate().filter(|(_, words)| words.len() > 1) {
            for word in words {
                longer.entry(word).or_default().insert(index);
            }
        }
        // `jane` is `Jane Doe` where there is no other Jane.
        let same = |(index, words): (usize, &Vec<String>)| {
            match words.as_slice() {
                [word] => longer.get(word.as_str()).filter(|of| of.len() == 1).and_then(BTreeSet::first).copied(),
                _ => None,
            }
            .unwrap_or(index)
        };
        let whose: Vec<usize> = self.names.iter().enumerate().map(same).collect();
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        let mut people = People::default();
        for (words, whose) in self.names.iter().zip(whose) {
            let number = *taken + numbers.len();
            let role = roles::of(words);
            let label = role
                .map_or_else(|| format!("person {}", letters(*numbers.entry(whose).or_insert(number))), str::to_owned);
            people.labels.insert(words.clone(), label.clone());
            for word in words.iter().filter(|word| !roles::is_word(word) && is_name(word)) {
                let known = people.words.entry(word.clone()).or_insert_with(|| label.clone());
                if *known != label {
                    SOMEBODY.clone_into(known);
                }
            }
        }
        *taken += numbers.len();
        for word in others {
            people.words.entry(word.clone()).or_insert_with(|| SOMEBODY.to_owned());
        }
        people.unspaced();
        people
    }
}

/// Labels for the authors of a file, and for whoever else its texts mark as a person.
#[derive(Default)]
pub struct People {
    labels: BTreeMap<Vec<String>, String>,
    /// Words of names, with whose they are.
    words: BTreeMap<String, String>,
    /// Names in scripts that put no space between words.
    within: Option<(AhoCorasick, Vec<String>)>,
}

impl People {
    /// What an author is called.
    pub fn author(&self, field: &str) -> &str {
        self.labels.get(&name_words(field)).map_or(SOMEBODY, String::as_str)
    }

    /// A text with a label in brackets for each person, and otherwise as it stood.
    pub fn hidden(&self, text: &str) -> String {
        let text = match &self.within {
            Some((names, labels)) => names.replace_all(text, labels),
            None => text.to_owned(),
        };
        let mut out = Quoted::default();
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let before = out.text.chars().next_back();
            let end = match first {
                '<' => self.marked(rest, &mut out),
                '@' if !before.is_some_and(char::is_alphanumeric) => self.handle(rest, &mut out),
                _ if first.is_alphanumeric() => Some(self.word(rest, &mut out)),
                _ => None,
            };
            let end = end.unwrap_or_else(|| {
                out.plain(first.encode_utf8(&mut [0; 4]));
                first.len_utf8()
            });
            rest = rest.get(end..).unwrap_or_default();
        }
        out.text
    }

    /// `<@U123>`, `<@U123|jane>`, `<!subteam^S1|@on-call>`, `<mailto:jane@example.org|Jane>`, as Slack and Discord write
    /// them; the bytes it takes.
    fn marked(&self, text: &str, out: &mut Quoted) -> Option<usize> {
        let is_mark = ["<@", "<!subteam", "<mailto:"].iter().any(|begin| text.starts_with(begin));
        let end = text.char_indices().take(200).find(|(_, one)| *one == '>').filter(|_| is_mark)?.0;
        let inside = text.get(1..end)?.trim_start_matches("mailto:").trim_start_matches("!subteam^");
        out.label(&self.of(inside.rsplit('|').next().unwrap_or(inside)));
        Some(end + 1)
    }

    /// `@jane`; the bytes it takes.
    fn handle(&self, text: &str, out: &mut Quoted) -> Option<usize> {
        let name = text.get(1..)?;
        let end = name.find(|one: char| !(one.is_alphanumeric() || "._-".contains(one))).unwrap_or(name.len());
        let name = name.get(..end)?.trim_end_matches(['.', '-', '_']);
        let is_everybody = ["here", "channel", "everyone", "all"].contains(&name.to_lowercase().as_str());
        if is_everybody || !name.starts_with(char::is_alphabetic) {
            return None;
        }
        out.label(&self.of(name));
        Some(1 + name.len())
    }

    /// A word, or an address that begins with it; the bytes it takes.
    fn word(&self, text: &str, out: &mut Quoted) -> usize {
        let is_local = |one: char| one.is_alphanumeric() || "._%+-".contains(one);
        let mut signs = text.char_indices().take(LONGEST_LOCAL + 1);
        let local_end = signs.find(|(_, one)| !is_local(*one)).map(|(at, _)| at);
        let longest = || text.char_indices().nth(LONGEST_LOCAL).map_or(text.len(), |(at, _)| at);
        let local_end = local_end.unwrap_or_else(longest);
        let (local, rest) = text.split_at_checked(local_end).unwrap_or((text, ""));
        if let Some(taken) = rest.strip_prefix('@').and_then(|host| self.address((local, host), out)) {
            return taken;
        }
        let end = local.find(|one: char| !one.is_alphanumeric()).unwrap_or(local.len());
        let word = local.get(..end).unwrap_or(local);
        let lower = word.to_lowercase();
        let possessive = || self.words.get(lower.strip_suffix('s')?).map(|label| (label, "s"));
        match self.words.get(&lower).map(|label| (label, "")).or_else(possessive) {
            Some((label, tail)) => {
                out.label(label);
                out.plain(tail);
            }
            None => out.plain(word),
        }
        end
    }

    /// `jane@example.org`, or `jane@node-2` of which the host stays; the bytes it takes.
    fn address(&self, (local, behind): (&str, &str), out: &mut Quoted) -> Option<usize> {
        let end = behind.find(|one: char| !(one.is_alphanumeric() || ".-".contains(one))).unwrap_or(behind.len());
        let host = behind.get(..end)?.trim_end_matches(['.', '-']);
        // `image@sha256:…`, `module@v1.2.3`: no addresses.
        let version = host.strip_prefix('v').unwrap_or(host);
        if !host.starts_with(char::is_alphabetic)
            || host.starts_with("sha")
            || version.starts_with(|one: char| one.is_ascii_digit())
        {
            return None;
        }
        let taken = local.len() + 1;
        if roles::is_account(local) {
            out.plain(local);
        } else {
            out.label(&self.of(local));
            if host.contains('.') {
                return Some(taken + host.len());
            }
        }
        out.plain("@");
        Some(taken)
    }

    /// What somebody is called whom a handle or an address names.
    fn of(&self, handle: &str) -> String {
        let words = name_words(handle);
        let known = || {
            let mut labels = words.iter().filter_map(|word| self.words.get(word));
            let first = labels.next()?;
            labels.all(|label| label == first).then_some(first)
        };
        let known = self.labels.get(&words).or_else(known).cloned();
        known.or_else(|| roles::of(&words).map(str::to_owned)).unwrap_or_else(|| SOMEBODY.to_owned())
    }

    /// Finds names of scripts in which a name may stand within a run of letters.
    fn unspaced(&mut self) {
        let is_unspaced = |word: &&String| word.chars().any(|one| one >= '\u{2e80}');
        let names: Vec<&String> = self.words.keys().filter(is_unspaced).collect();
        let labels = names.iter().filter_map(|name| self.words.get(*name)).map(|label| format!("[{label}]")).collect();
        if !names.is_empty() {
            self.within = AhoCorasick::new(&names).ok().map(|found| (found, labels));
        }
    }
}

/// A text with its labels. Two words of one name become one label.
#[derive(Default)]
struct Quoted {
    text: String,
    last: Option<(String, usize)>,
}

impl Quoted {
    fn plain(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn label(&mut self, label: &str) {
        let is_again = self.last.as_ref().is_some_and(|(last, end)| {
            let between = self.text.get(*end..).unwrap_or_default();
            last == label && between.len() <= 1 && between.chars().all(|one| " ._-".contains(one))
        });
        if is_again && let Some((_, end)) = self.last {
            self.text.truncate(end);
            return;
        }
        self.text.push('[');
        self.text.push_str(label);
        self.text.push(']');
        self.last = Some((label.to_owned(), self.text.len()));
    }
}

/// The words of an author's field or of a handle, in small letters: of an address those before its host.
fn name_words(field: &str) -> Vec<String> {
    let field = field.trim().trim_start_matches("mailto:");
    let mut words = Vec::new();
    for part in field.split_whitespace() {
        let local = part.trim_start_matches(['@', '<', '(', '!']);
        let local = local.split_once('@').map_or(local, |(local, _)| local);
        let parts = local.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty());
        words.extend(parts.map(str::to_lowercase));
    }
    words.truncate(8);
    words
}

/// Whether a word can be told from others: an initial cannot.
fn is_name(word: &str) -> bool {
    let is_long = word.chars().count() > 1 || word.chars().any(|one| one >= '\u{2e80}');
    is_long && word.contains(char::is_alphabetic)
}

/// `A`, `B`, … `Z`, `AA`, …
fn letters(mut number: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(number % 26).unwrap_or_default()));
        match (number / 26).checked_sub(1) {
            Some(next) => number = next,
            None => return letters.into_iter().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn people(authors: &[&str]) -> People {
        let mut all = Authors::default();
        authors.iter().for_each(|author| all.add(author));
        all.labelled(&BTreeSet::new(), &mut 0)
    }

    #[test]
    fn one_author_has_one_label() {
        let people = people(&["@jane", "Bob Roe", "Jane Doe", "bob.roe@example.org", "On-Call", "Kim (SRE)"]);
        let labels = ["jane", "Jane Doe", "Bob Roe", "bob.roe@example.org", "on-call", "Kim (SRE)", "nobody"];
        let labels = labels.map(|author| people.author(author));
        assert_eq!(labels, ["person A", "person A", "person B", "person B", "on-call", "SRE", "a person"]);
        assert_eq!(
            (letters(0), letters(25), letters(26), letters(701)),
            ("A".into(), "Z".into(), "AA".into(), "ZZ".into())
        );
    }

    #[test]
    fn names_handles_and_addresses_are_roles_and_all_else_stays() {
        let people = people(&["Jane Doe", "Mark", "王伟", "SRE"]);
        for (text, expected) in [
            ("Jane Doe's node-2, jane.doe and DOE", "[person A]'s node-2, [person A] and [person A]"),
            ("asked @jane_doe, @bob and @here", "asked [person A], [a person] and @here"),
            ("<@U024BE7LH> and <@U1|jane>: see <!subteam^S1|@oncall-sre>", "[a person] and [person A]: see [on-call]"),
            (
                "mail bob@example.org, ssh jane@node-2, root@node-2:~#",
                "mail [a person], ssh [person A]@node-2, root@node-2:~#",
            ),
            (
                "market-6 of mark runs nginx@sha256:00ff and x@v1.2",
                "market-6 of [person B] runs nginx@sha256:00ff and x@v1.2",
            ),
            ("王伟重启了节点", "[person C]重启了节点"),
            ("5 < 6 <b> @ 03:15 a@ @", "5 < 6 <b> @ 03:15 a@ @"),
            ("the SRE asked janes team", "the SRE asked [person A]s team"),
        ] {
            assert_eq!(people.hidden(text), expected);
        }
    }

    #[test]
    fn a_name_of_two_people_is_nobodys() {
        let people = people(&["Jane Doe", "Jane Roe"]);
        assert_eq!(people.hidden("jane or doe"), "[a person] or [person A]");
    }

    proptest! {
        #[test]
        fn no_word_of_a_name_is_left(text in "(Jane|doe|@|<@|>|[a-z .,|é王]|@x\\.y){0,40}") {
            let hidden = people(&["Jane Doe"]).hidden(&text);
            let words: Vec<String> = hidden.split(|one: char| !one.is_alphanumeric()).map(str::to_lowercase).collect();
            prop_assert!(!words.iter().any(|word| word == "jane" || word == "doe"), "{hidden}");
        }

        #[test]
        fn any_text_is_survived(author in any::<String>(), text in any::<String>()) {
            people(&[&author]).hidden(&text);
        }
    }
}
