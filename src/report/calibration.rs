//! How often links of each grade were right where the truth is known: measured, not promised.
//!
//! The table is written by the accuracy test from all recordings with a truth (docs/accuracy.md).

use super::markdown::Markdown;
use super::view::Grade;

/// Grade, how many links were right, of how many.
const TABLE: &str = include_str!("calibration.tsv");

/// So many links of a grade were right, of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub right: u64,
    pub of: u64,
}

/// What was measured of a grade; none where nothing was.
pub fn of(grade: Grade) -> Option<Measured> {
    TABLE.lines().find_map(|line| {
        let mut fields = line.split('\t');
        let name = fields.next()?;
        let (right, of) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        (name == grade.name() && of > 0).then_some(Measured { right, of })
    })
}

/// One sentence on what the grades are worth.
pub fn sentence() -> Option<Markdown> {
    let of_grade = |grade: Grade| {
        let measured = of(grade)?;
        let line = Markdown::new().number(measured.right).say(" of ").number(measured.of).say(" graded ");
        Some(line.say(grade.name()))
    };
    let parts: Vec<Markdown> =
        [Grade::Mechanism, Grade::Known, Grade::Order].into_iter().filter_map(of_grade).collect();
    let line = Markdown::new().say("In recorded incidents whose truth is known, the built-in links were right: ");
    (!parts.is_empty()).then(|| line.then(&Markdown::list(&parts)).stop())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grade_was_measured() {
        for grade in [Grade::Mechanism, Grade::Known, Grade::Order] {
            let measured = of(grade).expect("a line of the table");
            assert!(measured.right <= measured.of);
        }
        let sentence = sentence().expect("a sentence").to_string();
        assert!(sentence.contains(" graded mechanism") && sentence.ends_with(" graded order."), "{sentence}");
    }
}
