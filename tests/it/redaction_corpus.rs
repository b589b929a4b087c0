//! How many of 13 shapes of 50 secrets each are hidden in the surroundings that clusters print them in, and how many
//! ordinary names of Kubernetes are touched. The secrets are made from a seed. A third of the surroundings, with
//! keys and secrets of their own, was never looked at while the rules were written.
//!
//! `K8SF_CORPUS` names a folder with other people's archives to look for false positives in; without it that test says
//! that it is skipped.

use crate::redaction_surroundings::{ASIDE, OPEN, Surroundings};
use k8s_forensics::redact::{Key, Redactor, Rules};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Hidden, of all that should be.
const RECALL: f64 = 0.99;
/// Touched, of all that should stay.
const TOUCHED: f64 = 0.01;
const SECRETS: usize = 50;

pub fn redactor() -> Redactor {
    Redactor::new(Rules::built_in().expect("the rules"), Key::known([3; 32])).expect("a redactor")
}

/// xorshift64*: the same secrets in every run.
pub struct Dice(pub u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % most
    }

    fn of(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";
const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const URL64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// How a secret is put into text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
enum Shape {
    Password,
    Symbols,
    Hex,
    Base64,
    Jwt,
    Pem,
    Aws,
    Forge,
    Vendor,
    Bootstrap,
    Uuid,
    Phrase,
    Gossip,
}

const SHAPES: [Shape; 13] = [
    Shape::Password,
    Shape::Symbols,
    Shape::Hex,
    Shape::Base64,
    Shape::Jwt,
    Shape::Pem,
    Shape::Aws,
    Shape::Forge,
    Shape::Vendor,
    Shape::Bootstrap,
    Shape::Uuid,
    Shape::Phrase,
    Shape::Gossip,
];

impl Shape {
    fn secret(self, dice: &mut Dice) -> String {
        match self {
            Self::Password => format!("{}{}", dice.of("abcdefghkmnpqrstuvwxyz", 6), dice.below(900) + 100),
            Self::Symbols => {
                let length = dice.below(6) + 5;
                let middle = dice.of("abcXYZ0189!@#%^*+~_.-&$", length);
                format!("{}{}{}", dice.of("abcdefgh", 2), middle, dice.of("0123456789", 2))
            }
            Self::Hex => dice.of(HEX, 40),
            Self::Base64 => format!("{}==", dice.of(ALL, 42)),
            Self::Jwt => {
                let claims = dice.of(URL64, 60);
                format!(
                    "eyJhbGciOiJSUzI1NiIsImtpZCI6I{}.eyJpc3MiOiJr{claims}.{}",
                    dice.of(ALL, 23),
                    dice.of(URL64, 342)
                )
            }
            Self::Pem => {
                let lines: Vec<String> = (0..6).map(|_| dice.of(ALL, 64)).collect();
                format!("MIIE{}\n{}\n{}", dice.of(ALL, 60), lines.join("\n"), dice.of(ALL, 20))
            }
            Self::Aws => format!("{}{}", dice.pick(&["AKIA", "ASIA"]), dice.of(UPPER, 16)),
            Self::Forge => match dice.below(4) {
                0 => format!("ghp_{}", dice.of(ALL, 36)),
                1 => format!("github_pat_{}_{}", dice.of(ALL, 22), dice.of(ALL, 59)),
                2 => format!("glpat-{}", dice.of(URL64, 20)),
                _ => format!("npm_{}", dice.of(ALL, 36)),
            },
            Self::Vendor => match dice.below(6) {
                0 => format!("xoxb-{}-{}", dice.of("123456789", 12), dice.of(ALL, 24)),
                1 => format!("sk_live_{}", dice.of(ALL, 24)),
                2 => format!("AIza{}", dice.of(URL64, 35)),
                3 => format!("SG.{}.{}", dice.of(URL64, 22), dice.of(URL64, 43)),
                4 => format!("dop_v1_{}", dice.of(HEX, 64)),
                _ => format!("hvs.{}", dice.of(ALL, 24)),
            },
            Self::Bootstrap => format!("{}.{}", dice.of(LOWER, 6), dice.of(LOWER, 16)),
            Self::Uuid => {
                let part = |dice: &mut Dice, length| dice.of(HEX, length);
                let first = part(dice, 8);
                format!("{first}-{}-4{}-8{}-{}", part(dice, 4), part(dice, 3), part(dice, 3), part(dice, 12))
            }
            Self::Phrase => {
                let words = ["correct", "horse", "battery", "staple", "orbit", "lemon", "quartz"];
                format!("{} {} {}{}", dice.pick(&words), dice.pick(&words), dice.pick(&words), dice.below(90) + 10)
            }
            // 32 bytes in base64, with all of its letters; the last stands for four bits.
            Self::Gossip => format!("{}{}=", dice.of(BASE64, 42), dice.pick(&["A", "E", "Q", "U", "c", "k", "s", "4"])),
        }
    }

    /// Whether it is known by itself, so that sentences hide it too.
    fn shows_itself(self) -> bool {
        matches!(self, Self::Jwt | Self::Aws | Self::Forge | Self::Vendor)
    }
}

/// The text with the secret in it, escaped as deep as the mark says.
fn planted(template: &str, key: &str, secret: &str) -> String {
    let escape = |text: &str| {
        let json = serde_json::to_string(text).expect("a string");
        json.get(1..json.len() - 1).expect("quotes").to_owned()
    };
    let once = escape(secret);
    let twice = escape(&once);
    let text = template.replace('¤', key);
    let text = text.replace("§3", &escape(&twice)).replace("§2", &twice).replace("§1", &once);
    text.replace("§b", &once).replace("§0", secret)
}

/// A secret in one of all surroundings.
pub fn planted_at(place: usize, secret: &str) -> String {
    let all = [OPEN, ASIDE];
    let templates: Vec<&str> =
        all.iter().flat_map(|one| one.quoted.iter().chain(one.bare).chain(one.plain)).copied().collect();
    let keys: Vec<&str> = all.iter().flat_map(|one| one.keys).copied().collect();
    planted(templates[place % templates.len()], keys[place % keys.len()], secret)
}

/// PEM over lines: what stands between `¶` and the line break goes before every line.
fn planted_pem(template: &str, secret: &str) -> String {
    if !template.contains('¶') {
        return planted(template, "key", secret);
    }
    let (before, after) = template.split_once('¶').expect("a place");
    let (head, after) = after.split_once('\n').expect("a line");
    let body: Vec<String> = secret.lines().map(|line| format!("{head}{line}\n")).collect();
    format!("{before}{}{after}", body.concat())
}

/// What must not be left of a secret: its lines, or a large part of one.
fn remains(out: &str, secret: &str) -> bool {
    secret.lines().filter(|line| line.len() >= 4).any(|line| {
        let tail = line.split_at(line.len() - (line.len() / 2).clamp(4, 24).min(line.len())).1;
        out.contains(tail)
    })
}

struct Score {
    planted: usize,
    left: BTreeMap<String, (usize, String)>,
    missed: usize,
}

fn score(surroundings: &Surroundings, seed: u64) -> Score {
    let (redactor, mut dice) = (redactor(), Dice(seed));
    let mut score = Score { planted: 0, left: BTreeMap::new(), missed: 0 };
    for shape in SHAPES {
        for _ in 0..SECRETS {
            let secret = shape.secret(&mut dice);
            let key = dice.pick(surroundings.keys);
            let mut templates: Vec<&str> = Vec::new();
            if shape == Shape::Pem {
                templates.extend(surroundings.pem);
            } else {
                templates.extend(surroundings.quoted);
                let has_symbols = matches!(shape, Shape::Symbols | Shape::Gossip);
                templates.extend(surroundings.bare.iter().filter(|_| shape != Shape::Phrase));
                templates.extend(surroundings.plain.iter().filter(|_| shape != Shape::Phrase && !has_symbols));
                templates.extend(surroundings.sentences.iter().filter(|_| shape.shows_itself()));
                templates.extend(surroundings.gossip.iter().filter(|_| shape == Shape::Gossip));
            }
            for template in templates {
                let text = match shape {
                    Shape::Pem => planted_pem(template, &secret),
                    _ => planted(template, key, &secret),
                };
                let out = redactor.text(&text);
                score.planted += 1;
                if remains(&out, &secret) {
                    score.missed += 1;
                    let entry = score.left.entry(format!("{shape:?} in {template:?}")).or_default();
                    (entry.0, entry.1) = (entry.0 + 1, out.clone());
                }
                assert_eq!(out.matches('\n').count(), text.matches('\n').count(), "{text:?} became {out:?}");
                assert_eq!(redactor.text(&out), out, "redacted again");
            }
        }
    }
    score
}

fn report(name: &str, surroundings: &Surroundings, seed: u64) {
    let score = score(surroundings, seed);
    let recall = 1.0 - score.missed as f64 / score.planted as f64;
    eprintln!("redaction, {name}: {} of {} hidden, recall {recall:.4}", score.planted - score.missed, score.planted);
    for (what, (count, out)) in score.left.iter().take(40) {
        eprintln!("  left {count} times: {what}, such as {out:?}");
    }
    assert!(score.planted > 4000 && recall >= RECALL, "{name}: recall {recall:.4}");
}

#[test]
fn secrets_in_open_surroundings_are_hidden() {
    report("open two thirds", &OPEN, 0x5eed_0001);
}

#[test]
fn secrets_in_surroundings_kept_aside_are_hidden() {
    report("third kept aside", &ASIDE, 0x00dd_ba11);
}

/// Files below `folder`, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = item.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Lines and words of all files that do not come out as they went in.
fn touched(folder: &Path) -> (usize, Vec<String>) {
    let redactor = redactor();
    let (mut lines, mut changed) = (0, Vec::new());
    for file in files(folder) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let out = redactor.text(&text);
        lines += text.lines().count();
        let differ = text.lines().zip(out.lines()).filter(|(before, after)| before != after);
        changed.extend(differ.map(|(before, after)| difference(before, after)));
    }
    (lines, changed)
}

