//! How a host is reached: its address and the token, from the environment or the host's own tool. Never from an argument,
//! which others on this machine can read, and never shown.

use super::super::failure::Failure;
use k8s_forensics::attach::{Access, Address, Credential, Host, Pace, Secret};
use std::env;
use std::process::{Command, Stdio};

/// Where a host answers.
pub fn address(host: &Host, asked: Option<&str>) -> Result<Address, Failure> {
    let variables = host.variables.address;
    let set = variables.iter().find_map(|name| variable(name).map(|value| (*name, value)));
    let (from, url) = match (asked, set, host.address) {
        (Some(url), ..) => ("--url", url.to_owned()),
        (None, Some((name, url)), _) => (name, url),
        (None, None, Some(url)) => ("its own", url.to_owned()),
        (None, None, None) => {
            return Err(Failure::usage(format!("reach {}", host.title), "it is not known where it answers")
                .hint(format!("set {} or give --url, as https://HOST", variables.join(" or "))));
        }
    };
    Address::read(&url).map_err(|why| Failure::usage(format!("read the address of {} ({from})", host.title), why))
}

/// Address and token.
pub fn of(host: &Host, address: Address) -> Result<Access, Failure> {
    let credential = credential(host, &address).ok_or_else(|| {
        let mut hint = format!("set {}", host.variables.token.join(" or "));
        if let Some(tool) = &host.tool {
            hint.push_str(&format!(", or log in with {}", tool.program));
        }
        Failure::environment(format!("reach {} at {address}", host.title), "there is no token").hint(hint)
    })?;
    Ok(Access { address, credential, pace: Pace::default() })
}

/// Where the token would be from, in words.
pub fn told(host: &Host) -> String {
    match (host.variables.token.iter().find(|name| variable(name).is_some()), &host.tool) {
        (Some(name), _) => format!("the token in {name}"),
        (None, Some(tool)) => {
            let unset = host.variables.token.join(" or ");
            format!("the token of {}, if that is logged in; there is none in {unset}", tool.program)
        }
        (None, None) => format!("no token yet: set {}", host.variables.token.join(" or ")),
    }
}

fn credential(host: &Host, address: &Address) -> Option<Credential> {
    let set = host.variables.token.iter().find_map(|name| variable(name));
    let secret = match set {
        Some(token) => Secret::read(&token)?,
        None => from_tool(host, address)?,
    };
    let user = host.variables.user.and_then(variable);
    Some(host.credential(user, secret))
}

/// What the host's tool knows for this machine. Where it is not installed, or knows nothing, there is none.
fn from_tool(host: &Host, address: &Address) -> Option<Secret> {
    let tool = host.tool.as_ref()?;
    let machine = host.machine_of_tool(address.machine());
    let mut asked = Command::new(tool.program);
    asked.args(tool.arguments).arg(machine).stdin(Stdio::null()).stderr(Stdio::null());
    let answer = asked.output().ok().filter(|answer| answer.status.success())?;
    Secret::read(&String::from_utf8(answer.stdout).ok()?)
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
