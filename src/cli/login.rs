//! The credentials of `--prometheus`, from files: arguments and the environment can be read by others.

use super::failure::Failure;
use k8s_forensics::sources::Login;
use std::io::Read;
use std::path::Path;

/// The most bytes such a file may have: tokens of identity providers have some thousand.
const LIMIT: u64 = 64 * 1024;

/// Reads the one file that was given, if one was.
pub fn of(bearer: Option<&Path>, basic: Option<&Path>) -> Result<Option<Login>, Failure> {
    match (bearer, basic) {
        (Some(path), _) => {
            read(path, Login::bearer, "give a file with the token alone, as `oc whoami -t > FILE` writes it").map(Some)
        }
        (None, Some(path)) => read(path, Login::basic, "give a file with one line, USER:PASSWORD").map(Some),
        (None, None) => Ok(None),
    }
}

fn read(path: &Path, parse: fn(&str) -> Result<Login, &'static str>, hint: &str) -> Result<Login, Failure> {
    let tried = || format!("reading the credentials in {}", path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| Failure::environment(tried(), error).hint(hint))?;
    file.take(LIMIT).read_to_string(&mut text).map_err(|error| Failure::environment(tried(), error).hint(hint))?;
    if text.len() as u64 == LIMIT {
        return Err(Failure::environment(tried(), format!("it is larger than {LIMIT} bytes")).hint(hint));
    }
    parse(&text).map_err(|why| Failure::environment(tried(), why).hint(hint))
}
