//! Paths into an object, by which its values are found: `spec.source|sources.helm`.
//!
//! A part of a path is the name of a member, several with `|` between them, `*` for any, or `**` for any number of
//! members, also none. Lists are passed through, as if each of their items stood in their place; after `env[]` the next
//! member is one of an item of a list, not of an object that stands there instead.
//!
//! A path to what stays goes on from where a value began to be hidden. It does not begin inside of one: `**.env[].name`
//! keeps the names of an environment, but none in the values of a chart, whatever they hold.

use serde::Deserialize;
use std::collections::HashMap;

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `**`
    Any,
    Member {
        /// Empty for any.
        names: Vec<String>,
        of_item: bool,
    },
}

/// A path as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Path(Vec<Part>);

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (mut parts, mut of_item) = (Vec::new(), false);
        for written in text.split('.') {
            let (names, is_list) = match written.strip_suffix("[]") {
                Some(names) => (names, true),
                None => (written, false),
            };
            let part = match names {
                "**" if !is_list && !of_item && parts.last() != Some(&Part::Any) => Part::Any,
                "*" => Part::Member { names: Vec::new(), of_item },
                _ => Part::Member { names: names.split('|').map(str::to_owned).collect(), of_item },
            };
            if let Part::Member { names, .. } = &part
                && !names.iter().all(|name| is_name(name))
            {
                return Err(format!("the path {text:?} has a part that is no name: {written:?}"));
            }
            of_item = is_list;
            parts.push(part);
        }
        let is_some = parts.iter().any(|part| *part != Part::Any);
        if of_item || !is_some {
            return Err(format!("the path {text:?} must name a member at its end, or one before `**`"));
        }
        Ok(Self(parts))
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/'))
}

/// How far a path has been gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Step {
    path: u16,
    part: u16,
}

/// What paths say of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// It is hidden, with all below it.
    pub hides: bool,
    /// It stays if it is no object.
    pub keeps: bool,
}

/// A state of that machine: a place in an object, by all that its paths tell of it and of what is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StateId(u32);

/// The paths of one kind, as a machine that goes from state to state by the names of members. What it found it knows the
/// next time; so a member costs the same however many paths there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    hiding: Vec<Path>,
    keeping: Vec<Path>,
    /// The names that paths have, from 1 on.
    names: HashMap<Vec<u8>, usize>,
    /// By state: its steps, and what is said there.
    states: Vec<(Vec<Step>, Said)>,
    known: HashMap<Vec<Step>, Vec<StateId>>,
    /// By state and name, of an object and of an item of a list: where that leads.
    moves: Vec<Option<StateId>>,
}

