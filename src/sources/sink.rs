//! The one owner of the archive file: a thread of its own, fed through a bounded channel.
//!
//! Entries are compressed where they come from; here they are only appended. A disk that fails ends the run; what was
//! appended before stays readable.

use super::item::Ledger;
use crate::archive::format::{Outcome, Redaction};
use crate::archive::{ArchiveError, ArchiveWriter, PreparedEntry, Sealed, Target};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Entries on their way to the file; each may hold some megabytes.
const WAITING: usize = 16;
/// How long the thread waits for an entry before it looks after outcomes and the disk.
const IDLE: Duration = Duration::from_millis(250);

enum Message {
    Entry(Box<PreparedEntry>),
    Redaction(Redaction),
    /// Every outcome is recorded: seal.
    End,
}

/// The way into the archive.
#[derive(Clone)]
pub struct Sink {
    sender: mpsc::Sender<Message>,
    target: Target,
}

/// The sealed archive, with every outcome in it.
pub type Written = Result<(Sealed, Vec<Outcome>), ArchiveError>;

/// The writer has stopped, because of an error that ends the run.
#[derive(Debug)]
pub struct WriterGone;

impl Sink {
    /// Starts the thread. It seals the archive after [`Sink::end`]; `stop` is cancelled when it ends, so that a
    /// failed disk ends the run.
    pub fn start(writer: ArchiveWriter, ledger: Arc<Ledger>, stop: CancellationToken) -> (Self, JoinHandle<Written>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let target = writer.target().clone();
        let runtime = Handle::current();
        let thread = std::thread::spawn(move || {
            let _stop = stop.drop_guard();
            write(writer, &ledger, receiver, &runtime)
        });
        (Self { sender, target }, thread)
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    pub async fn entry(&self, entry: PreparedEntry) -> Result<(), WriterGone> {
        self.sender.send(Message::Entry(Box::new(entry))).await.map_err(|_| WriterGone)
    }

    /// No more entries: seal the archive with the outcomes recorded by now.
    pub async fn end(&self) {
        // If the writer is gone already, its error says more.
        let _ = self.sender.send(Message::End).await;
    }

    pub async fn redaction(&self, redaction: Redaction) -> Result<(), WriterGone> {
        self.sender.send(Message::Redaction(redaction)).await.map_err(|_| WriterGone)
    }
}

fn write(
    mut writer: ArchiveWriter,
    ledger: &Ledger,
    mut receiver: mpsc::Receiver<Message>,
    runtime: &Handle,
) -> Written {
    loop {
        // Outcomes are taken first and written last, so that no outcome reaches the file before its entry.
        let outcomes = ledger.take();
        let mut waited = runtime.block_on(async { tokio::time::timeout(IDLE, receiver.recv()).await });
        let mut ended = matches!(waited, Ok(None));
        let mut left = WAITING + 1;
        while let Ok(Some(message)) = waited {
            match message {
                Message::Entry(entry) => writer.append(*entry)?,
                Message::Redaction(redaction) => writer.redaction(redaction),
                Message::End => ended = true,
            }
            // What was under way when the outcomes were taken fits into the channel: more may wait its turn.
            left -= 1;
            waited = Ok(if left > 0 { receiver.try_recv().ok() } else { None });
        }
        for outcome in outcomes {
            writer.outcome(outcome)?;
        }
        writer.sync_if_due()?;
        if ended {
            break;
        }
    }
    for outcome in ledger.take() {
        writer.outcome(outcome)?;
    }
    let outcomes = writer.outcomes().to_vec();
    Ok((writer.seal(None)?, outcomes))
}
