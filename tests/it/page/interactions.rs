//! Mouse, touch and keys: each is done as a person does it, and judged by what is drawn after it.

use super::browser::{CONTROL, PLAIN, SHIFT};
use super::{mark, middle, opened, page, span, view};
use serde_json::{Value, json};

#[test]
fn the_wheel_zooms_at_the_cursor_and_dragging_pans() {
    let Some(mut browser) = opened() else { return };
    let (x, y) = middle(&mut browser, "#plane");
    let at = (x - 200.0, y);
    let under = "(() => { const box = document.getElementById('plane').getBoundingClientRect(), v = timeline.view();
        return v.from + (X - box.left) / box.width * (v.to - v.from); })()"
        .replace('X', &at.0.to_string());
    let (from, to) = span(&mut browser);
    let time = browser.ask(&under).as_f64().expect("a time");
    for modifiers in [PLAIN, CONTROL] {
        let before = span(&mut browser);
        browser.wheel(at, -120.0, modifiers);
        let (from, to) = span(&mut browser);
        assert!(to - from < (before.1 - before.0) * 0.9, "{modifiers}");
        let now = browser.ask(&under).as_f64().expect("a time");
        assert!((now - time).abs() < (to - from) / 400.0, "{modifiers}: {now} is not {time}");
    }
    browser.wheel(at, 2000.0, PLAIN);
    assert!(span(&mut browser).1 - span(&mut browser).0 > (to - from) * 0.4);
    browser.key("z");
    assert_eq!(span(&mut browser), (from, to));

    browser.key("w");
    let before = span(&mut browser);
    browser.drag((x, y), (x - 100.0, y), PLAIN);
    let after = span(&mut browser);
    let width = browser.ask("document.getElementById('plane').clientWidth").as_f64().expect("a width");
    let moved = (before.1 - before.0) * 100.0 / width;
    assert!((after.0 - before.0 - moved).abs() < moved / 50.0, "{after:?} is not {before:?} and {moved}");
    assert!((after.1 - before.1 - moved).abs() < moved / 50.0, "{after:?} is not {before:?} and {moved}");
}

#[test]
fn fingers_pinch() {
    let Some(mut browser) = opened() else { return };
    browser.call("Emulation.setTouchEmulationEnabled", &json!({"enabled": true, "maxTouchPoints": 2}));
    let (from, to) = span(&mut browser);
    let at = middle(&mut browser, "#plane");
    browser.pinch(at, 60.0, 180.0);
    let (start, end) = span(&mut browser);
    assert!(((end - start) / (to - from) - 1.0 / 3.0).abs() < 0.05, "{start} {end}");
}

#[test]
fn a_range_is_brushed_marked_and_fitted() {
    let Some(mut browser) = opened() else { return };
    let whole = span(&mut browser);
    let (x, y) = middle(&mut browser, "#overview");
    browser.drag((x - 100.0, y), (x + 100.0, y), PLAIN);
    let brushed = span(&mut browser);
    let bounds = view(&mut browser)["bounds"].clone();
    let all = bounds[1].as_f64().expect("a time") - bounds[0].as_f64().expect("a time");
    let width = browser.ask("document.getElementById('overview').clientWidth").as_f64().expect("a width");
    assert!(((brushed.1 - brushed.0) / all - 200.0 / width).abs() < 0.01, "{brushed:?} of {all}");

    browser.key("z");
    assert_eq!(span(&mut browser), whole);
    let (x, y) = middle(&mut browser, "#plane");
    browser.drag((x - 150.0, y), (x + 150.0, y), SHIFT);
    let range = view(&mut browser)["range"].clone();
    let (from, to) = (range[0].as_f64().expect("a time"), range[1].as_f64().expect("a time"));
    assert_eq!(span(&mut browser), whole, "marking a range moves nothing");
    let said = browser.ask("document.getElementById('panel').textContent");
    assert!(said.as_str().is_some_and(|said| said.contains("signals began in it")), "{said}");
    browser.key("z");
    let shown = span(&mut browser);
    assert!((shown.0 - from).abs() < 2.0 && (shown.1 - to).abs() < 2.0, "{shown:?} is not {range}");
    browser.key("Escape");
    assert!(view(&mut browser)["range"].is_null());
}

