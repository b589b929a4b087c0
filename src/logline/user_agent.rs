//! What program sent a request, by its User-Agent: `NAME/VERSION (…)` (RFC 9110, 10.1.5). Whoever asks may write anything
//! there, their own name too.

/// The longest that is told.
const LONGEST: usize = 96;

/// Name and version of the program, `kubectl/v1.34.4`; nothing of what has no such form, or tells of one of the `users` who
/// used it.
pub fn program<'a>(agent: &'a str, users: &[&str]) -> Option<&'a str> {
    let first = agent.split_ascii_whitespace().next()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._+-".contains(&byte);
    let is_program = first.len() > 1 && first.len() <= LONGEST && first.bytes().all(is_plain);
    let in_lower_case = first.to_ascii_lowercase();
    let tells = |user: &&str| {
        let user = user.to_lowercase();
        let mut parts = user.split(|one: char| !one.is_alphanumeric());
        !user.starts_with("system:") && parts.any(|part| part.len() > 2 && in_lower_case.contains(part))
    };
    (is_program && !users.iter().any(tells)).then_some(first)
}

/// The program's name alone, unless what stands before the version is too short or too long to be one.
pub fn name<'a>(agent: &'a str, users: &[&str]) -> Option<&'a str> {
    let name = program(agent, users)?.split('/').next()?;
    (2..=40).contains(&name.len()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn programs_are_told_without_what_follows() {
        let program = |agent| super::program(agent, &[]);
        assert_eq!(program("kubectl/v1.34.4 (linux/amd64) kubernetes/$Format"), Some("kubectl/v1.34.4"));
        assert_eq!(program("Mozilla/5.0 (X11; Linux x86_64)"), Some("Mozilla/5.0"));
        for none in ["anna@laptop", "\u{1b}[31m", "", "(x)", "a\u{1b}[31m/1"] {
            assert_eq!(program(none), None, "{none}");
        }
    }

    #[test]
    fn a_program_that_is_called_as_its_user_is_none() {
        let user = ["jane.doe@example.com"];
        assert_eq!(name("kubectl/v1.34.1 (linux/amd64) kubernetes/93248f9", &["jane"]), Some("kubectl"));
        assert_eq!(name("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", &["jane@example.com"]), Some("Mozilla"));
        for agent in ["jane-tool/1.0", "JaneDoe", "tool/of-jane"] {
            assert_eq!(name(agent, &user), None, "{agent}");
        }
        assert_eq!(name("kube-scheduler/v1.34", &["system:kube-scheduler"]), Some("kube-scheduler"));
    }

    proptest! {
        #[test]
        fn any_text_is_read(agent in "\\PC{0,40}", user in "\\PC{0,12}") {
            let users = [user.as_str()];
            prop_assert!(program(&agent, &users).is_none_or(|told| agent.starts_with(told) || agent.trim_start().starts_with(told)));
            name(&agent, &users);
        }
    }
}
