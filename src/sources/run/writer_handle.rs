//! The thread that alone writes the archive file, and the handle by which collectors hand it entries: a bounded
//! channel, so that who is faster than the disk waits.
//!
//! Entries are compressed where they come from; here they are only appended. A disk that fails ends the run; what was
//! appended before stays readable.

use super::ledger::Ledger;
use super::opening::Opened;
use crate::archive::format::{Act, Redaction};
use crate::archive::{
    self, Archive, ArchiveError, ArchiveWriter, Limits, PreparedEntry, Recipients, RewriteOptions, Sealed, SigningKey,
    Target,
};
use chrono::Utc;
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
    /// Every outcome is recorded: seal the archive of a cluster of so many nodes.
    End(usize),
}

/// The way into the archive.
#[derive(Clone)]
pub struct WriterHandle {
    sender: mpsc::Sender<Message>,
    target: Target,
}

/// The sealed archive, with every outcome in it.
pub type Written = Result<Sealed, ArchiveError>;

/// How the archive is closed: signed, encrypted, no larger than it may be.
#[derive(Clone, Debug, Default)]
pub struct Sealing {
    /// Signs the archive.
    pub key: Option<Arc<SigningKey>>,
    /// For whom it is encrypted, if it is. To be kept within a size it must be readable here.
    pub recipients: Option<Arc<Recipients>>,
    /// How large it may be: what is worth least is left out.
    pub size: Size,
}

/// How large an archive may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// What a team can still send around: 1 MB a node, and 100 MB in any case.
    #[default]
    Aim,
    /// This many bytes.
    AtMost(u64),
    Any,
}

/// What [`Size::Aim`] allows a cluster of few nodes, and each node of many, in bytes.
const AIM: u64 = 100_000_000;
const AIM_PER_NODE: u64 = 1_000_000;

impl Size {
    /// In bytes, for a cluster of so many nodes.
    fn limit(self, nodes: usize) -> u64 {
        match self {
            Self::Aim => AIM.max(AIM_PER_NODE.saturating_mul(nodes as u64)),
            Self::AtMost(bytes) => bytes,
            Self::Any => u64::MAX,
        }
    }
}

impl Sealing {
    fn seal(&self, mut writer: ArchiveWriter, act: Act, nodes: usize) -> Written {
        let (tool, began_at) = (act.tool.clone(), act.ended_at);
        writer.act(act);
        let sealed = writer.seal(self.key.as_deref())?;
        let limit = self.size.limit(nodes);
        if sealed.bytes <= limit {
            return Ok(sealed);
        }
        let reader = self.recipients.as_ref().and_then(|recipients| recipients.reader());
        let larger = Archive::open_as(&sealed.path, Limits::default(), reader.as_ref())?;
        let (key, recipients) = (self.key.as_deref(), self.recipients.as_ref());
        let options = RewriteOptions { path: &sealed.path, replace: true, tool: &tool, began_at, key, recipients };
        Ok(archive::fit(&larger, &options, limit, sealed.bytes)?.sealed)
    }
}

/// The writer has stopped, because of an error that ends the run.
#[derive(Debug)]
pub struct WriterGone;

