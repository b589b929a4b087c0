//! Every claim rests on the records that it cites: without them it must be gone, or a grade lower.
//!
//! For each edge, trigger and motif all records that it cites are emptied at once. With `K8SF_ACCURACY=full` each is
//! also emptied alone, which tells on which of them a claim hangs.

use super::altered::Altered;
use super::score::Share;
use crate::fixture::{Fixture, analyze};
use k8s_forensics::report::schema::{EvidenceRow, Report};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a fixture's claims.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Claims that fell with their records.
    pub fell: Share,
    /// Claims that stood without them.
    pub stood: Vec<String>,
    /// Records that a claim cites and stands without, alone, where that was tried.
    pub alone: Share,
}

type Records = BTreeSet<(String, u64)>;

/// A claim, as it can be found again in another report, and how strongly it is made.
type Claims = BTreeMap<String, (u8, Records)>;

/// Takes each claim's records away.
pub fn without_records(fixture: &Fixture) -> Outcome {
    let claims = claims(&fixture.report);
    let mut outcome = Outcome::default();
    let mut known: BTreeMap<Records, Claims> = BTreeMap::new();
    let mut after = |records: &Records| -> Claims {
        let analyzed = known.entry(records.clone()).or_insert_with(|| {
            let altered = Altered::of(&fixture.archive());
            altered.without(records);
            super::mutation::claims(&analyze(altered.path()))
        });
        analyzed.clone()
    };
    let each_alone = std::env::var("K8SF_ACCURACY").is_ok_and(|how| how == "full");
    for (claim, (grade, records)) in claims.iter().filter(|(_, (_, records))| !records.is_empty()) {
        let stands = |left: &Claims| left.get(claim).is_some_and(|(left, _)| left >= grade);
        let stood = stands(&after(records));
        outcome.fell.part += usize::from(!stood);
        outcome.fell.whole += 1;
        if stood {
            outcome.stood.push(claim.clone());
        }
        if each_alone {
            for record in records {
                outcome.alone.part += usize::from(!stands(&after(&BTreeSet::from([record.clone()]))));
                outcome.alone.whole += 1;
            }
        }
    }
    outcome
}

fn claims(report: &Report) -> Claims {
    let named: BTreeMap<&str, String> =
        report.signals.iter().map(|one| (one.id.as_str(), format!("{} {}", one.signal, one.subject))).collect();
    let mut claims = Claims::new();
    for edge in &report.edges {
        let grade = match edge.grade.as_str() {
            "mechanism" => 3,
            "known" => 2,
            _ => 1,
        };
        let name = format!("edge {} -> {} by {}", named[edge.from.as_str()], named[edge.to.as_str()], edge.link);
        add(&mut claims, name, grade, &edge.evidence);
    }
    for factor in report.factors.iter().filter(|factor| factor.class == "trigger") {
        add(&mut claims, format!("trigger {}", factor.statement), 1, &factor.evidence);
    }
    for motif in &report.motifs {
        add(&mut claims, format!("motif {}", motif.statement), 1, &motif.evidence);
    }
    claims
}

/// The same claim made twice stands on the records of both.
fn add(claims: &mut Claims, name: String, grade: u8, evidence: &[EvidenceRow]) {
    let claim = claims.entry(name).or_insert((grade, Records::new()));
    claim.0 = claim.0.max(grade);
    claim.1.extend(evidence.iter().map(|row| (row.entry.to_string(), row.line)));
}
