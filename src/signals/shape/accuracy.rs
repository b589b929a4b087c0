//! How often shapes are named that are not there, and how exact those are that are: measured on made-up series, with a
//! generator of our own and a fixed seed, so that every run gives the same.

use super::find::Curve;
use super::form::Shape;
use rayon::prelude::*;
use std::f64::consts::TAU;

/// Series of each kind.
const SERIES: u64 = 2_000;
/// An hour of samples every 15 seconds.
const SAMPLES: usize = 240;
const STEP: i64 = 15_000;
/// Named at most of each kind, in every shape: one in a thousand.
const MOST: usize = 2;

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (one, other) = (self.part().max(1e-300), self.part());
        (-2.0 * one.ln()).sqrt() * (TAU * other).cos()
    }

    /// Student's t.
    fn heavy(&mut self, freedom: u32) -> f64 {
        let squares: f64 = (0..freedom).map(|_| self.normal().powi(2)).sum();
        self.normal() / (squares / f64::from(freedom)).sqrt()
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    White,
    /// Autoregressive: each sample is nine tenths of the one before.
    Sluggish,
    /// What a rate over five minutes makes of independent scrapes.
    Rate,
    Heavy2,
    Heavy3,
    Quantised,
    /// Counts of what is rare.
    Rare,
    Gapped,
    /// Hours of days whose peak is up to nine times their low.
    Daily,
    Walk,
}

use Kind::{Daily, Gapped, Heavy2, Heavy3, Quantised, Rare, Rate, Sluggish, Walk, White};

/// A series of a kind, around 20 but for days and walks, without a change.
fn series(kind: Kind, seed: u64) -> Vec<f64> {
    let random = &mut Random(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut value = random.normal();
    let scrapes: Vec<f64> = (0..SAMPLES + 20).map(|_| random.normal()).collect();
    let (phase, height) = (random.part() * TAU, random.part() * 0.8);
    let sample = |place: usize| match kind {
        White | Gapped => 20.0 + random.normal(),
        Sluggish => {
            value = 0.9 * value + 0.19_f64.sqrt() * random.normal();
            20.0 + value
        }
        Rate => 20.0 + scrapes[place..place + 20].iter().sum::<f64>() / 20_f64.sqrt(),
        Heavy2 => 20.0 + random.heavy(2),
        Heavy3 => 20.0 + random.heavy(3),
        Quantised => (20.0 + 0.5 * random.normal()).round(),
        Rare => f64::from(u8::from(random.part() < 0.2) + u8::from(random.part() < 0.05)),
        // A minute each, so four hours of the day.
        Daily => 1.0 + height * (phase + TAU * place as f64 / 1440.0).sin() + 0.03 * random.normal(),
        Walk => {
            value += random.normal();
            1000.0 + value
        }
    };
    (0..SAMPLES).map(sample).collect()
}

/// The interquartile range of a kind's noise.
fn quartiles(kind: Kind) -> f64 {
    match kind {
        Heavy2 => 1.633,
        Heavy3 => 1.530,
        Quantised => 1.0,
        Daily => 0.03 * 1.349,
        _ => 1.349,
    }
}

fn curve(kind: Kind, values: &[f64], seed: u64) -> Curve<'static> {
    let random = &mut Random(seed);
    let step = if matches!(kind, Daily) { 60_000 } else { STEP };
    let scraped: Vec<i64> = (0..).step_by(step as usize).take(values.len()).collect();
    let samples = scraped.iter().copied().zip(values.iter().copied());
    let is_there = |_: &(i64, f64)| !matches!(kind, Gapped) || random.part() > 0.15;
    let (times, values) = samples.filter(is_there).unzip();
    Curve { times, values, step, scraped: scraped.into() }
}

fn shape(written: &str) -> Shape {
    serde_json::from_str(&format!("{{\"{written}\": {{}}}}")).expect("a shape")
}

const SHAPES: [&str; 8] = ["step", "ramp", "saw-tooth", "spike", "cliff", "flat-zero", "gap", "periodic"];

/// How many of a kind's series have each shape.
fn named(kind: Kind) -> Vec<usize> {
    let of_one = |seed: u64| -> Vec<usize> {
        let curve = curve(kind, &series(kind, seed), seed);
        SHAPES.iter().map(|name| usize::from(!curve.find(&shape(name)).is_empty())).collect()
    };
    let sum = |one: Vec<usize>, other: Vec<usize>| one.iter().zip(&other).map(|(one, other)| one + other).collect();
    (1..=SERIES).into_par_iter().map(of_one).reduce(|| vec![0; SHAPES.len()], sum)
}

#[test]
fn nothing_is_named_where_nothing_changed() {
    for kind in [White, Sluggish, Rate, Heavy2, Heavy3, Quantised, Rare, Gapped, Daily] {
        let named = named(kind);
        println!("{kind:?}: {named:?} of {SERIES} {SHAPES:?}");
        // A rate over five minutes goes up and down on its own for as long as those minutes: measured, two in a thousand.
        let most = if matches!(kind, Rate) { 2 * MOST } else { MOST };
        assert!(named.iter().all(|count| *count <= most), "{kind:?}: {named:?} of {SERIES}, of {SHAPES:?}");
    }
}

/// A walk goes anywhere by itself. It has levels and slopes, and none of them means anything: what rules want of a
/// shape beside, to be so many times as large, is what keeps them off it.
#[test]
fn few_walks_are_named() {
    let named = named(Walk);
    println!("{named:?} of {SERIES} walks, of {SHAPES:?}");
    assert!(named.iter().all(|count| *count * 50 <= SERIES as usize), "{named:?}: more than two in a hundred");
}

