//! A container's log file of a node on its way into an entry: unpacked, in the form of the API, cut to the window and the
//! cap.

use super::fetched_log::broken_off;
use super::log_cut::{LogCut, Seen};
use super::log_form::LogForm;
use super::stamp;
use super::unpack::Unpack;
use crate::archive::format::Status;
use crate::archive::{ArchiveError, Content, EntryBuilder};
use crate::sources::run::Run;
use crate::sources::run::item::ItemOutcome;
use crate::sources::wire::api::{Answer, Problem};
use std::ops::ControlFlow;

/// How a file is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileForm {
    /// With gzip.
    pub is_packed: bool,
    /// Its last line may be half written: what has no line end is left out.
    pub is_written_to: bool,
}

/// What came of a file.
pub struct FetchedFile {
    pub seen: Seen,
    pub broken: Option<Problem>,
    /// Lines of no known form.
    pub unreadable: u64,
    /// Why it was not unpacked to its end.
    packing: Option<String>,
}

/// Streams a file into an entry of this path, at most `cap` bytes of it.
pub async fn take(
    run: &Run,
    (path, cap): (String, u64),
    form: FileForm,
    mut answer: Answer,
) -> Result<(EntryBuilder, FetchedFile), ArchiveError> {
    let mut entry = EntryBuilder::new(run.writer.target(), path, Content::ContainerLog)?;
    let cap = usize::try_from(cap).unwrap_or(usize::MAX);
    let mut cut = LogCut::new(stamp::of_container(), run.options.window, cap);
    let mut lines = LogForm::default();
    let mut unpack = if form.is_packed { Unpack::gzip() } else { Unpack::plain() };
    let taken = answer
        .each(|data| -> Result<_, ArchiveError> {
            let more = unpack
                .push(data, &mut |data| lines.push(data, &mut |line| cut.push(line, &mut |line| entry.write(line))))?;
            Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
        .await;
    let broken = broken_off(taken)?;
    if form.is_written_to {
        lines.drop_unended();
    }
    let unreadable = lines.end(&mut |line| cut.push(line, &mut |line| entry.write(line)))?;
    let seen = cut.end(&mut |line| entry.write(line))?;
    Ok((entry, FetchedFile { seen, broken, unreadable, packing: unpack.problem() }))
}

impl FetchedFile {
    /// How its item ends, if it did not break off.
    pub fn verdict(&self) -> ItemOutcome {
        let seen = &self.seen;
        let with =
            |status, why: String| ItemOutcome { from: seen.first, to: seen.last, ..ItemOutcome::new(status, why) };
        let mut whys: Vec<String> = self.packing.iter().cloned().collect();
        whys.extend((seen.left_out_lines > 0).then(|| seen.left_out()));
        whys.extend((self.unreadable > 0).then(|| format!("{} lines are of no form that is known", self.unreadable)));
        seen.telling(match whys.is_empty() {
            false if !seen.any_stamp => with(Status::Failed, format!("not a log: {}", whys.join("; "))),
            false => with(Status::Truncated, whys.join("; ")),
            true if seen.lines == 0 => with(Status::Empty, "it has no line within the window".to_owned()),
            true => with(Status::Collected, String::new()),
        })
    }
}
