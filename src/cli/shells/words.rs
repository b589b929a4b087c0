//! The words of the command that is being typed, as far as other words decide how one goes on.

use std::ffi::OsString;
use std::path::PathBuf;

/// Options of `show` with a value, which is no word of its own.
const WITH_VALUE: [&str; 6] = ["-n", "--namespace", "-l", "--selector", "-o", "--output"];

pub struct Words(Vec<String>);

impl Words {
    /// Those that the shell gave; the last is the one that is being typed.
    pub fn typed() -> Self {
        Self(std::env::args_os().skip(1).map(plain).collect())
    }

    /// The archive that `show` is asked for: the first word behind it that is there.
    pub fn archive(&self) -> Option<PathBuf> {
        self.behind("show").iter().map(|word| PathBuf::from(at_home(word))).find(|path| path.exists())
    }

    /// The value of an option, as `--context x` or `--context=x`, which bash gives as three words.
    pub fn value_of(&self, option: &str) -> Option<String> {
        let mut words = self.0.iter();
        while let Some(word) = words.next() {
            match word.strip_prefix(option) {
                Some("") => return words.find(|word| *word != "=").cloned(),
                Some(rest) if rest.starts_with('=') => return rest.strip_prefix('=').map(str::to_owned),
                _ => {}
            }
        }
        None
    }

    /// The kind that is asked for by `get` or `describe`, once it stands there whole.
    pub fn kind(&self) -> Option<&str> {
        let behind = self.behind("show");
        let asked = behind.iter().position(|word| word == "get" || word == "describe")?;
        let (_, typed) = behind.get(asked + 1..)?.split_last()?;
        let mut words = typed.iter();
        while let Some(word) = words.next() {
            match WITH_VALUE.contains(&word.as_str()) {
                true => _ = words.next(),
                false if word.starts_with('-') => {}
                false => return Some(word),
            }
        }
        None
    }

    fn behind(&self, command: &str) -> &[String] {
        let place = self.0.iter().position(|word| word == command);
        place.and_then(|place| self.0.get(place + 1..)).unwrap_or_default()
    }
}

/// A word without the quotes and backslashes that a shell may have left in it.
fn plain(word: OsString) -> String {
    word.to_string_lossy().chars().filter(|c| !matches!(c, '\'' | '"') && (cfg!(windows) || *c != '\\')).collect()
}

/// A path with ~ for the home.
fn at_home(word: &str) -> String {
    let home = || std::env::var("HOME").ok();
    match word.strip_prefix("~/").zip(home()) {
        Some((rest, home)) => format!("{home}/{rest}"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Words {
        Words(line.split(' ').map(|word| plain(word.into())).collect())
    }

    #[test]
    fn other_words_decide() {
        assert_eq!(words("show src get -n shop pods ap").kind(), Some("pods"));
        assert_eq!(words("show src get po").kind(), None);
        assert_eq!(words("show src get -n ").kind(), None);
        assert_eq!(words("show 'src' pods ").archive(), Some(PathBuf::from("src")));
        assert_eq!(words("show none pods ").archive(), None);
        let context = |line: &str| words(line).value_of("--context");
        assert_eq!(context("collect --context a -n ").as_deref(), Some("a"));
        assert_eq!(context("collect --context=a -n ").as_deref(), Some("a"));
        assert_eq!(context("collect --context = a -n ").as_deref(), Some("a"));
        assert_eq!(context("collect -n "), None);
    }
}