/// What was in the place of the first pseudonym.
fn difference(before: &str, after: &str) -> String {
    let same = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let cut = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[same.saturating_sub(60)..(same + 60).min(text.len())]).into_owned()
    };
    format!("{} -> {}", cut(before), cut(after))
}

#[test]
fn ordinary_clusters_are_left_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let archives =
        files(&folder).into_iter().filter(|file| file.components().any(|part| part.as_os_str() == "archive"));
    assert!(archives.count() > 100, "recordings");
    let (lines, changed) = touched(&folder);
    let share = changed.len() as f64 / lines as f64;
    eprintln!("redaction, recordings: {} of {lines} lines touched ({share:.5})", changed.len());
    changed.iter().take(40).for_each(|line| eprintln!("  {line}"));
    assert!(share <= TOUCHED, "{share}");
}

#[test]
fn names_of_kubernetes_are_left_alone() {
    let names = include_str!("../data/redaction/ordinary.txt");
    let redactor = redactor();
    let lines: Vec<&str> = names.lines().filter(|line| !line.is_empty()).collect();
    let changed: Vec<String> =
        lines.iter().filter(|line| redactor.text(line) != **line).map(|line| redactor.text(line)).collect();
    eprintln!("redaction, ordinary names: {} of {} touched: {changed:#?}", changed.len(), lines.len());
    assert!(lines.len() >= 100 && changed.len() as f64 <= TOUCHED * lines.len() as f64, "{changed:#?}");
}

#[test]
fn clusters_of_others_are_left_alone() {
    let Some(folder) = std::env::var_os("K8SF_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: K8SF_CORPUS does not name a folder with other people's archives");
        return;
    };
    let (lines, changed) = touched(&folder);
    let share = changed.len() as f64 / lines as f64;
    eprintln!("redaction, clusters of others: {} of {lines} lines touched ({share:.5})", changed.len());
    changed.iter().take(300).for_each(|line| eprintln!("  {line}"));
    assert!(share <= TOUCHED, "{share}");
}
