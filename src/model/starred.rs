//! Names that differ by numbers only, as those of runs and releases do, are alike. What is a number is not judged: any
//! digits are one.

/// A text with a star for each number: names that differ by numbers only are alike.
pub fn starred(text: &str) -> String {
    let mut starred = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_ascii_digit() {
            true if starred.ends_with('*') => {}
            true => starred.push('*'),
            false => starred.push(character),
        }
    }
    starred
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_star() {
        assert_eq!(["build-4711", "a1b22", "web", ""].map(starred), ["build-*", "a*b*", "web", ""]);
    }
}
