//! What is read without doing anything, by whomever and wherever, and that nothing else happens.

use super::browser::Browser;
use super::{analyzed, opened, page, saved};
use serde_json::json;
use std::path::Path;

#[test]
fn the_first_screen_answers_without_a_click() {
    let Some(mut browser) = opened() else { return };
    let asked = browser.ask(
        "[...document.querySelectorAll('.answers > div')].map((one) => [one.querySelector('dt').textContent,
           one.querySelector('dd').textContent.length, one.getBoundingClientRect().bottom < innerHeight])",
    );
    let questions: Vec<&str> = asked.as_array().expect("answers").iter().filter_map(|one| one[0].as_str()).collect();
    assert_eq!(questions, ["What began it", "Whom it hurt", "What spread it", "When it ended"]);
    for one in asked.as_array().expect("answers") {
        assert!(one[1].as_u64() > Some(20) && one[2] == json!(true), "{one}");
    }
    let title = browser.ask("document.querySelector('h1').textContent").as_str().expect("a title").to_owned();
    assert!(!title.starts_with(|first: char| first.is_ascii_digit()), "{title}");
    assert_eq!(browser.ask("timeline.rows()[0].title"), json!("The cascade"));
    let open = browser.ask("timeline.rows().filter((row) => row.type === 'section' && !row.folded).length");
    assert_eq!(open, json!(1), "all but the cascade is folded");
    assert!(browser.ask("timeline.drawn().length").as_u64() > Some(10));
    let cited = browser.ask("[...document.querySelectorAll('.cite')].every((one) => document.querySelector(one.hash))");
    assert_eq!(cited, json!(true));

    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    let own = format!("file://{}", page().display());
    let foreign: Vec<&String> =
        browser.requests.iter().filter(|url| **url != own && !url.starts_with("about:")).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

/// The average of what the canvas shows, from 0 to 255.
const LIGHT: &str = "(() => { const c = document.getElementById('plane');
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let sum = 0; for (let i = 0; i < d.length; i += 4) sum += d[i + 3] ? (d[i] + d[i + 1] + d[i + 2]) / 3 : 0;
    return sum / (d.length / 4); })()";

#[test]
fn it_is_read_in_the_dark_on_paper_and_on_a_telephone() {
    let Some(mut browser) = opened() else { return };
    // The ruler has a ground of its own.
    let ruler = "[...document.getElementById('plane').getContext('2d').getImageData(2, 2, 1, 1).data].slice(0, 3)";
    let light = browser.ask(ruler);
    browser.look("dark", "");
    browser.frame();
    browser.wait(&format!("({ruler})[0] < 60"));
    assert_ne!(browser.ask(ruler), light);
    assert!(browser.ask(LIGHT).as_f64() > Some(0.0));
    browser.look("light", "");
    browser.size(390, 844);
    browser.frame();
    assert_eq!(browser.ask("document.documentElement.scrollWidth <= 390"), json!(true));
    browser.wait("document.getElementById('plane').width === document.getElementById('plane').clientWidth");
    browser.ask("document.getElementById('stage').focus()");
    browser.key("n");
    let below = "document.getElementById('panel').getBoundingClientRect().top >=
        document.getElementById('stage').getBoundingClientRect().bottom";
    assert_eq!(browser.ask(below), json!(true), "the panel covers the chart");
    assert_eq!(browser.ask("document.documentElement.scrollWidth <= 390"), json!(true));
    browser.look("light", "print");
    let hidden = "getComputedStyle(document.getElementById('tools')).display";
    assert_eq!(browser.ask(hidden), json!("none"));
}

