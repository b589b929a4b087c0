//! Errors as a tired person reads them: what was tried, what came back, what to do next.

use std::fmt;
use std::process::ExitCode;

/// A command that could not do its work.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    tried: String,
    came_back: String,
    hints: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Exit 2: what was asked for makes no sense, whatever the state of the world.
    Usage,
    /// Exit 1: the world did not play along.
    Environment,
}

impl Failure {
    /// The arguments contradict each other or name what cannot be.
    pub fn usage(tried: impl Into<String>, came_back: impl fmt::Display) -> Self {
        Self { kind: Kind::Usage, tried: tried.into(), came_back: came_back.to_string(), hints: Vec::new() }
    }

    /// A file, a cluster or a terminal did not play along.
    pub fn environment(tried: impl Into<String>, came_back: impl fmt::Display) -> Self {
        Self { kind: Kind::Environment, tried: tried.into(), came_back: came_back.to_string(), hints: Vec::new() }
    }

    /// What to do next; each stands on a line of its own.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What came back, without what was tried.
    pub fn came_back(&self) -> &str {
        &self.came_back
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::Usage => 2,
            Kind::Environment => 1,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}: {}", self.tried, self.came_back)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}
