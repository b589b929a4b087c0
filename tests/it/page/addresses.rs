//! What the page's address says: it brings back what was shown, whatever was shown before.

use super::{mark, opened, page, span, view};
use serde_json::json;

#[test]
fn the_address_brings_back_what_was_shown() {
    let Some(mut browser) = opened() else { return };
    let (at, id) = mark(&mut browser, "one.row.startsWith('l') && one.ids.length === 1");
    browser.key("w");
    browser.click(at);
    browser.key("z");
    browser.key("w");
    browser.ask("document.querySelector('.pin').click()");
    browser.ask(
        "document.getElementById('filter').value = 'sev>=info';
        document.getElementById('filter').dispatchEvent(new Event('input'))",
    );
    browser.wait("location.hash.includes('q=') && location.hash.includes('pin=')");
    let hash = browser.ask("location.hash").as_str().expect("a fragment").to_owned();
    let shown = view(&mut browser);
    browser.go(&page(), &hash);
    let again = view(&mut browser);
    for part in ["selected", "query", "pinned", "folded"] {
        assert_eq!(again[part], shown[part], "{part} of {hash}");
    }
    assert!((again["from"].as_f64().expect("a time") - shown["from"].as_f64().expect("a time")).abs() < 2.0);
    browser.go(&page(), &format!("#row-{id}"));
    assert!(browser.ask("timeline.fragment()").as_str().is_some_and(|now| now.contains(&format!("sel={id}"))));
    for cut in ["#q=100%", "#%", "#q=a%E0%A4"] {
        browser.go(&page(), cut);
        assert!(browser.ask("timeline.fragment()").as_str().is_some(), "{cut}");
    }
    browser.go(&page(), "#%");
    assert_eq!(browser.ask("timeline.drawn().length > 0"), true, "an address that was cut still opens the page");
    browser.go(&page(), "#at=nonsense&sel=s999999&fold=b99.%22&pin=-1.x&range=1_2_3");
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

#[test]
fn a_link_that_is_followed_in_an_open_page_shows_the_same_as_in_a_new_one() {
    let Some(mut browser) = opened() else { return };
    let usual = view(&mut browser);
    let ids = browser.ask("timeline.drawn().flatMap((one) => one.ids).filter((id) => timeline.mark(id).sev > 1)");
    let [first, other] = [&ids[0], &ids[2]].map(|id| id.as_str().expect("an id").to_owned());
    browser.ask(&format!("location.hash = 'sel={first}&q=sev>=error&pin=1&fold=s0'"));
    browser.wait("timeline.view().query === 'sev>=error' && timeline.view().pinned.length === 1");
    browser.key("w");
    let followed = browser.ask("timeline.view().selected");
    browser.ask(&format!("location.hash = 'sel={other}'"));
    browser.wait(&format!("timeline.view().selected !== {followed}"));
    let now = view(&mut browser);
    for part in ["query", "pinned", "folded", "range"] {
        assert_eq!(now[part], usual[part], "{part}");
    }
    assert_eq!(browser.ask("document.getElementById('filter').value"), json!(""));
    assert!(
        (span(&mut browser).1 - span(&mut browser).0)
            > (usual["to"].as_f64().expect("a time") - usual["from"].as_f64().expect("a time")) * 0.99
    );

    // A place on the page that is no view, as a cited record, changes nothing of what is shown.
    browser.ask("location.hash = 'q=~oom'");
    browser.wait("timeline.view().query === '~oom'");
    browser.ask("document.querySelector('.cite').click()");
    browser.wait("location.hash.startsWith('#E')");
    assert_eq!(view(&mut browser)["query"], json!("~oom"));
    browser.ask("location.hash = ''");
    browser.wait("timeline.view().query === ''");
}

#[test]
fn a_link_that_is_followed_right_after_a_choice_is_not_written_over() {
    let Some(mut browser) = opened() else { return };
    let ids = browser.ask("timeline.drawn().flatMap((one) => one.ids).filter((id) => timeline.mark(id).sev > 1)");
    let id = ids[2].as_str().expect("an id").to_owned();
    // The link is followed just before the choice is written into the address, and read only after that.
    browser.ask(&format!(
        "(() => {{ setTimeout(() => {{
            location.hash = 'sel={id}';
            for (const until = performance.now() + 60; performance.now() < until;);
        }}, 150);
        const filter = document.getElementById('filter');
        filter.value = 'sev>=info';
        filter.dispatchEvent(new Event('input')); }})()"
    ));
    browser.wait(&format!("timeline.fragment().includes('sel={id}')"));
    assert_eq!(view(&mut browser)["query"], json!(""));
}