#[test]
fn the_chart_is_printed_as_wide_as_a_sheet_in_slices_and_light() {
    let Some(mut browser) = opened() else { return };
    let shown = browser.ask("timeline.rows().map((row) => row.title)");
    browser.look("dark", "");
    browser.frame();
    browser.ask("window.dispatchEvent(new Event('beforeprint'))");
    browser.look("dark", "print");
    let names = browser.ask("[...document.querySelectorAll('#paper .row .name')].map((one) => one.textContent)");
    assert_eq!(names, shown, "every row that is shown is on paper");
    let slices = browser.ask(
        "[...document.querySelectorAll('#paper .slice')].map((one) => {
           const canvas = one.querySelector('canvas'), box = canvas.getBoundingClientRect();
           const light = [...canvas.getContext('2d').getImageData(4, canvas.height - 5, 1, 1).data];
           return [one.getBoundingClientRect().width, one.getBoundingClientRect().height, canvas.width / box.width,
             light[3] === 0 || light[0] > 200]; })",
    );
    let slices = slices.as_array().expect("slices").clone();
    assert!(slices.len() > 2, "{slices:?}");
    for slice in &slices {
        assert_eq!(slice[0], json!(700), "{slices:?}");
        assert!(slice[1].as_f64() < Some(220.0), "a page may break between slices only: {slices:?}");
        assert!((slice[2].as_f64().expect("a scale") - 2.0).abs() < 0.02, "not stretched: {slices:?}");
        assert_eq!(slice[3], json!(true), "{slices:?}");
    }
    let ground = "getComputedStyle(document.documentElement).getPropertyValue('--card')";
    assert_eq!(browser.ask(ground), json!("#ffffff"));
    assert_eq!(browser.ask("document.getElementById('cited').open"), json!(true), "numbers lead to records");
    assert_eq!(browser.ask("document.documentElement.scrollWidth <= innerWidth"), json!(true));

    browser.ask("window.dispatchEvent(new Event('afterprint'))");
    browser.look("dark", "");
    assert_eq!(browser.ask("document.getElementById('paper').childElementCount"), json!(0));
    assert_eq!(browser.ask("document.getElementById('cited').open"), json!(false));
    browser.call("Page.printToPDF", &json!({"preferCSSPageSize": true}));
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

/// Where `.ci/run` puts axe-core.
const AXE: &str = "target/tools/node_modules/axe-core/axe.min.js";

#[test]
fn axe_finds_nothing() {
    let Ok(axe) = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE)) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{AXE} is not there");
        eprintln!("skipped: {AXE} is not there; npm install --prefix target/tools axe-core@4 brings it");
        return;
    };
    let Some(mut browser) = opened() else { return };
    let found = "axe.run().then((said) => said.violations.map((one) =>
        [one.id, one.help, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))";
    for (scheme, width) in [("light", 1440), ("dark", 1440), ("light", 390)] {
        browser.size(width, 900);
        browser.look(scheme, "");
        browser.go(&page(), "");
        browser.ask("document.querySelectorAll('details').forEach((one) => (one.open = true))");
        browser.key("n");
        browser.wait("document.querySelector('#panel .record')");
        browser.ask(&format!("{axe}; 0"));
        let violations = browser.ask(found);
        assert_eq!(violations, json!([]), "{scheme}, {width}");
    }
}

const HOSTILE: &str = "</script><img src=x onerror=\"window.hacked = 1\"> <script>window.hacked = 1</script> \u{1b}[2J \
    \u{202e}gnp.exe javascript:alert(1) \u{2028} ${window.hacked=1} ' \" ` &amp; <!-- ]]>";

#[test]
fn hostile_text_is_read_and_does_nothing() {
    let mut of = analyzed("memory-cascade");
    let long = "x ".repeat(500_000);
    for (place, signal) in of.signals.iter_mut().enumerate() {
        signal.title = if place == 3 { format!("{HOSTILE}{long}") } else { HOSTILE.to_owned() };
        signal.name = HOSTILE.to_owned();
    }
    of.analysis.edges.iter_mut().for_each(|edge| edge.why = HOSTILE.to_owned());
    of.evidence.archive = HOSTILE.to_owned();
    let (_folder, page) = saved(&of);
    let Some(mut browser) = Browser::open(1440, 900) else { return };
    browser.go(&page, "#sel=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&q=%3Cimg%3E~(");
    browser.key("Escape");
    browser.key("Escape");
    browser.key("n");
    browser.wait("document.querySelector('#panel .record')");
    assert_eq!(
        browser.ask("[typeof window.hacked, document.images.length, document.scripts.length]"),
        json!(["undefined", 0, 3])
    );
    assert_eq!(browser.ask("/[\\u202e\\u2028\\u001b]/.test(document.body.innerText)"), json!(false));
    assert_eq!(
        browser.ask("document.getElementById('panel').textContent.includes('<img src=x onerror=')"),
        json!(true)
    );
    assert_eq!(
        browser.requests.iter().filter(|url| !url.starts_with("file://") && !url.starts_with("about:")).count(),
        0
    );
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

#[test]
fn an_incident_without_a_cascade_has_a_page_too() {
    let (_folder, page) = saved(&analyzed("healthy-quiet"));
    let Some(mut browser) = Browser::open(1440, 900) else { return };
    browser.go(&page, "");
    let title = browser.ask("document.querySelector('h1').textContent").as_str().expect("a title").to_owned();
    assert!(title.starts_with("No"), "{title}");
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}
