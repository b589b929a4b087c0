//! How a run ended, and the exit status that says so.

use std::process::ExitStatus;
use std::time::Duration;

/// The exit statuses of `timeout`, `env` and shells (GNU coreutils, POSIX).
const TIMED_OUT: u8 = 124;
pub const OWN_FAILURE: u8 = 125;
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;
/// A signal's number is added to it.
const BY_SIGNAL: i32 = 128;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with a status.
    With(u8),
    /// By a signal that we did not send.
    BySignal(i32),
    /// It took longer than it may.
    TimedOut(Duration),
    /// Somebody ended us, and so it. With that status it came to its end.
    Interrupted(u8),
}

impl Ended {
    pub fn of(status: ExitStatus) -> Self {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Self::BySignal(signal);
        }
        Self::With(status.code().and_then(|code| u8::try_from(code & 0xff).ok()).unwrap_or(1))
    }

    /// The exit status, as a shell has it.
    pub fn status(self) -> u8 {
        match self {
            Self::With(status) | Self::Interrupted(status) => status,
            Self::BySignal(signal) => of_signal(signal),
            Self::TimedOut(_) => TIMED_OUT,
        }
    }

    pub fn has_failed(self) -> bool {
        !matches!(self, Self::With(0) | Self::Interrupted(_))
    }

    /// The outcome, in the words of outside checks.
    pub fn outcome(self) -> &'static str {
        match self {
            Self::With(0) => "ok",
            Self::With(_) | Self::BySignal(_) => "failed",
            Self::TimedOut(_) => "timeout",
            Self::Interrupted(_) => "cancelled",
        }
    }

    /// What came of it, as the end of a sentence.
    pub fn words(self, took: Duration) -> String {
        let took = length(took);
        match self {
            Self::With(status) => format!("it ended with {status} after {took}"),
            Self::BySignal(signal) => format!("signal {signal} ended it after {took}"),
            Self::TimedOut(limit) => format!("it was ended as it took longer than {}", length(limit)),
            Self::Interrupted(_) => format!("it was ended from outside after {took}"),
        }
    }
}

/// The status of what a signal ends.
pub fn of_signal(signal: i32) -> u8 {
    u8::try_from((BY_SIGNAL + signal) & 0xff).unwrap_or(u8::MAX)
}

/// The status where a command could not be started.
pub fn not_started(error: &std::io::Error) -> u8 {
    match error.kind() {
        std::io::ErrorKind::NotFound => NOT_FOUND,
        std::io::ErrorKind::PermissionDenied => CANNOT_RUN,
        _ => OWN_FAILURE,
    }
}

/// A length in whole seconds, or in milliseconds below one.
pub fn length(of: Duration) -> String {
    let rounded = if of.as_secs() > 0 {
        Duration::from_secs(of.as_secs())
    } else {
        Duration::from_millis(of.subsec_millis().into())
    };
    humantime::format_duration(rounded).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_those_of_a_shell() {
        let timed_out = Ended::TimedOut(Duration::from_secs(300));
        assert_eq!((Ended::With(3).status(), Ended::BySignal(9).status(), timed_out.status()), (3, 137, 124));
        assert_eq!(timed_out.words(Duration::from_secs(301)), "it was ended as it took longer than 5m");
        assert_eq!(Ended::With(1).words(Duration::from_millis(305_400)), "it ended with 1 after 5m 5s");
        assert_eq!(Ended::BySignal(9).words(Duration::from_millis(40)), "signal 9 ended it after 40ms");
        assert!(!Ended::Interrupted(130).has_failed() && !Ended::With(0).has_failed() && timed_out.has_failed());
    }
}
