//! How much of what really happened an analysis finds, over every fixture, in four gates.
//!
//!     cargo test --test it accuracy                       # compares with docs/accuracy.md
//!     K8SF_BLESS=1 cargo test --test it accuracy          # writes it anew; a figure that falls still fails
//!     K8SF_BLESS=lower cargo test --test it accuracy      # accepts a lower figure, for a reason that the commit gives

mod altered;
mod fixture;
mod mutation;
mod noise;
mod page;
mod quiet;
mod score;
mod truth;

use fixture::Family;
use page::Page;

/// The four gates over every fixture, written to docs/accuracy.md and compared with it.
#[test]
fn accuracy() {
    let fixtures = fixture::all();
    let scored =
        fixture::on_threads(&fixtures, |fixture| score::score(&fixture.truth, &fixture.report, &fixture.draft()));
    let mutated = fixture::on_threads(&fixtures, mutation::without_records);
    let grafted = fixture::on_threads(&noise::fixtures(&fixtures), |fixture| noise::grafted(fixture, &fixtures));
    let quiet = quiet::claims(&fixtures);
    let page = Page::new(&fixtures, &scored, &mutated, &grafted, &quiet);
    page.compare();
}

#[test]
fn every_family_has_fixtures() {
    let fixtures = fixture::all();
    for family in [Family::Lab, Family::Made, Family::Healthy, Family::Reports] {
        let count = fixtures.iter().filter(|fixture| fixture.family == family).count();
        assert!(count >= family.least(), "{count} fixtures of {family:?}");
    }
}
