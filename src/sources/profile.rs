//! How thorough a run is: which collectors it has, how much each may bring, how long and how large it may become.
//!
//! Which collectors, the table says: [`Source::profile`] is the least thorough profile that has the collector.

use super::{Size, Source};
use std::str::FromStr;
use std::time::Duration;

/// In order of thoroughness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// What perishes first, within half a minute: for the one look before a restart.
    Quick,
    #[default]
    Standard,
    /// More of everything that is large, in a file of any size.
    Deep,
}

impl Profile {
    pub const ALL: [Self; 3] = [Self::Quick, Self::Standard, Self::Deep];

    /// As the command line and the archive's header have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Deep => "deep",
        }
    }

    /// Whether `source` is one of its collectors.
    pub fn has(self, source: &Source) -> bool {
        source.profile <= self
    }

    /// When a run ends, whatever is missing then, if nobody says so.
    pub fn deadline(self) -> Duration {
        Duration::from_secs(match self {
            Self::Quick => 30,
            Self::Standard => 5 * 60,
            Self::Deep => 15 * 60,
        })
    }

    /// How large an archive may become, if nobody says so.
    pub fn size(self) -> Size {
        match self {
            Self::Quick | Self::Standard => Size::Aim,
            Self::Deep => Size::Any,
        }
    }

    /// The most bytes of an entry whose collector has `cap`. No more than twice: of each log under way a third is held
    /// in memory.
    pub fn cap(self, cap: u64) -> u64 {
        match self {
            Self::Quick | Self::Standard => cap,
            Self::Deep => cap.saturating_mul(2),
        }
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|profile| profile.name() == name);
        found.ok_or_else(|| format!("profiles are {}", Self::ALL.map(Self::name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::ALL;

    #[test]
    fn profiles_differ_and_the_more_thorough_has_all_of_the_less() {
        let ids = |profile: Profile| -> Vec<&str> {
            ALL.iter().filter(|source| profile.has(source)).map(|source| source.id).collect()
        };
        let [quick, standard, deep] = Profile::ALL.map(ids);
        assert!(quick.contains(&"pod-logs") && quick.contains(&"objects") && !quick.contains(&"prometheus"));
        assert!(quick.iter().all(|id| standard.contains(id)) && quick.len() < standard.len());
        assert_eq!(deep.len(), ALL.len());
        assert!(Profile::Quick.deadline() == Duration::from_secs(30) && Profile::Deep.cap(7) == 14);
    }

    #[test]
    fn profiles_are_known_by_name() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
        }
        assert_eq!("all".parse::<Profile>(), Err("profiles are quick, standard, deep".to_owned()));
    }
}
