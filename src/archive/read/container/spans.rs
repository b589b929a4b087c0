//! Which bytes of the file each entry takes: two entries may not share any, and what none takes is named.

use super::super::index::Index;
use super::super::soundness::Anomalies;
use super::end::Directory;
use crate::archive::error::Hostile;

/// What a header in the directory takes of the file.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub start: u64,
    pub end: u64,
    /// Whose it is, by the order in which it was added to the index; none for what is not listed.
    pub number: Option<u32>,
    /// Both headers agree on where it is, so that an overlap is no damage.
    pub is_sure: bool,
}

/// Checks the spans of all entries against each other and the directory. Gives the numbers of entries that cannot
/// be where they claim to be, in order; two that can and overlap are refused.
pub fn settled(
    mut spans: Vec<Span>,
    directory: &Directory,
    index: &Index,
    anomalies: &mut Anomalies,
) -> Result<Vec<u32>, Hostile> {
    spans.push(Span { start: directory.start, end: directory.behind, number: None, is_sure: true });
    spans.sort_unstable_by_key(|span| (span.start, !span.is_sure));
    let (mut gone, mut last) = (Vec::new(), None::<Span>);
    for span in spans {
        let (before, last_start) = last.map_or((0, None), |last| (last.end, Some(last.start)));
        if span.start < before || last_start == Some(span.start) {
            let is_last_sure = last.is_some_and(|last| last.is_sure);
            if (span.is_sure && is_last_sure) || last_start == Some(span.start) {
                let name = name(index, last).or(name(index, Some(span))).unwrap_or("which is not listed").to_owned();
                return Err(Hostile::Overlap { first: last_start.unwrap_or_default(), second: span.start, name });
            }
            let loser = if is_last_sure || !span.is_sure { Some(span) } else { last };
            gone.extend(loser.and_then(|loser| loser.number));
            if let Some(entry) = name(index, loser) {
                anomalies.of(entry, "by what the directory says it lies over what is behind it, so it is left out");
            }
            if loser.is_some_and(|loser| loser.start == span.start) {
                continue;
            }
        } else if span.start > before {
            let bytes = span.start - before;
            anomalies.note(format!("{bytes} bytes from byte {before} belong to no entry"));
        }
        last = Some(span);
    }
    gone.sort_unstable();
    Ok(gone)
}

fn name(index: &Index, span: Option<Span>) -> Option<&str> {
    let at = usize::try_from(span?.number?).ok()?;
    index.records().get(at).map(|record| index.path(record))
}
