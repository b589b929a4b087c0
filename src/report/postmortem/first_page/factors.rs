//! Contributing factors in a line each, by the part they played.

use super::Limits;
use crate::cascade::{Factor, FactorClass};
use crate::report::markdown::Markdown;
use crate::report::postmortem::references::References;
use crate::report::sentences::{capital, whole_clauses, whole_sentences};
use crate::report::view::View;

pub struct Line {
    pub class: &'static str,
    pub text: Markdown,
}

const CONTRIBUTING: [(FactorClass, &str); 4] = [
    (FactorClass::Trigger, "Trigger"),
    (FactorClass::Latent, "Latent"),
    (FactorClass::Propagation, "Propagation"),
    (FactorClass::Detection, "Detection"),
];

const LESSONS: [(FactorClass, &str); 4] = [
    (FactorClass::Recovery, "Recovery"),
    (FactorClass::Response, "Response"),
    (FactorClass::Luck, "Lucky"),
    (FactorClass::Amplifier, "Made it worse"),
];

/// What began it, let it happen, carried it on and kept it from being seen. The first trigger is the first sentence of
/// the summary already.
pub fn contributing(view: &View, references: &mut References, limits: Limits) -> Vec<Line> {
    lines(view, references, limits, &CONTRIBUTING)
}

/// What went well, what was lucky and what made it worse.
pub fn lessons(view: &View, references: &mut References, limits: Limits) -> Vec<Line> {
    lines(view, references, limits, &LESSONS)
}

fn lines(
    view: &View,
    references: &mut References,
    limits: Limits,
    classes: &[(FactorClass, &'static str)],
) -> Vec<Line> {
    let mut lines = Vec::new();
    for (class, name) in classes {
        let told = usize::from(*class == FactorClass::Trigger);
        let all: Vec<(&Factor, String)> =
            view.factors(*class).skip(told).map(|factor| (factor, statement(view, factor, limits))).collect();
        // What can be said whole comes before what would be cut, for which there is room on a roomy page alone.
        let (fitting, long): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, said)| said.chars().count() <= limits.statement);
        let long = long.into_iter().filter(|_| limits.statement >= ROOMY);
        for (factor, said) in fitting.into_iter().chain(long).take(limits.factors) {
            let cited = references.cite(super::super::factors::records(view, factor));
            let text = Markdown::new().prose(&said, limits.statement).then(&cited).stop();
            lines.push(Line { class: name, text });
        }
    }
    lines
}

/// With fewer characters a statement is said whole or not at all: the appendix has it.
const ROOMY: usize = 200;

fn statement(view: &View, factor: &Factor, limits: Limits) -> String {
    let said = view.clock.shortened(whole_sentences(&factor.statement, limits.statement));
    capital(whole_clauses(&said, limits.statement))
}
