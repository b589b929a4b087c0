//! `serve`: an archive under kubectl.

use super::as_of::AsOf;
use super::exit::Exit;
use super::failure::Failure;
use super::open::Opening;
use super::{private, stopped, terminal};
use ct_codecs::{Encoder, Hex};
use k8s_forensics::model::rfc3339;
use k8s_forensics::serve::{Server, Store, kubeconfig};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use tempfile::TempDir;

/// Answer kubectl from an archive: a Kubernetes API on this machine that can only be read.
///
/// Nothing is unpacked, and nobody but this machine is answered. Ages in tables count to when the objects were fetched.
///
///     k8s-forensics serve incident.zip                  then, elsewhere: export KUBECONFIG=…
///     k8s-forensics serve incident.zip -- kubectl get pods -A
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    archive: Opening,
    #[command(flatten)]
    at: AsOf,
    /// Where the kubeconfig is written; it is good for as long as this runs [default: a folder that goes with it]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The port of 127.0.0.1 [default: any that is free]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// A command to run with KUBECONFIG set; then it ends with the command's exit code
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Bytes of the token.
const TOKEN: usize = 24;

/// Names of signals that end a shell's command, as 128 and their number.
const BY_SIGNAL: i32 = 128;

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let store = Arc::new(Store::new(args.at.of(args.archive.open_inputs()?, "serve")?));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment("serve", error))?;
    let ended = runtime.block_on(serve(args, store));
    // A watch that is held open is not waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(args: &Args, store: Arc<Store>) -> Result<Exit, Failure> {
    let listening = |error| {
        let failed = Failure::environment(format!("listen on 127.0.0.1:{}", args.port), error);
        failed.hint("leave --port out to take one that is free")
    };
    let server = Server::bind(args.port).await.map_err(listening)?;
    let port = server.port();
    let token = token().map_err(|error| Failure::environment("make a token", error))?;
    let config = kubeconfig(&store.name(), port, &token, "default");
    let (path, _folder) = written(args, &config)?;
    tell(&store, port);
    let answering = tokio::spawn(server.run(store, token));
    let ended = match args.command.split_first() {
        Some((program, rest)) => command(program, rest, &path).await,
        None => {
            terminal::print_data(&format!("export KUBECONFIG={}\n", quoted(&path)))?;
            stopped::stopped().await.map_err(|error| Failure::environment("serve", error)).map(|()| Exit::Whole)
        }
    };
    answering.abort();
    ended
}

/// What is known to nobody who was not given it.
fn token() -> io::Result<String> {
    let mut bytes = [0; TOKEN];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Hex::encode_to_string(bytes).map_err(io::Error::other)
}

/// Writes the kubeconfig where it was asked for, or into a folder that goes when this ends.
fn written(args: &Args, config: &str) -> Result<(PathBuf, Option<TempDir>), Failure> {
    let failed = |path: &Path, error: io::Error| Failure::environment(format!("write {}", path.display()), error);
    let folder = match args.kubeconfig {
        Some(_) => None,
        None => {
            let made = tempfile::Builder::new().prefix("k8s-forensics-").tempdir();
            Some(made.map_err(|error| failed(&std::env::temp_dir(), error))?)
        }
    };
    let path = match (&args.kubeconfig, &folder) {
        (Some(path), _) => std::path::absolute(path).map_err(|error| failed(path, error))?,
        (None, folder) => folder.as_ref().map(TempDir::path).unwrap_or(Path::new(".")).join("kubeconfig"),
    };
    let write = || {
        let mut file = private::Unnamed::beside(&path)?;
        file.fill(config.as_bytes())?;
        file.replace(&path)
    };
    write().map_err(|error| failed(&path, error))?;
    Ok((path, folder))
}

fn tell(store: &Store, port: u16) {
    let (first, last) = store.fetched();
    let until = if first == last { String::new() } else { format!(" to {}", rfc3339(last)) };
    terminal::tell(&format!(
        "note: {} as it was at {}{until}, at 127.0.0.1:{port}, to be read only",
        store.name(),
        rfc3339(first)
    ));
    terminal::tell("note: ages in tables count to then; those of kubectl describe and kubectl events, to now");
}

/// Runs a command, and gives its exit code.
async fn command(program: &str, rest: &[String], config: &Path) -> Result<Exit, Failure> {
    let failed = |error| Failure::environment(format!("run {program}"), error);
    let mut child =
        tokio::process::Command::new(program).args(rest).env("KUBECONFIG", config).spawn().map_err(failed)?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(Exit::Of(code(status.map_err(failed)?))),
            // It is the command's too, which knows what to do with it.
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed)?,
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| BY_SIGNAL + signal);
    #[cfg(not(unix))]
    let signal = None;
    status.code().or(signal).and_then(|code| u8::try_from(code & 0xff).ok()).unwrap_or(1)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_words_of_a_shell() {
        assert_eq!(quoted(Path::new("/tmp/a-1/kubeconfig")), "/tmp/a-1/kubeconfig");
        assert_eq!(quoted(Path::new("/tmp/it's $HOME")), r"'/tmp/it'\''s $HOME'");
    }
}
