//! What is measured and how well it is known: thresholds and alerts on curves, ranges in place of points, and clocks that
//! were off.

use super::browser::Browser;
use super::{analyzed, analyzed_archive, archive_of, mark, saved};
use crate::accuracy::skewed::Skewed;
use serde_json::json;

#[test]
fn curves_have_the_thresholds_of_the_rules_that_read_them() {
    let (_folder, page) = saved(&analyzed("docker-lockup"));
    let Some(mut browser) = Browser::open(1440, 1400) else { return };
    browser.go(&page, "");
    // Curves that no rule of values was read from have none.
    browser.ask("timeline.rows().filter((row) => row.key === 'more-curves' && row.folded).length && document.querySelector('.row.section:last-child .fold-row').click()");
    browser.frame();
    let bounds = browser.ask("timeline.bounds()");
    let bounds = bounds.as_array().expect("thresholds");
    assert!(!bounds.is_empty(), "{bounds:?}");
    let rows = browser.ask("timeline.rows().filter((row) => row.type === 'curve').map((row) => row.key)");
    assert!(rows.as_array().expect("curves").len() > 1);
    for bound in bounds {
        assert!(rows.as_array().expect("curves").contains(&bound["row"]), "{bound}");
    }
    let said = browser.ask("document.getElementById('legend').textContent");
    assert!(said.as_str().is_some_and(|said| said.contains("threshold of a rule")), "{said}");

    // At the cursor a curve says what it was then.
    let at = browser.ask(
        "(() => { const box = document.getElementById('plane').getBoundingClientRect();
           const row = timeline.rows().find((one) => one.type === 'curve');
           return [box.left + box.width / 2, box.top + 28 + row.top + 30 - document.getElementById('stage').scrollTop,
             row.title]; })()",
    );
    browser.hover((at[0].as_f64().expect("a place"), at[1].as_f64().expect("a place")));
    let tip = browser.ask("document.getElementById('tip').textContent");
    let title = at[2].as_str().expect("a title");
    assert!(tip.as_str().is_some_and(|tip| tip.contains(&format!("{title} of "))), "{tip}");
}

#[test]
fn what_began_within_a_range_is_drawn_as_one() {
    let (_folder, page) = saved(&analyzed("docker-lockup"));
    let Some(mut browser) = Browser::open(1440, 900) else { return };
    browser.go(&page, "");
    let ranges = browser.ask(
        "timeline.drawn().filter((one) => one.extent).map((one) => { const it = timeline.mark(one.ids[0]);
           return [it.early === null || it.early > 1000 || it.late > 1000, one.extent[0] <= one.x, one.extent[1] >= one.x - 1]; })",
    );
    let ranges = ranges.as_array().expect("ranges").clone();
    assert!(ranges.len() > 3 && ranges.iter().all(|one| *one == json!([true, true, true])), "{ranges:?}");
    let points = "timeline.drawn().filter((one) => { const it = timeline.mark(one.ids[0]);
        return one.extent && it.early !== null && it.early <= 1000 && it.late <= 1000 && !it.moved; }).length";
    assert_eq!(browser.ask(points), json!(0), "what is known to the second is a point");
}

#[test]
fn a_clock_that_was_off_is_told_of_each_of_its_times() {
    let skewed = Skewed::new("node-1", 120).set_at("2026-11-21T08:04:00Z");
    let altered = skewed.altered(&archive_of("memory-cascade"));
    let (_folder, page) = saved(&analyzed_archive(altered.path()));
    let Some(mut browser) = Browser::open(1440, 900) else { return };
    browser.go(&page, "");
    let (_, id) = mark(&mut browser, "one.ids.length === 1 && timeline.mark(one.ids[0]).moved");
    let by = browser.ask(&format!("timeline.mark({id:?}).moved.by"));
    assert!((by.as_i64().expect("milliseconds") - 120_000).abs() < 5_000, "{by}");
    browser.go(&page, &format!("#sel={id}"));
    browser.wait("document.querySelector('#panel .record')");
    let said = browser.ask("document.getElementById('panel').textContent").as_str().expect("text").to_owned();
    assert!(said.contains("its records bear ") && said.contains("ahead, give or take "), "{said}");
    let legend = browser.ask("document.getElementById('legend').textContent").as_str().expect("text").to_owned();
    for part in ["by a clock that was off", "a clock was set"] {
        assert!(legend.contains(part), "{part} is not in {legend}");
    }
    // Times by other clocks say nothing of it.
    let other = browser.ask(
        "(() => { for (const one of timeline.drawn()) for (const id of one.ids)
        if (!timeline.mark(id).moved) return id; })()",
    );
    browser.go(&page, &format!("#sel={}", other.as_str().expect("an id")));
    browser.wait("document.querySelector('#panel .record')");
    let said = browser.ask("document.getElementById('panel').textContent").as_str().expect("text").to_owned();
    assert!(!said.contains("its records bear "), "{said}");
}
