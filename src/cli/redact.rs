//! `redact`: an archive that can be shown to others.

use super::called;
use super::encryption::{self, EncryptTo, NamesMap};
use super::exit::Exit;
use super::failure::Failure;
use super::open::Opening;
use super::private::Unnamed;
use super::redaction::{self, UserRules};
use super::rewrite::Rewrite;
use super::terminal;
use k8s_forensics::analysis::Knowledge;
use k8s_forensics::archive::{self, Archive, Recipients, Without};
use k8s_forensics::redact::Key;
use k8s_forensics::redact::names::{Gathered, Replacer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(feature = "live")]
use {
    super::open,
    chrono::Utc,
    k8s_forensics::analysis::TOOL,
    k8s_forensics::archive::{RewriteOptions, SigningKey},
};

/// What stands where no archive is named.
const NOTHING: &str = "-";

/// Copy an archive without its credentials, and with --strict without names, hosts, addresses and images as well.
///
/// The same name has the same pseudonym everywhere, so the copy is analysed as the archive is. The archive is not
/// changed. No rule finds every secret: look before you share.
#[derive(clap::Args)]
#[command(mut_arg("path", |path| path.required(false).default_value(NOTHING).hide_default_value(true)))]
pub struct Args {
    #[command(flatten)]
    archive: Opening,
    /// Where the copy goes [default: NAME-redacted.zip]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Take out names of namespaces, nodes, workloads and people, hosts, addresses and images too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    map: NamesMap,
    #[command(flatten)]
    rules: UserRules,
    /// Try the examples of a file of rules, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "strict"])]
    test: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    encrypt_to: EncryptTo,
    /// A minisign secret key to sign the copy with
    #[arg(long, value_name = "FILE")]
    sign: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    if let Some(file) = &args.test {
        return test(file);
    }
    if args.archive.path == Path::new(NOTHING) {
        return Err(Failure::usage("redact", "no archive is named").hint(format!("{} redact ARCHIVE", called::name())));
    }
    let Args { archive, output, force, encrypt_to, sign, .. } = args;
    let (output, sign) = (output.as_deref(), sign.as_deref());
    let rewrite = Rewrite { archive, output, name: redacted, force: *force, encrypt_to, sign };
    let mut to_write = None;
    let made = rewrite.run("redact", |older, options| {
        let map = args.map.place()?.map(|(file, readers)| Map::begin(file, readers, *force)).transpose()?;
        let names = args.strict.then(|| names(older)).transpose()?;
        let redactor = args.rules.redactor()?;
        let made = archive::redact(older, options, Without { credentials: Some(&redactor), names: names.as_ref() });
        to_write = map.zip(names);
        Ok(made)
    })?;
    for (entry, why) in &made.lost {
        terminal::tell(&format!("left out {entry}, which cannot be read: {why}"));
    }
    if let Some((map, names)) = to_write {
        let hint = "the copy is whole, and nothing says which name a pseudonym stands for: make it again with --force";
        map.write(&names).map_err(|failed| failed.hint(hint))?;
    }
    terminal::tell(&format!("copied {} entries; meta/redactions.json says what was taken out of which", made.kept));
    terminal::print_path(&made.sealed.path).map(|()| Exit::Whole)
}

/// What stands for the names of `older`, by a key that nobody else has.
pub fn names(older: &Archive) -> Result<Replacer, Failure> {
    let knowledge = Knowledge::built_in().map_err(|error| Failure::environment("reading the catalogue", error))?;
    let words = knowledge.catalogue.words();
    let mut gathered = Gathered::new(words.iter().map(String::as_str));
    archive::gather(older, &mut gathered);
    let lacks_lists = older.outcomes().iter().any(|one| one.source == "objects" && one.status.is_missing());
    if lacks_lists || !older.entries().any(|entry| entry.ends_with("/pods.jsonl")) {
        terminal::tell(
            "note: lists of objects are missing from it: names that only these hold are not known, and stay",
        );
    }
    let key = Key::random().map_err(|error| Failure::environment("making a key for pseudonyms", error))?;
    Ok(gathered.replacer(move |text| key.digits(text)))
}

