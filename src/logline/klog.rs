//! The header of klog, the logger of Kubernetes' own programs (k8s.io/klog):
//! `I1121 06:58:33.501922      74 flags.go:64] MESSAGE`

use super::stamp::Yearless;

/// The letter of a line's level, `I`, `W`, `E` or `F`, if it has such a header.
pub fn level(line: &[u8]) -> Option<char> {
    match line {
        [letter @ (b'I' | b'W' | b'E' | b'F'), rest @ ..] => {
            let (date, rest) = rest.split_at_checked(4)?;
            let is_header = date.iter().all(u8::is_ascii_digit) && rest.starts_with(b" ");
            is_header.then_some(char::from(*letter))
        }
        _ => None,
    }
}

/// When a line with such a header was written, by its own clock and zone.
pub fn time(line: &[u8]) -> Option<Yearless> {
    level(line)?;
    Yearless::of_klog(line.get(1..)?).map(|(time, _)| time)
}

/// The line without its header; all of it if it has none.
pub fn message(line: &str) -> &str {
    match line.split_once("] ") {
        Some((_, message)) if level(line.as_bytes()).is_some() => message,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_known_by_its_form() {
        let line = "E1121 06:58:33.501922      74 a.go:64] \"Failed\" x=[1] y";
        assert_eq!((level(line.as_bytes()), message(line)), (Some('E'), "\"Failed\" x=[1] y"));
        assert!(time(line.as_bytes()).is_some());
        for line in ["Info: [x] y", "E11 [x] y", "I112106 [x] y", "", "D1121 06:58:33 [x] y"] {
            assert_eq!((level(line.as_bytes()), message(line), time(line.as_bytes())), (None, line, None), "{line}");
        }
    }
}
