//! What is taken out of an archive: how much, and by which rules.

use super::failure::Failure;
#[cfg(feature = "live")]
use clap::ValueEnum;
use k8s_forensics::redact::{Key, Redactor, Rules};
use std::path::{Path, PathBuf};

/// What `collect` takes out before anything is written.
#[cfg(feature = "live")]
#[derive(clap::Args)]
pub struct Redaction {
    /// What is taken out before anything is written
    #[arg(long = "redact", value_name = "LEVEL", default_value = "standard")]
    level: Level,
    /// Do not ask whether --redact off is meant
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    rules: UserRules,
}

#[cfg(feature = "live")]
impl Redaction {
    /// What takes credentials out, unless they are to stay, which has to be confirmed.
    pub fn redactor(&self) -> Result<Option<Redactor>, Failure> {
        if self.level != Level::Off {
            return self.rules.redactor().map(Some);
        }
        let question = "Credentials in objects, logs and journals will be in the archive as they are. Go on?";
        match self.yes || super::terminal::confirmed(question) {
            true => Ok(None),
            false => {
                let failed = Failure::usage("--redact off", "that was not confirmed, and nothing was collected");
                Err(failed.hint("answer yes, or give --yes; without --redact off credentials are taken out"))
            }
        }
    }

    /// Whether names are taken out as well.
    pub fn is_strict(&self) -> bool {
        self.level == Level::Strict
    }

    /// As the archive's header has it.
    pub fn given(&self) -> &'static str {
        match self.level {
            Level::Standard => "standard",
            Level::Strict => "strict",
            Level::Off => "off",
        }
    }
}

/// How much is taken out.
#[cfg(feature = "live")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Credentials: tokens, keys, passwords
    Standard,
    /// Credentials, and names, hosts, addresses and images as well
    Strict,
    /// Nothing
    Off,
}

/// Rules beside those that are built in.
#[derive(Clone, clap::Args, Default)]
pub struct UserRules {
    /// A file of further rules for credentials, in the form of docs/redaction.md; may be repeated
    #[arg(long = "redact-rules", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl UserRules {
    /// What takes credentials out and leaves the rule's name alone in their place, the same in every process.
    #[cfg(feature = "live")]
    pub fn redactor_without_key(&self) -> Result<Redactor, Failure> {
        let mut rules = built_in()?;
        self.files.iter().try_for_each(|file| add(&mut rules, file))?;
        Redactor::new(rules, Key::none()).map_err(|error| Failure::environment("preparing the redaction", error))
    }

    /// What takes credentials out of one archive, with a key that nobody else has.
    pub fn redactor(&self) -> Result<Redactor, Failure> {
        let mut rules = built_in()?;
        self.files.iter().try_for_each(|file| add(&mut rules, file))?;
        let key = Key::random().map_err(|error| Failure::environment("making a key for pseudonyms", error))?;
        Redactor::new(rules, key).map_err(|error| Failure::environment("preparing the redaction", error))
    }
}

fn built_in() -> Result<Rules, Failure> {
    Rules::built_in().map_err(|error| Failure::environment("reading the built-in rules", error))
}

/// The rules of `file`, beside those that are built in.
pub fn with_file(file: &Path) -> Result<Rules, Failure> {
    let mut rules = built_in()?;
    add(&mut rules, file)?;
    Ok(rules)
}

fn add(rules: &mut Rules, file: &Path) -> Result<(), Failure> {
    let tried = || format!("reading {}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| Failure::environment(tried(), error))?;
    rules.add(&file.display().to_string(), &text).map_err(|error| {
        Failure::environment(tried(), error).hint("docs/redaction.md has the form; `redact --test FILE` tries it")
    })
}
