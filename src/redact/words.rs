//! Which names tell that their value is a credential: `DB_PASSWORD`, `apiKey` and `auth-token` do, `secretName`,
//! `token_ttl` and `TOKEN_FILE` do not.

use std::collections::BTreeSet;

/// The longest name that is looked at, in bytes.
pub(super) const LONGEST: usize = 160;

/// From this length on, a telling word may be the end of a longer one, as in PGPASSWORD.
const COMPOUND: usize = 5;

/// How much a name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Telling {
    /// The rule it belongs to, by its place.
    pub rule: usize,
    pub strength: Strength,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Its value is a credential if it looks like one.
    Hint,
    /// Its value is a credential.
    Sure,
}

#[derive(Clone, Debug)]
struct Word {
    text: String,
    telling: Telling,
}

/// The table of telling names and of near misses.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Longest first.
    telling: Vec<Word>,
    /// Last words by which a name speaks of something about a credential, not of the credential.
    about: BTreeSet<String>,
    /// Last words that change nothing.
    neutral: BTreeSet<String>,
    /// Whole endings that only look telling.
    near_misses: BTreeSet<String>,
}

impl Words {
    /// Adds a telling name, of one or more words with blanks between them.
    pub fn add(&mut self, name: &str, telling: Telling) {
        self.telling.push(Word { text: name.to_lowercase().replace([' ', '-'], ""), telling });
        self.telling.sort_by_key(|word| std::cmp::Reverse(word.text.len()));
    }

    pub fn add_about(&mut self, words: &[String]) {
        self.about.extend(words.iter().cloned());
    }

    pub fn add_neutral(&mut self, words: &[String]) {
        self.neutral.extend(words.iter().cloned());
    }

    pub fn add_near_misses(&mut self, names: &[String]) {
        self.near_misses.extend(names.iter().map(|name| name.replace(' ', "")));
    }

    /// What `name` tells of its value.
    pub fn judge(&self, name: &[u8]) -> Option<Telling> {
        if name.len() > LONGEST {
            return None;
        }
        let mut words = split(name);
        while words.len() > 1 && words.last().is_some_and(|last| self.neutral.contains(last)) {
            words.pop();
        }
        let last = words.last()?;
        if self.about.contains(last) {
            return None;
        }
        let joined = words.concat();
        if self.near_misses.iter().any(|near| joined.ends_with(near.as_str())) {
            return None;
        }
        let is_end = |word: &&Word| word.text == *last || (word.text.len() >= COMPOUND && joined.ends_with(&word.text));
        if let Some(word) = self.telling.iter().find(is_end) {
            return Some(word.telling);
        }
        let within = |word: &&Word| word.text.len() >= COMPOUND && joined.contains(&word.text);
        let word = self.telling.iter().find(within)?;
        Some(Telling { rule: word.telling.rule, strength: Strength::Hint })
    }
}

/// `MY_apiKey2` is `my`, `api`, `key`: in small letters, without numbers at their ends.
fn split(name: &[u8]) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    for (index, byte) in name.iter().enumerate() {
        let is_upper = |index: usize| name.get(index).is_some_and(u8::is_ascii_uppercase);
        let is_lower = |index: usize| name.get(index).is_some_and(u8::is_ascii_lowercase);
        let after_upper = index.checked_sub(1).is_some_and(is_upper);
        if !byte.is_ascii_alphanumeric() || (is_upper(index) && (!after_upper || is_lower(index + 1))) {
            words.push(std::mem::take(&mut word));
        }
        if byte.is_ascii_alphanumeric() {
            word.push(byte.to_ascii_lowercase().into());
        }
    }
    words.push(word);
    for word in &mut words {
        word.truncate(word.trim_end_matches(|character: char| character.is_ascii_digit()).len());
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        let words = |name: &str| split(name.as_bytes()).join(" ");
        assert_eq!(words("DB_PASSWORD"), "db password");
        assert_eq!(words("APIKey"), "api key");
        assert_eq!(words("tokenExpirationSeconds"), "token expiration seconds");
        assert_eq!(words("--auth-token2"), "auth token");
        assert_eq!(words("spring.datasource.password"), "spring datasource password");
    }
}
