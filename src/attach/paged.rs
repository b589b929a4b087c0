//! Lists that a host gives a page at a time.

use super::fault::Fault;

/// Entries of a page, the most that the hosts give at once.
pub(super) const A_PAGE: usize = 100;
/// How many comments are looked through: GitHub lets an issue have 2,500, others have no such limit.
pub(super) const MOST: usize = 10_000;

/// All entries, asked for by the number of the page, from one, until one is not full.
pub(super) fn all<T>(
    issue: &impl ToString,
    mut page: impl FnMut(usize) -> Result<Vec<T>, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut all = Vec::new();
    for number in 1..=MOST / A_PAGE {
        let entries = page(number)?;
        let is_last = entries.len() < A_PAGE;
        all.extend(entries);
        if is_last {
            return Ok(all);
        }
    }
    Err(Fault::TooManyComments { issue: issue.to_string(), most: MOST })
}
