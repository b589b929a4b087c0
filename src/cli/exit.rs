//! Every exit code of the program, and what it promises.

use std::process::ExitCode;

/// How a command that ran to its end went. Usage errors exit 2 and are clap's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything asked for was done.
    Whole,
    /// 3: done, and some planned items are missing from the archive; of a plan, some permissions are not allowed.
    #[cfg(feature = "live")]
    SomeMissing,
    /// 4: nothing came from the cluster; the archive says why.
    #[cfg(feature = "live")]
    NothingCame,
    /// 5: the archive is not what was sealed.
    Unsound,
    /// 6: a text has words that a blameless one does without.
    Found,
    /// That of a command that was run.
    #[cfg(any(feature = "live", feature = "serve"))]
    Of(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Whole => 0,
            #[cfg(feature = "live")]
            Exit::SomeMissing => 3,
            #[cfg(feature = "live")]
            Exit::NothingCame => 4,
            Exit::Unsound => 5,
            Exit::Found => 6,
            #[cfg(any(feature = "live", feature = "serve"))]
            Exit::Of(code) => code,
        })
    }
}
