//! Signals to us, and ours to a command and all that it started.

use std::io;

/// A signal that ends programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    HangUp,
    Interrupt,
    Terminate,
    Kill,
}

impl Ending {
    /// Its number, the same on every Unix.
    pub fn number(self) -> i32 {
        match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Kill => 9,
            Self::Terminate => 15,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::HangUp => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Kill => "SIGKILL",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// A command that runs.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub id: Option<u32>,
    /// It has a process group of its own, with all that it started. Else it has our terminal, which sends Ctrl-C to it
    /// as well as to us.
    pub has_group: bool,
}

impl Target {
    /// Passes on what came to us, unless it has it already.
    pub fn pass_on(self, signal: Ending) {
        if self.has_group || signal != Ending::Interrupt {
            self.send(signal);
        }
    }

    #[cfg(unix)]
    pub fn send(self, signal: Ending) {
        use rustix::process::{Pid, Signal, kill_process, kill_process_group};
        let signal = match signal {
            Ending::HangUp => Signal::HUP,
            Ending::Interrupt => Signal::INT,
            Ending::Terminate => Signal::TERM,
            Ending::Kill => Signal::KILL,
        };
        let id = self.id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // It may have ended by itself meanwhile, which is as good.
        let _ = match id {
            Some(id) if self.has_group => kill_process_group(id, signal),
            Some(id) => kill_process(id, signal),
            None => Ok(()),
        };
    }

    /// Elsewhere there are none to send: a console's Ctrl-C reaches the command by itself.
    #[cfg(not(unix))]
    pub fn send(self, _: Ending) {}
}

/// Those that come to us, from the moment of [`Signals::listen`] on.
pub struct Signals {
    #[cfg(unix)]
    streams: [tokio::signal::unix::Signal; 3],
}

impl Signals {
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let streams =
            [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
        Ok(Self { streams })
    }

    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The next of them. Nothing is lost where this is given up.
    #[cfg(unix)]
    pub async fn next(&mut self) -> Ending {
        let [interrupt, terminate, hang_up] = &mut self.streams;
        tokio::select! {
            _ = interrupt.recv() => Ending::Interrupt,
            _ = terminate.recv() => Ending::Terminate,
            _ = hang_up.recv() => Ending::HangUp,
        }
    }

    #[cfg(not(unix))]
    pub async fn next(&mut self) -> Ending {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Ending::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