/// Of steps of so many interquartile ranges, how many are found at all, and of these within a scrape.
fn onsets(kind: Kind, ranges: f64) -> (f64, f64) {
    let of_one = |seed: u64| {
        let mut values = series(kind, seed);
        let at = 60 + (Random(seed).next() % (SAMPLES as u64 - 100)) as usize;
        values[at..].iter_mut().for_each(|value| *value += ranges * quartiles(kind));
        let curve = curve(kind, &values, seed);
        let wanted = curve.scraped[at];
        let found = curve.find(&shape("step")).into_iter().map(|found| (found.first - wanted).abs()).min();
        // The next sample that is there, where some are missing.
        let next = curve.times.iter().find(|time| **time >= wanted).map_or(0, |time| time - wanted);
        (usize::from(found.is_some()), usize::from(found.is_some_and(|far| far <= curve.step.max(next))))
    };
    let sum = |one: (usize, usize), other: (usize, usize)| (one.0 + other.0, one.1 + other.1);
    let (found, near) = (1..=SERIES / 2).into_par_iter().map(of_one).reduce(|| (0, 0), sum);
    (found as f64 / (SERIES / 2) as f64, near as f64 / found.max(1) as f64)
}

#[test]
fn steps_begin_within_a_scrape() {
    // The kind, interquartile ranges, how many are found at least, and of these within a scrape.
    for (kind, ranges, least_found, least_near) in [
        (White, 3.0, 0.9, 0.95),
        (White, 4.0, 0.99, 0.99),
        (Gapped, 3.0, 0.9, 0.95),
        (Quantised, 3.0, 0.9, 0.95),
        (Heavy3, 3.0, 0.8, 0.85),
        (Heavy3, 4.0, 0.95, 0.95),
        (Heavy2, 3.0, 0.6, 0.8),
        (Heavy2, 5.0, 0.95, 0.95),
        (Daily, 6.0, 0.5, 0.9),
        (Sluggish, 8.0, 0.9, 0.95),
        (Rate, 12.0, 0.85, 0.95),
    ] {
        let (found, near) = onsets(kind, ranges);
        println!("{kind:?}, {ranges} ranges: {found:.3} found, {near:.3} of them within a scrape");
        assert!(found >= least_found && near >= least_near, "{kind:?}, {ranges} ranges: {found:.3}, {near:.3}");
    }
}

fn found(name: &str, values: &[f64]) -> Vec<(i64, i64)> {
    let curve = curve(White, values, 1);
    curve.find(&shape(name)).iter().map(|found| (found.first / STEP, found.last / STEP)).collect()
}

#[test]
fn shapes_that_are_there_are_named() {
    let random = &mut Random(5);
    let mut noisy = |level: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..SAMPLES).map(|place| (level(place) + 0.3 * random.normal()).max(0.0)).collect()
    };
    let within = |found: &[(i64, i64)], first: i64, far: i64| {
        assert!(found.iter().any(|(from, _)| (from - first).abs() <= far), "{found:?}, where {first} was expected");
    };
    // A rate over five minutes takes twenty samples from one level to another, and began with the first.
    let smooth = noisy(&|at| 20.0 + 2.0 * (at.saturating_sub(100) as f64).min(20.0));
    within(&found("step", &smooth), 101, 1);
    within(&found("step", &smooth.iter().map(|value| 100.0 - value).collect::<Vec<_>>()), 101, 1);
    let ramp = noisy(&|at| 20.0 + 0.4 * at.saturating_sub(120) as f64);
    within(&found("ramp", &ramp), 120, 12);
    assert_eq!(found("step", &ramp), [], "a ramp is no step");
    let spike = noisy(&|at| if (100..110).contains(&at) { 40.0 } else { 20.0 });
    assert_eq!(found("spike", &spike), [(100, 109)]);
    let teeth = noisy(&|at| 20.0 + (at % 40) as f64);
    within(&found("saw-tooth", &teeth), 0, 0);
    let cliff = noisy(&|at| if at < 150 { 20.0 } else { 1.0 });
    assert_eq!(found("cliff", &cliff), [(150, 239)]);
    let zero: Vec<f64> = (0..SAMPLES).map(|at| if at < 150 { cliff[at] } else { 0.0 }).collect();
    assert_eq!((found("flat-zero", &zero), found("flat-zero", &cliff)), (vec![(150, 239)], vec![]));
    let clock = noisy(&|at| if at % 20 == 7 { 60.0 } else { 20.0 });
    assert_eq!(found("periodic", &clock), [(7, 227)]);
    let curve = curve(White, &smooth, 1);
    let is_kept = |at: &usize| !(100..130).contains(at);
    let times = (0..SAMPLES).filter(is_kept).map(|at| curve.times[at]).collect();
    let holed = Curve { times, values: vec![1.0; SAMPLES - 30], ..curve };
    let gaps: Vec<(i64, i64)> =
        holed.find(&shape("gap")).iter().map(|gap| (gap.first / STEP, gap.last / STEP)).collect();
    assert_eq!(gaps, [(100, 129)]);
    let blind = Curve { scraped: holed.times.clone().into(), ..holed };
    assert_eq!(blind.find(&shape("gap")), [], "its server had nothing either");
}

#[test]
fn of_few_samples_nothing_is_said() {
    let values: Vec<f64> = (0..20).map(|at| if at < 10 { 1.0 } else { 100.0 }).collect();
    for name in SHAPES {
        assert_eq!(found(name, &values), [], "{name}");
        assert_eq!(found(name, &[]), [], "{name}");
        assert_eq!(found(name, &[1.0; 300]), [], "{name}");
    }
}
