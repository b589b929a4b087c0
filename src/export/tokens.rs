//! How many tokens a text is to a model, at most.

/// No fewer than what tokenizers of models make of `text`: two letters or digits a token, each other sign its own, and as
/// many as it has bytes of what is not ASCII. Of English prose it is about twice too many; of hashes and names, of which
/// logs are full, it is near.
pub fn tokens(text: &str) -> usize {
    let mut tokens = 0;
    let mut run = 0;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            run += 1;
            continue;
        }
        tokens += usize::div_ceil(std::mem::take(&mut run), 2);
        // A blank is part of the word behind it.
        tokens += if character == ' ' { 0 } else { character.len_utf8() };
    }
    tokens + usize::div_ceil(run, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_at_most_what_there_is() {
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens("a pod"), 3);
        assert_eq!(tokens("{\"é\":1}"), 8);
    }
}
