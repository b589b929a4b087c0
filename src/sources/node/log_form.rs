//! Log files as container runtimes write them, into the form in which the API shows logs with `timestamps=true`:
//! a time, a space and the text.
//!
//! Both forms that kubelets read are known. Parts of a line are joined as kubelets join them, whatever stream they are
//! of.
//!
//! ```text
//! 2026-01-02T15:04:05.1Z stdout P one
//! 2026-01-02T15:04:05.2Z stdout F  line      becomes      2026-01-02T15:04:05.1Z one line
//! ```

use crate::logline::container;

/// A line of the file that is longer than this is no line of a runtime: they split at 16 KiB, and JSON may escape
/// each byte with six.
const LINE: usize = 1024 * 1024;

/// Takes a file piece by piece. See the module.
#[derive(Debug, Default)]
pub struct LogForm {
    carry: Vec<u8>,
    is_too_long: bool,
    /// Whether the last line lacks its end.
    is_open: bool,
    /// Lines of neither form.
    pub unreadable: u64,
}

impl LogForm {
    /// Takes a piece of the file; what it means comes out. `out` tells whether it wants more, and so does this.
    pub fn push<E>(&mut self, piece: &[u8], out: &mut impl FnMut(&[u8]) -> Result<bool, E>) -> Result<bool, E> {
        let mut more = true;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.is_too_long |= self.carry.len() + part.len() > LINE;
            if self.is_too_long {
                self.carry.clear();
            } else {
                self.carry.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                more &= self.line(out)?;
            }
        }
        Ok(more)
    }

    /// Forgets a line whose end has not come.
    pub fn drop_unended(&mut self) {
        self.carry.clear();
        self.is_too_long = false;
    }

    /// The file has ended. Its last line comes out if it is whole, and gets a line end if it lacks one.
    pub fn end<E>(mut self, out: &mut impl FnMut(&[u8]) -> Result<bool, E>) -> Result<u64, E> {
        if !self.carry.is_empty() || self.is_too_long {
            self.line(out)?;
        }
        if self.is_open {
            out(b"\n")?;
        }
        Ok(self.unreadable)
    }

    fn line<E>(&mut self, out: &mut impl FnMut(&[u8]) -> Result<bool, E>) -> Result<bool, E> {
        let line = std::mem::take(&mut self.carry);
        let Some(piece) = container::piece(&line).filter(|_| !self.is_too_long) else {
            self.is_too_long = false;
            self.unreadable += 1;
            return Ok(true);
        };
        let mut text = Vec::with_capacity(piece.time.len() + piece.text.len() + 2);
        if !self.is_open {
            text.extend_from_slice(piece.time.as_bytes());
            text.push(b' ');
        }
        text.extend_from_slice(&piece.text);
        text.extend(piece.is_end.then_some(b'\n'));
        self.is_open = !piece.is_end;
        out(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn converted(pieces: &[&[u8]]) -> (String, u64) {
        let mut kept = Vec::new();
        let mut out = |text: &[u8]| -> Result<bool, ()> {
            kept.extend_from_slice(text);
            Ok(true)
        };
        let mut form = LogForm::default();
        for piece in pieces {
            form.push(piece, &mut out).expect("no error");
        }
        let unreadable = form.end(&mut out).expect("no error");
        (String::from_utf8_lossy(&kept).into_owned(), unreadable)
    }

    fn check(file: &str, shown: &str) {
        assert_eq!(converted(&[file.as_bytes()]), (shown.to_owned(), 0));
    }

    #[test]
    fn lines_of_cri() {
        check("2026-11-21T15:55:14.042607808Z stdout F hello\n", "2026-11-21T15:55:14.042607808Z hello\n");
        check("2026-11-21T15:55:14.1Z stderr F \n", "2026-11-21T15:55:14.1Z \n");
        check("2026-11-21T17:55:14.1+02:00 stdout F:x a  b\n", "2026-11-21T17:55:14.1+02:00 a  b\n");
        check(
            "2026-11-21T15:55:14.1Z stdout P one\n2026-11-21T15:55:14.2Z stdout P  long\n2026-11-21T15:55:14.3Z stdout F  line\n2026-11-21T15:55:15Z stdout F next\n",
            "2026-11-21T15:55:14.1Z one long line\n2026-11-21T15:55:15Z next\n",
        );
        check("2026-11-21T15:55:15.045991075Z stdout P partial\n", "2026-11-21T15:55:15.045991075Z partial\n");
    }

    #[test]
    fn half_a_line_can_be_left_out() {
        let mut kept = Vec::new();
        let mut out = |text: &[u8]| -> Result<bool, ()> {
            kept.extend_from_slice(text);
            Ok(true)
        };
        let mut form = LogForm::default();
        form.push(b"2026-11-21T15:55:14Z stdout F a\n2026-11-21T15:55:15Z stdout F hal", &mut out).expect("no error");
        form.drop_unended();
        assert_eq!(form.end(&mut out), Ok(0));
        assert_eq!(kept, b"2026-11-21T15:55:14Z a\n");
    }

    #[test]
    fn lines_of_docker() {
        check(
            "{\"log\":\"hello \\u003ca\\u003e\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-21T15:55:13.950888686Z\"}\n",
            "2026-11-21T15:55:13.950888686Z hello <a>\n",
        );
        check(
            "{\"log\":\"par\",\"stream\":\"stdout\",\"time\":\"2026-11-21T15:55:13Z\"}\n{\"log\":\"tial\",\"stream\":\"stdout\",\"time\":\"2026-11-21T15:55:14Z\"}\n",
            "2026-11-21T15:55:13Z partial\n",
        );
    }

    #[test]
    fn other_lines_are_counted() {
        let file = b"no time\n2026-11-21T15:55:14Z stdout F a\n2026-11-21T15:55:14Z stdin F b\n{\"log\":1}\n2026-11-21T15:55:14Z stdout";
        assert_eq!(converted(&[file]), ("2026-11-21T15:55:14Z a\n".to_owned(), 4));
        let long =
            [b"2026-11-21T15:55:14Z stdout F ".as_slice(), &vec![b'x'; LINE], b"\n2026-11-21T15:55:15Z stdout F a\n"];
        assert_eq!(converted(&long), ("2026-11-21T15:55:15Z a\n".to_owned(), 1));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            file in "(2026-11-21T15:55:14Z (stdout|stderr) [FP] [a-z ]{0,9}\n|\\{\"log\":\"[a-z]{0,5}(\\\\n)?\",\"time\":\"2026-11-21T15:55:14Z\"\\}\n|.{0,9}\n){0,9}.{0,9}",
            cuts in proptest::collection::vec(1_usize..40, 0..20),
        ) {
            let mut pieces = Vec::new();
            let mut rest = file.as_bytes();
            for at in cuts {
                let (piece, after) = rest.split_at(at.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            let (text, unreadable) = converted(&[file.as_bytes()]);
            prop_assert!(text.is_empty() || text.ends_with('\n'));
            prop_assert_eq!(converted(&pieces), (text, unreadable));
        }
    }
}
