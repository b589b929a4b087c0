//! When monitoring counted a restart of a container: the counter that kube-state-metrics makes of its status rises with
//! the next scrape, which is how late an alert on it must be.

use super::SeriesStore;
use super::counters::{place, quote, samples, steps};
use crate::evidence::{Fact, Facts, Record};
use crate::model::{Clock, Moment, Subject};

/// The query for `kube_pod_container_status_restarts_total`.
const RESTARTS: &str = "container-restarts";

/// Adds a fact for each time that a container's counter of restarts rose.
pub fn tell(store: &SeriesStore, facts: &mut Facts) {
    for series in store.of(RESTARTS) {
        let label = |name: &str| series.label(name).filter(|value| !value.is_empty());
        let (Some(namespace), Some(pod), Some(container)) = (label("namespace"), label("pod"), label("container"))
        else {
            continue;
        };
        let subject = &Subject::pod(namespace, pod);
        let samples = samples(&series);
        for step in steps(&samples).filter(|step| step.to.1 > step.from.1) {
            // The query aggregates, so its series have no name.
            let citation = facts.cite(place(&series), &quote("", &series, step));
            let at = Moment::exact(step.to.0).by(Clock::Prometheus).begun_after(step.from.0);
            let message = format!("restarts from {} to {}", step.from.1, step.to.1);
            let record = Record::Compared { what: "restarts", container, message: &message };
            facts.push(Fact { at, last: at, count: 1, subject, node: None, record, citation });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::AnswerReader;
    use super::*;
    use crate::model::EntryId;

    /// A line of the recording chaos-toolkit.
    #[test]
    fn a_restart_is_counted_with_the_next_scrape() {
        let line = r#"{"metric":{"container":"catalog","namespace":"storefront","pod":"catalog-76c4fbc4d8-lxp9g"},"values":[[1795704957,"0"],[1795704972,"0"],[1795704987,"0"],[1795705002,"1"],[1795705017,"1"]]},"#;
        let mut reader = AnswerReader::new(EntryId(0), RESTARTS, "");
        reader.line(1, line.as_bytes()).expect("a series");
        let mut facts = Facts::default();
        tell(&SeriesStore::new(vec![reader.finish()]), &mut facts);
        let [fact] = facts.iter().collect::<Vec<_>>()[..] else { panic!("{facts:?}") };
        assert_eq!((fact.at.time.timestamp(), fact.at.earlier_ms), (1_795_705_002, 15_000));
        let wanted = Record::Compared { what: "restarts", container: "catalog", message: "restarts from 0 to 1" };
        assert_eq!((fact.record, fact.citation.line), (wanted, 1));
        let quote = r#"{container="catalog",namespace="storefront",pod="catalog-76c4fbc4d8-lxp9g"} 1795704987 "0", 1795705002 "1""#;
        assert_eq!(facts.quote(fact.citation), quote);
    }
}
