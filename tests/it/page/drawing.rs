//! What stands where on the canvas.

use super::{opened, page};
use serde_json::json;

#[test]
fn no_label_covers_a_mark_or_another_label() {
    let Some(mut browser) = opened() else { return };
    let covered = "(() => { const all = timeline.drawn(), found = [];
        for (const one of all) for (const other of all) {
          if (one === other || one.row !== other.row || !one.labelAt) continue;
          const [from, to] = one.labelAt;
          if (other.x > from - 4 && other.x < to + 4) found.push([one.label, 'covers the mark', other.ids]);
          if (other.labelAt && from < other.labelAt[1] && other.labelAt[0] < to) found.push([one.label, other.label]);
        } return found; })()";
    for width in [1440, 900, 390] {
        browser.size(width, 900);
        browser.wait("document.getElementById('plane').clientWidth > innerWidth / 2");
        browser.frame();
        assert_eq!(browser.ask(covered), json!([]), "{width}");
        assert!(browser.ask("timeline.drawn().filter((one) => one.label).length").as_u64() > Some(0), "{width}");
    }
}

#[test]
fn what_began_before_the_part_that_is_shown_still_has_its_bar() {
    let Some(mut browser) = opened() else { return };
    let long = "(() => { for (const one of timeline.drawn()) for (const id of one.ids) { const it = timeline.mark(id);
        if (it.until - it.at > 60000 && one.row.startsWith('l')) return [id, it.at + 20000, it.at + 21000, one.row]; } })()";
    let found = browser.ask(long);
    let [from, to] = [1, 2].map(|place| {
        let ms = found[place].as_i64().expect("a time");
        chrono::DateTime::from_timestamp_millis(ms)
            .expect("a time")
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    });
    browser.go(&page(), &format!("#at={from}_{to}"));
    let bar = format!(
        "(() => {{ const row = timeline.rows().find((one) => one.key === {}), c = document.getElementById('plane');
        const y = row.top + row.height / 2 + 28 - document.getElementById('stage').scrollTop;
        const of = (y) => [...c.getContext('2d').getImageData(c.width / 2 + 3, y, 1, 1).data].join();
        return [of(y + 9), of(y - 12)]; }})()",
        found[3]
    );
    let bar = browser.ask(&bar);
    assert_ne!(bar[0], bar[1], "{found}");
}