/// Makes `path` of the archive at `with_names`, without names, and removes that one.
#[cfg(feature = "live")]
pub fn share(with_names: &Path, path: &Path, key: Option<&SigningKey>, replace: bool) -> Result<(), Failure> {
    let tried = || format!("taking names out of {}", with_names.display());
    let failed = |error| {
        open::writing(tried(), &error).hint(format!("the archive is whole, with names, in {}", with_names.display()))
    };
    let older = Archive::open(with_names).map_err(failed)?;
    let names = names(&older)?;
    let options = RewriteOptions { path, replace, tool: TOOL, began_at: Utc::now(), key, recipients: None };
    archive::redact(&older, &options, Without { credentials: None, names: Some(&names) }).map_err(failed)?;
    drop(older);
    std::fs::remove_file(with_names).map_err(|error| Failure::environment(tried(), error))
}

/// The file that says which pseudonym stands for which name. It is begun before the copy is made, which nobody could
/// read again without it.
struct Map {
    path: PathBuf,
    file: Unnamed,
    readers: Recipients,
    replace: bool,
}

impl Map {
    fn begin(path: &Path, readers: Recipients, replace: bool) -> Result<Self, Failure> {
        let tried = || format!("writing {}", path.display());
        if path.symlink_metadata().is_ok() && !replace {
            let failed = Failure::environment(tried(), "it exists already");
            return Err(failed.hint("choose another name for --map: no one else has the names that a map holds"));
        }
        // What a link leads to is replaced, and not the link: whoever names it knows of it.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let file = Unnamed::beside(&path).map_err(|error| Failure::environment(tried(), error))?;
        Ok(Self { path, file, readers, replace })
    }

    fn write(mut self, names: &Replacer) -> Result<(), Failure> {
        let tried = format!("writing {}", self.path.display());
        let failed = |error: &dyn std::fmt::Display| Failure::environment(&tried, error);
        let text = serde_json::to_vec_pretty(&names.map()).map_err(|error| failed(&error))?;
        let sealed = self.readers.encrypt(&text).map_err(|error| failed(&error))?;
        self.file.fill(&sealed).map_err(|error| failed(&error))?;
        let named = match self.replace {
            true => self.file.replace(&self.path),
            false => self.file.name(&self.path),
        };
        named.map_err(|error| failed(&error))
    }
}

fn test(file: &Path) -> Result<Exit, Failure> {
    let rules = Arc::new(redaction::with_file(file)?);
    let wrong =
        rules.try_examples().map_err(|error| Failure::environment(format!("trying {}", file.display()), error))?;
    let Some(first) = wrong.first() else {
        terminal::tell(&format!("{}: every example is as it says", file.display()));
        return Ok(Exit::Whole);
    };
    wrong.iter().for_each(|one| terminal::tell(&format!("{}: {}", one.rule, one.why)));
    Err(Failure::environment(
        format!("trying {}", file.display()),
        format!("{} examples are not as they say, the first of rule {}", wrong.len(), first.rule),
    ))
}

/// What a redacted archive is called.
fn redacted(path: &Path, is_encrypted: bool) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = encryption::without_ending(name.strip_suffix(".partial").unwrap_or(&name));
    let stem = plain.strip_suffix(".zip").unwrap_or(plain);
    encryption::named(path.with_file_name(format!("{stem}-redacted.zip")), is_encrypted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_beside_the_archive() {
        assert_eq!(redacted(Path::new("a/x.zip"), false), Path::new("a/x-redacted.zip"));
        assert_eq!(redacted(Path::new("x.zip.age"), true), Path::new("x-redacted.zip.age"));
        assert_eq!(redacted(Path::new("x.zip.partial"), false), Path::new("x-redacted.zip"));
    }
}