#[test]
fn what_is_hovered_tells_what_is_around() {
    let Some(mut browser) = opened() else { return };
    let (at, id) = mark(&mut browser, "one.row.startsWith('l') && one.ids.length === 1");
    browser.hover(at);
    let title = browser.ask(&format!("timeline.mark({id:?}).title")).as_str().expect("a title").to_owned();
    let tip = browser.ask("document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent");
    assert!(tip.as_str().is_some_and(|tip| tip.contains(&title)), "{tip}");
    browser.hover((3.0, 3.0));
    assert_eq!(browser.ask("document.getElementById('tip').hidden"), json!(true));
}

#[test]
fn a_mark_opens_beside_the_chart_and_leads_on() {
    let Some(mut browser) = opened() else { return };
    let (at, id) = mark(&mut browser, "timeline.mark(one.ids[0]).name.startsWith('NoReadyEndpoints')");
    browser.click(at);
    browser.wait("document.querySelector('#panel .record')");
    let said = browser.ask("document.getElementById('panel').textContent").as_str().expect("text").to_owned();
    for part in ["Records", "Comes from", "Within 30 s of it", "NoReadyEndpoints"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let apart =
        "(() => { const [a, b] = ['stage', 'panel'].map((id) => document.getElementById(id).getBoundingClientRect());
        return a.right <= b.left || a.bottom <= b.top; })()";
    assert_eq!(browser.ask(apart), json!(true), "the panel covers the chart");

    browser.ask("document.getElementById('copy-row').click()");
    browser.wait("document.querySelector('.said').dataset.copied");
    let row = browser.ask("document.querySelector('.said').dataset.copied").as_str().expect("a row").to_owned();
    assert!(row.starts_with("| ") && row.ends_with(" |") && row.contains("NoReadyEndpoints"), "{row}");

    browser.ask("document.querySelector('#panel .kin .go').click()");
    browser.frame();
    let now = browser.ask("timeline.view().selected");
    assert_ne!(browser.ask(&format!("[...document.querySelectorAll('tr')].length && {now}")), Value::Null);
    assert_ne!(browser.ask(&format!("timeline.fragment().includes('sel={id}')")), json!(true));
    browser.key("Escape");
    assert_eq!(browser.ask("document.getElementById('panel').hidden"), json!(true));
}

#[test]
fn versions_of_an_object_stand_with_their_fields() {
    let Some(mut browser) = opened() else { return };
    let called = "(() => { for (const one of timeline.drawn()) for (const id of one.ids)
        if (timeline.mark(id).name === NAME) return id; })()";
    let template = browser.ask(&called.replace("NAME", "'SpecChanged'"));
    let id = browser.ask(&called.replace("NAME", "'ConfigChanged'"));
    browser.go(&page(), &format!("#row-{}", id.as_str().expect("a change of a ConfigMap")));
    browser.wait("document.querySelector('#panel .versions .fields li')");
    let said = browser.ask("document.querySelector('#panel .versions').textContent");
    assert!(said.as_str().is_some_and(|said| said.contains("history-mb-per-worker")), "{said}");

    browser.go(&page(), &format!("#sel={}", template.as_str().expect("a change of a template")));
    browser.wait("document.querySelectorAll('#panel .compared li').length > 1");
    browser.ask(
        "(() => { const [from, to] = document.querySelectorAll('.between select'); from.value = to.value;
        from.dispatchEvent(new Event('change')); })()",
    );
    assert_eq!(
        browser.ask("document.querySelector('#panel .compared').textContent"),
        json!("nothing that is recorded")
    );
}

