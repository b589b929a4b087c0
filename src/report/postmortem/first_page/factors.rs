//! Contributing factors in a line each, by the part they played.

use super::{Limits, whole_sentences};
use crate::cascade::FactorClass;
use crate::report::markdown::Markdown;
use crate::report::postmortem::references::References;
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
        for factor in view.factors(*class).skip(told).take(limits.factors) {
            let cited = references.cite(super::super::factors::records(view, factor));
            let statement = whole_sentences(&factor.statement, limits.statement);
            let text = Markdown::new().prose(statement, 2 * limits.statement).then(&cited).stop();
            lines.push(Line { class: name, text });
        }
    }
    lines
}