impl Paths {
    pub fn add(&mut self, hiding: &[Path], keeping: &[Path]) {
        self.hiding.extend_from_slice(hiding);
        self.keeping.extend_from_slice(keeping);
        for part in hiding.iter().chain(keeping).flat_map(|path| &path.0) {
            if let Part::Member { names, .. } = part {
                for name in names {
                    let next = self.names.len() + 1;
                    self.names.entry(name.clone().into_bytes()).or_insert(next);
                }
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.hiding.is_empty()
    }

    /// Where the object itself is.
    pub fn begin(&mut self) -> (StateId, Said) {
        let (mut steps, mut said) = (Vec::new(), Said::default());
        for path in 0..self.hiding.len() + self.keeping.len() {
            self.reach((path, 0), &mut steps, &mut said);
        }
        (self.state(steps, said), said)
    }

    /// Where the member `name` is of an object at `state`; `is_item` if the object is an item of a list.
    pub fn enter(&mut self, state: StateId, name: &[u8], is_item: bool) -> (StateId, Said) {
        let name = self.names.get(name).copied().unwrap_or_default();
        let at = (state.0 as usize * (self.names.len() + 1) + name) * 2 + usize::from(is_item);
        let next = match self.moves.get(at).copied().flatten() {
            Some(next) => next,
            None => {
                let next = self.find(state, name, is_item);
                if self.moves.len() <= at {
                    self.moves.resize(at + 1, None);
                }
                if let Some(known) = self.moves.get_mut(at) {
                    *known = Some(next);
                }
                next
            }
        };
        (next, self.states.get(next.0 as usize).map(|(_, said)| *said).unwrap_or_default())
    }

    fn find(&mut self, state: StateId, name: usize, is_item: bool) -> StateId {
        let (mut next, mut said) = (Vec::new(), Said::default());
        let steps = self.states.get(state.0 as usize).map(|(steps, _)| steps.as_slice()).unwrap_or_default();
        for Step { path, part } in steps.iter().copied() {
            let (path, part) = (usize::from(path), usize::from(part));
            match self.path(path).and_then(|all| all.0.get(part)) {
                Some(Part::Any) => self.reach((path, part), &mut next, &mut said),
                Some(Part::Member { names, of_item }) => {
                    let is_it =
                        names.is_empty() || names.iter().any(|one| self.names.get(one.as_bytes()) == Some(&name));
                    if is_it && (is_item || !of_item) {
                        self.reach((path, part + 1), &mut next, &mut said);
                    }
                }
                None => {}
            }
        }
        if said.hides {
            next.retain(|step| !self.may_begin_anywhere(*step));
        }
        next.sort_unstable();
        next.dedup();
        self.state(next, said)
    }

    /// Whether a step is the beginning of a path to what stays that may begin at any place.
    fn may_begin_anywhere(&self, Step { path, part }: Step) -> bool {
        let path = usize::from(path);
        path >= self.hiding.len() && part <= 1 && self.path(path).is_some_and(|all| all.0.first() == Some(&Part::Any))
    }

    /// Notes that a part of a path is next; of `**` also what follows it is.
    fn reach(&self, (path, part): (usize, usize), steps: &mut Vec<Step>, said: &mut Said) {
        let Some(all) = self.path(path) else { return };
        let is_any = all.0.get(part) == Some(&Part::Any);
        for part in part..=part + usize::from(is_any) {
            if part >= all.0.len() {
                said.hides |= path < self.hiding.len();
                said.keeps |= path >= self.hiding.len();
            } else if let (Ok(path), Ok(part)) = (u16::try_from(path), u16::try_from(part)) {
                steps.push(Step { path, part });
            }
        }
    }

    fn path(&self, path: usize) -> Option<&Path> {
        self.hiding.get(path).or_else(|| self.keeping.get(path - self.hiding.len()))
    }

    fn state(&mut self, steps: Vec<Step>, said: Said) -> StateId {
        let known = self.known.entry(steps.clone()).or_default();
        let is_it = |state: &&StateId| self.states.get(state.0 as usize).is_some_and(|(_, other)| *other == said);
        if let Some(state) = known.iter().find(is_it) {
            return *state;
        }
        let state = StateId(u32::try_from(self.states.len()).unwrap_or(u32::MAX));
        known.push(state);
        self.states.push((steps, said));
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::try_from(text.to_owned()).unwrap_or_else(|why| panic!("{why}"))
    }

    /// What is said of the value at `members`, where `[]` stands for a list.
    fn said(hiding: &str, keeping: &str, members: &str) -> Said {
        let mut paths = Paths::default();
        paths.add(&[path(hiding)], &[path(keeping)]);
        let ((mut state, mut said), mut is_item) = (paths.begin(), false);
        for name in members.split('.') {
            let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
            (state, said) = paths.enter(state, name.as_bytes(), is_item);
            is_item = is_list;
        }
        said
    }

    #[test]
    fn paths_are_followed_to_their_ends() {
        let hides = |path: &str, members: &str| said(path, "x.y", members).hides;
        for members in ["a.b", "a[].b", "a[].b[]"] {
            assert!(hides("a.b|c", members), "{members}");
            assert!(hides("**.b", members) && hides("a.*", members), "{members}");
        }
        assert!(hides("**.a.**.d", "x.a.b.c.d") && hides("**.a.**.d", "a.d") && hides("**.a", "a.a"));
        for (path, members) in [("a.b", "a"), ("a.b", "b"), ("a.b", "x.a.b"), ("a.*", "a"), ("**.a.d", "a.b.d")] {
            assert!(!hides(path, members), "{path} {members}");
        }
        let keeps = |path: &str, members: &str| said("x.y", path, members).keeps;
        assert!(keeps("a[].name", "a[].name") && !keeps("a[].name", "a.name"));
        assert!(keeps("a.from.**", "a.from") && keeps("a.from.**", "a.from.b.c") && !keeps("a.from.**", "a.b"));
    }

    #[test]
    fn what_stays_does_not_begin_inside_of_what_is_hidden() {
        let keeps = |hiding: &str, members: &str| said(hiding, "**.env[].name", members).keeps;
        assert!(keeps("**.env", "a.env[].name") && keeps("**.env", "env[].name"));
        assert!(keeps("**.env[].name", "a.env[].name"));
        for (hiding, members) in [("**.env", "env[].value.env[].name"), ("a", "a.env[].name"), ("**.b", "b.env[].name")]
        {
            assert!(!keeps(hiding, members), "{hiding} {members}");
        }
    }

    #[test]
    fn paths_that_make_no_sense_are_refused() {
        for text in ["", "a..b", "**", "a.**.**", "a[]", "a.[]", "a|.b", "a b", "**[].a"] {
            assert!(Path::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