#[test]
fn keys_walk_lanes_signals_causes_and_effects() {
    let Some(mut browser) = opened() else { return };
    let (from, to) = span(&mut browser);
    browser.key("w");
    let near = span(&mut browser);
    assert!(near.1 - near.0 < (to - from) * 0.8);
    browser.key("d");
    assert!(span(&mut browser).0 > near.0);
    browser.key("a");
    assert!((span(&mut browser).0 - near.0).abs() < 2.0);
    browser.key("s");
    browser.key("+");
    browser.key("-");
    let same = span(&mut browser);
    assert!((same.0 - from).abs() < 2.0 && (same.1 - to).abs() < 2.0);

    let chosen = "(timeline.view().selected ?? -1)";
    browser.key("n");
    let first = browser.ask(chosen).as_i64().expect("a number");
    browser.key("n");
    let second = browser.ask(chosen).as_i64().expect("a number");
    assert!(first >= 0 && second > first);
    browser.key("p");
    assert_eq!(browser.ask(chosen), json!(first));

    let (at, _) = mark(&mut browser, "timeline.mark(one.ids[0]).name.startsWith('NoReadyEndpoints')");
    browser.click(at);
    let effect = browser.ask(chosen);
    browser.key("[");
    let cause = browser.ask(chosen);
    assert_ne!(cause, effect);
    browser.key("]");
    assert_ne!(browser.ask(chosen), cause);

    // Into the details and back, and a range, without a mouse.
    browser.key("i");
    assert_eq!(browser.ask("document.activeElement.id"), json!("panel"));
    browser.key("n");
    assert_eq!(browser.ask("document.activeElement.id"), json!("panel"), "another mark leaves the focus there");
    browser.key("r");
    let shown = view(&mut browser);
    assert_eq!(shown["range"], json!([shown["from"], shown["to"]]));
    browser.key("Escape");
    assert_eq!(browser.ask("document.activeElement.id"), json!("stage"), "the focus is lost with the panel");
    browser.key("n");

    let lane = "timeline.view().lane";
    let before = browser.ask(lane);
    browser.key("j");
    assert_ne!(browser.ask(lane), before);
    browser.key("k");
    assert_eq!(browser.ask(lane), before);

    browser.key("?");
    assert_eq!(browser.ask("document.getElementById('keys').open"), json!(true));
    browser.key("Escape");
    browser.wait("!document.getElementById('keys').open");
    browser.key("/");
    assert_eq!(browser.ask("document.activeElement.id"), json!("filter"));
}

#[test]
fn a_filter_leaves_what_it_asks_for() {
    let Some(mut browser) = opened() else { return };
    let all = browser.ask("timeline.rows().length").as_u64().expect("a number");
    let mut ids = |query: &str| -> Vec<Value> {
        let fill = "document.getElementById('filter').value = Q;
            document.getElementById('filter').dispatchEvent(new Event('input'));
            document.getElementById('all').click(); timeline.frame();
            timeline.drawn().flatMap((one) => one.ids).map((id) => timeline.mark(id))";
        let found = browser.ask(&fill.replace('Q', &json!(query).to_string()));
        found.as_array().expect("marks").clone()
    };
    let text = |mark: &Value, field: &str| mark[field].as_str().unwrap_or_default().to_owned();
    let pods = ids("kind:Pod ns:platform");
    assert!(!pods.is_empty() && pods.iter().all(|mark| text(mark, "of").starts_with("Pod/platform/")), "{pods:?}");
    let killed = ids("~oom");
    let holds_oom = |mark: &Value| format!("{mark}").to_lowercase().contains("oom");
    assert!(!killed.is_empty() && killed.iter().all(holds_oom));
    let errors = ids("sev>=error");
    assert!(!errors.is_empty() && errors.iter().all(|mark| mark["sev"].as_u64() >= Some(2)));
    let changed = ids("changed:history-mb");
    assert!(!changed.is_empty() && changed.iter().all(|mark| mark["role"] == json!("change")), "{changed:?}");
    assert!(ids("sev>=error -ns:platform").len() < errors.len());
    assert!(ids("no-such-word-anywhere").is_empty());
    assert_eq!(browser.ask("timeline.rows().length"), json!(0), "empty lanes vanish");
    browser.ask(
        "document.getElementById('filter').value = '~(';
        document.getElementById('filter').dispatchEvent(new Event('input')); timeline.frame()",
    );
    assert_eq!(browser.ask("document.getElementById('filter').getAttribute('aria-invalid')"), json!("true"));
    browser.ask("document.getElementById('filter').focus()");
    browser.key("Escape");
    assert_eq!(browser.ask("timeline.rows().length"), json!(all));
}

#[test]
fn lanes_fold_and_are_pinned() {
    let Some(mut browser) = opened() else { return };
    let rows = "timeline.rows().length";
    let before = browser.ask(rows).as_u64().expect("a number");
    browser.ask("document.querySelector('.section .fold-row').click()");
    assert!(browser.ask(rows).as_u64().expect("a number") < before);
    browser.ask("document.querySelector('.section .fold-row').click()");
    assert_eq!(browser.ask(rows), json!(before));
    let last = "[...document.querySelectorAll('.pin')].pop()";
    let name = browser.ask(&format!("{last}.parentElement.querySelector('.name').textContent"));
    browser.ask(&format!("{last}.click()"));
    assert_eq!(browser.ask("timeline.rows()[0].key"), json!("pinned"));
    assert_eq!(browser.ask("timeline.rows()[1].title"), name);
    assert_eq!(browser.ask("document.querySelector('.pin').getAttribute('aria-pressed')"), json!("true"));
}
