//! `upload`: an archive or a report that is here to an object store; `collect --to` sends what it wrote by the same.

use super::called;
use super::exit::Exit;
use super::failure::Failure;
use super::remote::access;
use super::terminal;
use indicatif::HumanBytes;
use k8s_forensics::stores::{self, Address, Fault, NotAPackage, Package, Uploaded};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Upload an archive, or the files of a report, to an object store: S3, Google Cloud Storage, Azure, or a folder.
///
/// Nothing there is written over: the same content again is no error, and other content is one. NAME.sha256 beside it is
/// what `sha256sum -c` checks. An upload that broke off is gone on with. Credentials are those of the clouds' own tools.
#[derive(clap::Args)]
pub struct Args {
    /// The archive (a zip, a file that was cut, an encrypted one), or the folder of a report
    #[arg(value_name = "ARCHIVE|REPORT_DIR")]
    path: PathBuf,
    /// Below which address: s3://BUCKET/PREFIX/, gs://BUCKET/PREFIX/, az://CONTAINER/PREFIX/ or file:///FOLDER/
    #[arg(long, value_name = "URL", value_parser = address)]
    to: Address,
    /// Then remove what this program uploaded right below that address longer ago than this, as 30d
    #[arg(long, value_name = "DURATION", value_parser = age)]
    keep: Option<Duration>,
}

/// What is removed for its age is at least so old: whoever writes 30m for 30d loses nothing.
const LEAST: Duration = Duration::from_secs(60 * 60);

/// An address, or what one looks like.
pub fn address(text: &str) -> Result<Address, String> {
    Address::read(text).map_err(|why| why.to_string())
}

/// How long something is kept.
pub fn age(text: &str) -> Result<Duration, String> {
    let age = humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 30d"))?;
    if age < LEAST { Err("it is less than an hour: write days as 30d".to_owned()) } else { Ok(age) }
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let done = send(&args.path, &args.to, args.keep)?;
    terminal::print_text(&format!("{}\n", done.url)).map(|()| Exit::Whole)
}

/// Uploads, says in one sentence what came of it, and removes what is older than `keep`.
pub fn send(path: &Path, to: &Address, keep: Option<Duration>) -> Result<Uploaded, Failure> {
    let tried = format!("upload {} to {to}", path.display());
    let package = Package::read(path).map_err(|why| {
        let failed = Failure::environment(&tried, &why);
        match why {
            NotAPackage::Other => failed.hint("give the zip that collect wrote, or the folder that analyze wrote"),
            NotAPackage::Io(_) | NotAPackage::Name | NotAPackage::Unpacked => failed,
        }
    })?;
    let (name, bytes, files) = (package.name.clone(), package.bytes(), package.files());
    let access = access();
    let done = stores::upload(package, to, &access).map_err(|fault| failed(&tried, &fault, path, to))?;
    terminal::tell(&told(&done, bytes, files));
    if let Some(age) = keep {
        let gone = stores::remove_older(to, &name, age, &access).map_err(|fault| {
            let tried = format!("remove what is older than {} below {to}", humantime::format_duration(age));
            let failed = Failure::environment(tried, &fault).hint(fault.hint());
            failed.hint(format!("the upload itself is whole: {}", done.url))
        })?;
        for url in &gone {
            terminal::tell(&format!("removed {url}: older than {}", humantime::format_duration(age)));
        }
    }
    Ok(done)
}

fn told(done: &Uploaded, bytes: u64, files: usize) -> String {
    let (url, sums) = (&done.url, &done.sums);
    let what = if files == 1 { String::new() } else { format!("{files} files, ") };
    match done.new {
        0 => format!("{url} is there already, with the same content: nothing was sent"),
        _ if done.sent < bytes => {
            let (sent, all) = (HumanBytes(done.sent), HumanBytes(bytes));
            format!("uploaded {url} ({what}{all}, of which {sent} were still to be sent); its hashes are {sums}")
        }
        _ => format!("uploaded {url} ({what}{}); its hashes are {sums}", HumanBytes(bytes)),
    }
}

fn failed(tried: &str, fault: &Fault, path: &Path, to: &Address) -> Failure {
    let again =
        format!("{} upload {} --to {}", called::name(), quoted(&path.display().to_string()), quoted(&to.to_string()));
    Failure::environment(tried, fault)
        .hint(fault.hint())
        .hint(format!("{} is here as it was; to try again: {again}", path.display()))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_of_less_than_an_hour_is_a_mistake() {
        assert_eq!(age("30d"), Ok(Duration::from_secs(30 * 24 * 60 * 60)));
        assert!(age("30m").is_err() && age("0s").is_err() && age("soon").is_err());
    }

    #[test]
    fn what_was_sent_is_told_in_a_sentence() {
        let done = |new, sent| Uploaded {
            url: "s3://b/x.zip".to_owned(),
            sums: "s3://b/x.zip.sha256".to_owned(),
            sha256: None,
            new,
            sent,
        };
        assert!(told(&done(0, 0), 9, 1).contains("is there already"));
        assert_eq!(told(&done(1, 9), 9, 1), "uploaded s3://b/x.zip (9 B); its hashes are s3://b/x.zip.sha256");
        assert!(told(&done(1, 4), 9, 1).contains("of which 4 B were still to be sent"));
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
    }
}
