//! `rules`: a user's own signals and links, tried on the examples that they carry.

use super::exit::Exit;
use super::failure::Failure;
use super::terminal;
use k8s_forensics::analysis::{Knowledge, RuleFile};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Try your own rules, as analyze --rules takes them, on the examples that they carry.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Load the rules of a folder and try each on its examples
    ///
    /// Exits with 1 where a rule makes no sense, misses an example, or takes a near miss for its own. What rules owe
    /// their readers and lack is told as a warning.
    Test {
        /// A folder with signals/FAMILY.yaml and links/FAMILY.yaml, in the form that docs/rules.md describes
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let What::Test { folder } = &args.what;
    test(folder)
}

/// The texts of a folder of rules, by their paths within it.
pub struct RuleFolder(Vec<(String, String)>);

impl RuleFolder {
    /// Reads `signals/*.yaml` and `links/*.yaml` of a folder.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let failed = |path: &Path, error: std::io::Error| {
            let failed = Failure::environment(format!("read the rules of {}", path.display()), error);
            failed.hint("a folder of rules has signals/FAMILY.yaml and links/FAMILY.yaml")
        };
        let mut files = Vec::new();
        std::fs::read_dir(folder).map_err(|error| failed(folder, error))?;
        for part in ["signals", "links"] {
            let entries = match std::fs::read_dir(folder.join(part)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(&folder.join(part), error)),
            };
            for entry in entries {
                let path = entry.map_err(|error| failed(folder, error))?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if Path::new(name).extension().is_some_and(|extension| extension == "yaml") {
                    let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
                    files.push((format!("{part}/{name}"), text));
                }
            }
        }
        match files.is_empty() {
            true => Err(failed(folder, std::io::Error::other("there is no signals/*.yaml and no links/*.yaml"))),
            false => Ok(Self(files)),
        }
    }

    fn files(&self) -> Vec<RuleFile<'_>> {
        self.0.iter().map(|(path, text)| RuleFile { path, text }).collect()
    }

    /// The built-in rules with these.
    pub fn knowledge(&self, folder: &Path) -> Result<Knowledge, Failure> {
        Knowledge::with_rules(&self.files())
            .map_err(|error| Failure::environment(format!("load the rules of {}", folder.display()), error))
    }
}

fn test(folder: &Path) -> Result<Exit, Failure> {
    let read = RuleFolder::read(folder)?;
    let knowledge = read.knowledge(folder)?;
    let files = read.files();
    let (wrong, lacking) = (knowledge.wrong_examples(&files), knowledge.lacking(&files));
    let mut text = String::new();
    for remark in &wrong {
        let _ = writeln!(text, "error: {remark}");
    }
    for remark in &lacking {
        let _ = writeln!(text, "warning: {remark}");
    }
    for remark in knowledge.replacing(&files) {
        let _ = writeln!(text, "note: {remark}");
    }
    let count = |many: usize, one: &str| format!("{many} {one}{}", if many == 1 { "" } else { "s" });
    let tried = count(files.len(), "file");
    let _ = writeln!(text, "{tried}: {}, {}", count(wrong.len(), "error"), count(lacking.len(), "warning"));
    terminal::print_text(&text)?;
    match wrong.is_empty() {
        true => Ok(Exit::Whole),
        false => Err(Failure::environment(format!("test {}", folder.display()), "rules do not hold on their examples")),
    }
}
