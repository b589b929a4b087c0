//! What stands beside the chart once a mark is opened.

use super::browser::Browser;
use super::{analyzed, opened, page, saved};
use serde_json::json;

/// The words of the panel, once what it shows of a mark is there.
fn words(browser: &mut Browser) -> String {
    browser.wait("document.querySelector('#panel .record')");
    browser.ask("document.getElementById('panel').innerText").as_str().expect("text").to_owned()
}

/// The first mark of the cascade for which the panel shows an element.
fn opened_with(browser: &mut Browser, selector: &str) -> String {
    let ids = browser.ask(
        "(() => { const ids = []; for (let number = 1; timeline.mark('s' + number); number += 1)
            if (timeline.mark('s' + number).chain === 1) ids.push('s' + number); return ids; })()",
    );
    for id in ids.as_array().expect("ids").iter().filter_map(|id| id.as_str()) {
        browser.ask(&format!("location.hash = 'sel={id}'"));
        browser.wait(&format!("timeline.fragment().includes('sel={id}')"));
        browser.wait("document.querySelector('#panel .record')");
        if browser.ask(&format!("Boolean(document.querySelector('#panel {selector}'))")) == json!(true) {
            return id.to_owned();
        }
    }
    panic!("no mark of the cascade shows {selector}");
}

#[test]
fn a_signal_says_what_it_means_and_where_that_is_known_from() {
    let Some(mut browser) = opened() else { return };
    let id = opened_with(&mut browser, ".asks");
    let said = words(&mut browser);
    for part in ["What it means", "Known from: ", "To ask"] {
        assert!(said.contains(part), "{part} of {id} is not in {said}");
    }
    assert!(!said.contains('{'), "a placeholder is left: {said}");
}

#[test]
fn other_causes_stand_with_the_record_that_would_decide_and_with_what_speaks_against_those_claimed() {
    let Some(mut browser) = opened() else { return };
    let id = opened_with(&mut browser, ".other-causes");
    let said = words(&mut browser);
    for part in ["Could also come from", "not claimed; ", "What would decide: "] {
        assert!(said.contains(part), "{part} of {id} is not in {said}");
    }
    browser.ask("document.querySelector('#panel .other-causes .go').click()");
    browser.frame();
    assert_eq!(
        browser.ask(&format!("timeline.fragment().includes('sel={id}&') || timeline.fragment().endsWith('sel={id}')")),
        json!(false)
    );
    opened_with(&mut browser, ".kin .against");
    assert!(words(&mut browser).contains("Speaks against it: "));
    // What has no other explanation says nothing of one.
    let none = "(() => { const drawn = timeline.drawn().flatMap((one) => one.ids).map((id) => timeline.mark(id));
        return drawn.find((mark) => mark.role === 'change').id; })()";
    let id = browser.ask(none);
    browser.go(&page(), &format!("#sel={}", id.as_str().expect("a change")));
    assert!(!words(&mut browser).contains("Could also come from"));
}

#[test]
fn addresses_of_sources_are_links_and_what_speaks_against_a_step_leads_to_it() {
    let mut of = analyzed("memory-cascade");
    let members = of.analysis.cascades[0].signals.clone();
    let edge = of.analysis.edges.iter_mut().find(|edge| members.contains(&edge.to)).expect("an edge");
    let doubt = members.iter().copied().find(|one| *one != edge.from && *one != edge.to).expect("a third");
    edge.against.push(k8s_forensics::cascade::Doubt { signal: doubt, why: "there was room elsewhere".to_owned() });
    let (name, id) = (of.signals[edge.to].name.clone(), format!("s{}", edge.to + 1));
    let meaning = of.meanings.signals.get_mut(&name).expect("a meaning");
    meaning.source = "docs (https://kubernetes.io/docs/a?b=c#d), <b>javascript:alert(1)</b> http://plain".to_owned();
    let (_folder, page) = saved(&of);
    let Some(mut browser) = Browser::open(1440, 900) else { return };
    browser.go(&page, &format!("#sel={id}"));
    assert!(words(&mut browser).contains("Speaks against it: there was room elsewhere ("));
    let links = browser.ask("[...document.querySelectorAll('#panel a')].map((one) => [one.href, one.rel])");
    assert_eq!(links, json!([["https://kubernetes.io/docs/a?b=c#d", "noreferrer noopener"]]));
    browser.ask("document.querySelector('#panel .against .go').click()");
    browser.wait(&format!("timeline.fragment().includes('sel=s{}')", doubt + 1));
    let foreign = browser.requests.iter().filter(|url| !url.starts_with("file://") && !url.starts_with("about:"));
    assert_eq!(foreign.count(), 0);
}

#[test]
fn versions_are_compared_field_by_field_and_as_whole_texts() {
    let (_folder, page) = saved(&analyzed("bad-rollout"));
    let Some(mut browser) = Browser::open(1440, 900) else { return };
    browser.go(&page, "");
    let id = browser.ask(
        "(() => { for (let number = 1; timeline.mark('s' + number); number += 1) { const it = timeline.mark('s' + number);
           if (it.what.includes('image of cart from')) return it.id; } })()",
    );
    browser.go(&page, &format!("#sel={}", id.as_str().expect("a change of an image")));
    browser.wait("document.querySelector('#panel .versions .fields del')");
    let choose = |from: usize, to: &str| {
        format!(
            "(() => {{ const [from, to] = document.querySelectorAll('.between select');
               from.value = '{from}'; to.value = {to}; to.dispatchEvent(new Event('change')); }})()"
        )
    };
    let compared = "document.querySelector('#panel .compared').textContent";
    browser.ask(&choose(0, "String(to.options.length - 1)"));
    let said = browser.ask(compared).as_str().expect("text").to_owned();
    assert!(said.contains("image of cart: lab/busybox:1 to lab/cart:2.0.1"), "{said}");
    let lines = |kind: &str| {
        format!("[...document.querySelectorAll('#panel .whole .{kind}')].map((one) => one.textContent.slice(2))")
    };
    browser.ask("document.querySelector('#panel .whole').open = true");
    assert_eq!(browser.ask(&lines("del")), json!(["containers[cart].image: lab/busybox:1"]));
    assert_eq!(browser.ask(&lines("ins")), json!(["containers[cart].image: lab/cart:2.0.1"]));
    assert!(browser.ask(&lines("same")).as_array().expect("lines").len() > 5);
    // Those who look the other way see it the other way round, and one version is like itself.
    browser.ask(&choose(0, "'0'"));
    assert_eq!(browser.ask(compared), json!("nothing that is recorded"));
    assert_eq!(browser.ask(&lines("del")), json!([]));
    assert_eq!(browser.ask("document.querySelector('#panel .whole').open"), json!(true), "it stays open");
    // What commands and variables are set to is not shown.
    let all = browser.ask("document.getElementById('panel').textContent").as_str().expect("text").to_owned();
    assert!(all.contains(".command: (not shown)") || !all.contains(".command"), "{all}");
}
