//! What a recorder heard of the API server's readiness, beside what the API servers answer a run themselves.

use super::recorded_logs::recorded;
use super::*;
use crate::archive::layout::MEMBERS;
use crate::archive::recording::READINESS;
use serde_json::Value;

/// The recorder's answers of so many seconds before now, each ready.
fn answers(seconds: &[i64]) -> String {
    let line = |second: &i64| {
        let at = Utc::now() - TimeDelta::seconds(*second);
        let problem = if *second == 60 { r#","problem":"no route""# } else { r#","failing":[]"# };
        format!(r#"{{"member":"balancer:443","of":"readyz","asked_at":"{at:?}","answered_at":"{at:?}"{problem}}}"#)
            + "\n"
    };
    seconds.iter().map(line).collect()
}

async fn collected(sources: Vec<&'static Source>, answers: &str, base: Option<&Ran>) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = (!answers.is_empty()).then(|| recorded(folder.path(), &[(MEMBERS.to_owned(), answers.to_owned())]));
    let resume = base.map(|ran| BaseArchive::open(&ran.folder.path().join("a.zip"), None).expect("an archive"));
    let options = Options { sources, recording, resume, ..options(&folder) };
    run_with(&serve(|_, path| healthy(path)).await, options, folder, std::future::pending()).await
}

/// Who was asked, in the order of the lines, which is that of time.
fn asked(ran: &Ran) -> Vec<bool> {
    let text = ran.text(MEMBERS);
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect();
    let time = |row: &Value| row["asked_at"].as_str().and_then(|at| at.parse::<chrono::DateTime<Utc>>().ok());
    assert!(rows.windows(2).all(|pair| time(&pair[0]) <= time(&pair[1])), "{text}");
    rows.iter().map(|row| row["member"] == "balancer:443").collect()
}

#[tokio::test]
async fn both_stand_in_one_entry_in_order_of_time_and_no_line_twice() {
    let both = || vec![&members::SOURCE, &recording::SOURCE];
    let heard = answers(&[180, 120, 60, -3]);
    let ran = collected(both(), &format!("{heard}{heard}"), None).await;
    let order = asked(&ran);
    assert_eq!(order.iter().filter(|is_recorded| **is_recorded).count(), 4);
    assert!(order.starts_with(&[true; 3]) && order.ends_with(&[false, true]), "{order:?}");
    let outcome = ran.of("record", READINESS);
    assert_eq!((outcome.status, outcome.bytes), (Status::Truncated, heard.len() as u64));
    assert_eq!(outcome.why, "1 times there was no answer, last: no route");
    assert_eq!(ran.of("members", "all API servers").entry.as_deref(), Some(MEMBERS));
    let again = collected(both(), &heard, Some(&ran)).await;
    assert_eq!((again.text(MEMBERS), again.of("record", READINESS)), (ran.text(MEMBERS), outcome));
}

#[tokio::test]
async fn what_was_recorded_stands_alone_where_nobody_was_asked_and_is_joined_by_another_run() {
    let heard = answers(&[180, 120]);
    let alone = collected(vec![&recording::SOURCE], &heard, None).await;
    assert_eq!(alone.text(MEMBERS), heard);
    assert_eq!(alone.of("record", READINESS).status, Status::Collected);
    let again = collected(vec![&members::SOURCE], "", Some(&alone)).await;
    let order = asked(&again);
    assert!(order.starts_with(&[true, true, false]) && !order[3..].contains(&true), "{order:?}");
    assert_eq!(again.of("record", READINESS), alone.of("record", READINESS));
    let own = collected(vec![&members::SOURCE], "", None).await;
    let late = collected(vec![&recording::SOURCE], &heard, Some(&own)).await;
    assert_eq!((late.text(MEMBERS), late.of("record", READINESS).status), (own.text(MEMBERS), Status::Skipped));
}