impl WriterHandle {
    /// Starts the thread. It seals the archive after [`WriterHandle::end`], with its act in the chain of custody as
    /// ended then; `stop` is cancelled when it ends, so that a failed disk ends the run.
    pub fn start(
        writer: ArchiveWriter,
        ledger: Arc<Ledger>,
        (opened, sealing): (Opened, Sealing),
        stop: CancellationToken,
    ) -> (Self, JoinHandle<Written>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let target = writer.target().clone();
        let runtime = Handle::current();
        let thread = std::thread::spawn(move || {
            let _stop = stop.drop_guard();
            let (mut writer, nodes) = write(writer, &ledger, receiver, &runtime)?;
            let Opened { act, inheritance } = opened;
            inheritance.map_or(Ok(()), |rest| rest.take_rest(&mut writer))?;
            sealing.seal(writer, Act { ended_at: Utc::now(), ..act }, nodes)
        });
        (Self { sender, target }, thread)
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    pub async fn entry(&self, entry: PreparedEntry) -> Result<(), WriterGone> {
        self.sender.send(Message::Entry(Box::new(entry))).await.map_err(|_| WriterGone)
    }

    /// No more entries: seal the archive of a cluster of `nodes`, with the outcomes recorded by now.
    pub async fn end(&self, nodes: usize) {
        // If the writer is gone already, its error says more.
        let _ = self.sender.send(Message::End(nodes)).await;
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
) -> Result<(ArchiveWriter, usize), ArchiveError> {
    let mut nodes = 0;
    loop {
        // Outcomes are taken first and written last, so that no outcome reaches the file before its entry.
        let outcomes = ledger.take();
        let mut waited = runtime.block_on(async { tokio::time::timeout(IDLE, receiver.recv()).await });
        let mut ended = matches!(waited, Ok(None));
        let mut left = WAITING + 1;
        while let Ok(Some(message)) = waited {
            match message {
                Message::Entry(entry) => {
                    // An item is planned before its entry is sent: no entry is in the file whose item is not.
                    note_planned(&mut writer, ledger)?;
                    writer.append(*entry)?;
                }
                Message::Redaction(redaction) => writer.redaction(&redaction)?,
                Message::End(count) => (ended, nodes) = (true, count),
            }
            // What was under way when the outcomes were taken fits into the channel: more may wait its turn.
            left -= 1;
            waited = Ok(if left > 0 { receiver.try_recv().ok() } else { None });
        }
        note_planned(&mut writer, ledger)?;
        for outcome in outcomes {
            writer.outcome(&outcome)?;
        }
        writer.sync_if_due()?;
        if ended {
            break;
        }
    }
    note_planned(&mut writer, ledger)?;
    for outcome in ledger.take() {
        writer.outcome(&outcome)?;
    }
    Ok((writer, nodes))
}

fn note_planned(writer: &mut ArchiveWriter, ledger: &Ledger) -> Result<(), ArchiveError> {
    ledger.take_planned().iter().try_for_each(|item| writer.planned(item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::format::ActKind;
    use crate::archive::{Content, EntryBuilder};
    use crate::sources::run::item::ItemOutcome;
    use crate::sources::run::ledger::ItemSpec;

    #[test]
    fn large_clusters_may_have_large_archives() {
        let megabytes = |size: Size, nodes| size.limit(nodes) / 1_000_000;
        assert_eq!((megabytes(Size::Aim, 0), megabytes(Size::Aim, 100), megabytes(Size::Aim, 5000)), (100, 100, 5000));
        assert_eq!(megabytes(Size::AtMost(7_000_000), 5000), 7);
    }

    #[tokio::test]
    async fn an_item_is_in_the_file_before_its_entry() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.zip");
        let writer = ArchiveWriter::create(&path, Target::new("a", Utc::now(), folder.path()), false).expect("a file");
        let (began_at, ledger) = (Utc::now(), Ledger::new(Arc::default()));
        let act = Act {
            act: ActKind::Collect,
            tool: String::new(),
            began_at,
            ended_at: began_at,
            clocks: Vec::new(),
            of: None,
            note: String::new(),
        };
        let (handle, thread) = WriterHandle::start(
            writer,
            ledger.clone(),
            (Opened { act, inheritance: None }, Sealing::default()),
            CancellationToken::new(),
        );
        for number in 1..=3 {
            let name = format!("logs/{number}");
            let item = ledger.plan(ItemSpec::new("a", number.to_string()).entry(&name));
            let entry = EntryBuilder::whole(handle.target(), &name, Content::Log, b"x").expect("an entry");
            handle.entry(entry).await.expect("a writer");
            item.finish(ItemOutcome::collected(name, 1));
        }
        handle.end(1).await;
        let written = tokio::task::spawn_blocking(|| thread.join()).await.expect("a thread").expect("no panic");
        assert_eq!(written.expect("an archive").coverage.planned(), 3);
        let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).expect("a file")).expect("a zip");
        let (mut planned, mut entries) = (String::new(), 0);
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).expect("an entry");
            let name = entry.name().expect("a name").into_owned();
            if name.contains("/planned/") {
                std::io::Read::read_to_string(&mut entry, &mut planned).expect("text");
            }
            if let Some(log) = name.strip_prefix("a/logs/") {
                entries += 1;
                assert!(planned.contains(&format!("\"entry\":\"logs/{log}\"")), "{name} is before its item");
            }
        }
        assert_eq!(entries, 3);
    }
}
