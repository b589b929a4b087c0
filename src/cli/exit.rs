//! Every exit code of the program, and what it promises.

use std::process::ExitCode;

/// How a command that ran to its end went. Usage errors exit 2 and are clap's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything asked for was done.
    Whole,
    /// 3: done, and some planned items are missing from the archive.
    SomeMissing,
    /// 4: nothing came from the cluster; the archive says why.
    NothingCame,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Whole => 0,
            Exit::SomeMissing => 3,
            Exit::NothingCame => 4,
        })
    }
}
