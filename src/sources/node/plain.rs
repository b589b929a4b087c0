//! What of a plain log file is kept: whole lines of text, and none of the API server's audit log.
//!
//! Such a file may be anything. A line of an audit log is known by its signs, see `api_audit`, but what was torn off from
//! one is not, wherever a file was cut or written over. So where a file has any such line, of its others those are kept
//! that begin with a time; and in auditd's own file nothing is kept that looks like a part of an object. What is packed
//! or no text cannot be looked through for credentials, and is not kept either.

use super::api_audit::{self, Follower, Found};
use super::tail::Tail;
use crate::logline::plain::{self, Said};
use chrono::{DateTime, NaiveDateTime, Utc};
use std::io;

/// A line that is longer is no line of such a file.
const LONGEST: usize = 1024 * 1024;
/// How files begin that are packed: gzip, zstd, xz, bzip2, zip and lz4.
const PACKED: [&[u8]; 6] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh", b"PK\x03\x04", b"\x04\x22\x4d\x18"];
/// Of the bytes of a line, so many at least are text, or it is none.
const TEXT: usize = 16;

/// What a file turned out to be, before anything of it is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// The last time without a zone.
    pub last_local: Option<NaiveDateTime>,
    has_audit: bool,
    is_packed: bool,
    /// Bytes of lines that are text, and of those that are not.
    text: usize,
    other: usize,
}

impl Look {
    /// Reads all of `tail`. Years that are not said are those before `near`.
    pub fn at(tail: &mut Tail, near: DateTime<Utc>) -> io::Result<Self> {
        let (mut look, mut follower, mut is_first) = (Self::default(), Follower::default(), !tail.is_cut());
        let mut pieces = |piece: &[u8]| {
            look.is_packed |= std::mem::take(&mut is_first) && PACKED.iter().any(|sign| piece.starts_with(sign));
            look.has_audit |= follower.look(piece) != Found::Other || api_audit::is_named_in(piece);
            let bytes = if is_text(piece) { &mut look.text } else { &mut look.other };
            *bytes += piece.len();
            if let Some(Said::Local(local)) = plain::time(piece, near) {
                look.last_local = Some(local);
            }
            Ok(true)
        };
        lines(tail, &mut pieces)?;
        Ok(look)
    }

    /// Why nothing of the file is kept, if so.
    pub fn refusal(&self) -> Option<&'static str> {
        match () {
            () if self.is_packed => Some("it is packed, and no plain file"),
            () if self.other > self.text => Some("it is no text"),
            () => None,
        }
    }
}

/// Decides line by line, and counts.
#[derive(Clone, Debug)]
pub struct Sieve {
    look: Look,
    /// Of auditd, the kernel's.
    is_auditd: bool,
    /// Lines that may be parts of others.
    torn: u64,
    /// Lines that are no text.
    odd: u64,
    /// Lines that are too long.
    long: u64,
}

impl Sieve {
    pub fn new(look: Look, file: &[&str]) -> Self {
        Self { look, is_auditd: file.first() == Some(&"audit"), torn: 0, odd: 0, long: 0 }
    }

    /// Whether a line is kept, unless it is of an audit log as a whole.
    fn keeps(&mut self, line: &[u8], near: DateTime<Utc>) -> bool {
        let has_time = || plain::time(line, near).is_some();
        let is_part = || self.is_auditd && may_be_of_object(line);
        if !is_text(line) {
            self.odd += 1;
            return false;
        }
        let is_torn = api_audit::is_named_in(line) || ((self.look.has_audit || is_part()) && !has_time());
        self.torn += u64::from(is_torn);
        !is_torn
    }

    /// Hands over the lines of `tail` that are kept, and those of an audit log, which `each` leaves out and counts.
    pub fn each(
        &mut self,
        tail: &mut Tail,
        near: DateTime<Utc>,
        mut each: impl FnMut(&[u8]) -> io::Result<bool>,
    ) -> io::Result<()> {
        let mut long = 0;
        let passed = lines(tail, &mut |line| match line.len() > LONGEST || api_audit::is_of(line) {
            _ if line.len() > LONGEST => {
                long += 1;
                Ok(true)
            }
            false if !self.keeps(line, near) => Ok(true),
            _ => each(line),
        });
        self.long += long;
        passed
    }

    /// What was left out for what it is, and what was lost by that.
    pub fn said(&self) -> (Option<String>, Vec<String>) {
        let counted = |count: u64, what: &str| {
            (count > 0).then(|| format!("{count} {} {what}", if count == 1 { "line" } else { "lines" }))
        };
        let torn = counted(self.torn, "left out that may be of the API server's audit log");
        let lost = [counted(self.odd, "that are no text left out"), counted(self.long, "of more than 1 MiB left out")];
        (torn, lost.into_iter().flatten().collect())
    }
}

/// Hands over whole lines of `tail`, and of those that are very long the beginning. The first line of a file that was cut is the
/// end of one, and left out.
fn lines(tail: &mut Tail, each: &mut impl FnMut(&[u8]) -> io::Result<bool>) -> io::Result<()> {
    let (mut line, mut is_passed, mut more) = (Vec::new(), tail.is_cut(), true);
    tail.each(|data| {
        for part in data.split_inclusive(|byte| *byte == b'\n') {
            let is_end = part.ends_with(b"\n");
            if !is_passed {
                line.extend_from_slice(part);
                let is_long = line.len() > LONGEST;
                if is_end || is_long {
                    more = each(&line)?;
                    line.clear();
                    is_passed = is_long;
                }
            }
            is_passed &= !is_end;
            if !more {
                return Ok(false);
            }
        }
        Ok(true)
    })?;
    if more && !line.is_empty() {
        each(&line)?;
    }
    Ok(())
}

/// Whether a line may have been torn off from an object: it has quotes or braces, or no end of letters.
fn may_be_of_object(line: &[u8]) -> bool {
    const LONGEST_WORD: usize = 200;
    let mut words = line.split(u8::is_ascii_whitespace);
    line.iter().any(|byte| matches!(byte, b'"' | b'{' | b'}')) || words.any(|word| word.len() > LONGEST_WORD)
}

/// Whether a line is text: few of its bytes are control characters. Runs of zeros are what is left where a machine went
/// down while it wrote.
fn is_text(line: &[u8]) -> bool {
    const HOLE: usize = 16;
    let mut odd = 0;
    for part in line.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        let is_hole = part.first() == Some(&0);
        odd += match is_hole {
            true if part.len() >= HOLE => 0,
            true => part.len(),
            // Tab, line ends, escape, and what auditd puts before what it adds.
            false => part.iter().filter(|byte| byte.is_ascii_control() && !b"\t\r\n\x1b\x1d".contains(byte)).count(),
        };
    }
    odd * TEXT <= line.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","responseObject":{"data":{"k":"bWFya2Vy"}},"stageTimestamp":"2026-11-21T07:00:00.1Z"}"#;
    const AUDITD: &str = "type=SYSCALL msg=audit(1795244400.123:42): arch=c000003e syscall=59\n";
    const MARK: &str = "bWFya2Vy";

    fn near() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-21T07:30:00Z").expect("a time").to_utc()
    }

    /// What is kept of a file, of which the last `capacity` bytes came; or why nothing is.
    fn kept(file: &[&str], content: &[u8], capacity: u64) -> Result<(String, Sieve), &'static str> {
        let mut tail = Tail::new(capacity).expect("a disk");
        tail.write(content).expect("a disk");
        let look = Look::at(&mut tail, near()).expect("a disk");
        if let Some(why) = look.refusal() {
            return Err(why);
        }
        let (mut sieve, mut kept) = (Sieve::new(look, file), Vec::new());
        let mut follower = Follower::default();
        let each = |line: &[u8]| {
            if follower.look(line) == Found::Other {
                kept.extend_from_slice(line);
            }
            Ok(true)
        };
        sieve.each(&mut tail, near(), each).expect("a disk");
        Ok((String::from_utf8_lossy(&kept).into_owned(), sieve))
    }

    #[test]
    fn lines_of_auditd_stay_and_parts_of_objects_do_not() {
        let (_, torn) = EVENT.split_at(70);
        let torn = torn.replace("stageTimestamp", "x");
        let enriched = "type=USER_CMD msg=audit(1795244401.1:43): pid=1 exe=\"/usr/bin/sudo\"\x1dUID=\"root\"\n";
        let content = format!("{torn}\n{AUDITD}{EVENT}\n{enriched}");
        let (text, sieve) = kept(&["audit", "audit.log"], content.as_bytes(), 1 << 20).expect("text");
        assert_eq!((text, sieve.torn), (format!("{AUDITD}{enriched}"), 1));
        // Also where nothing else is of the API server.
        let (text, sieve) =
            kept(&["audit", "audit.log"], format!("{torn}\n{AUDITD}").as_bytes(), 1 << 20).expect("text");
        assert_eq!((text, sieve.torn), (AUDITD.to_owned(), 1));
        let middle = format!("{}\nno time\n", MARK.repeat(100));
        let (text, sieve) = kept(&["audit", "audit.log"], middle.as_bytes(), 1 << 20).expect("text");
        assert_eq!((text.as_str(), sieve.torn), ("no time\n", 1));
        let (text, _) = kept(&["messages"], b"no time\nnone here\n", 1 << 20).expect("text");
        assert_eq!(text, "no time\nnone here\n");
    }

    #[test]
    fn beside_an_audit_log_only_lines_with_a_time_stay() {
        let content = format!("{MARK}\"}}}}\nNov 21 07:00:00 n app: a\n{EVENT}\n of a\nNov 21 07:00:01 n app: b\n");
        let (text, sieve) = kept(&["syslog"], content.as_bytes(), 1 << 20).expect("text");
        assert_eq!((text.as_str(), sieve.torn), ("Nov 21 07:00:00 n app: a\nNov 21 07:00:01 n app: b\n", 2));
        assert_eq!(sieve.said().0.as_deref(), Some("2 lines left out that may be of the API server's audit log"));
    }

    #[test]
    fn a_line_that_names_it_in_words_goes_too() {
        let content = "Nov 21 07:00:00 n a: x audit.k8s.io/v1 y\nNov 21 07:00:01 n app: b\n";
        let (text, sieve) = kept(&["messages"], content.as_bytes(), 1 << 20).expect("text");
        assert_eq!((text.as_str(), sieve.torn), ("Nov 21 07:00:01 n app: b\n", 1));
    }

    #[test]
    fn lines_without_end_are_no_lines() {
        let long = EVENT.replace(MARK, &MARK.repeat(400_000));
        let plain = format!("Nov 21 07:00:00 n app: {}", MARK.repeat(200_000));
        for line in [long, plain] {
            let content = format!("Nov 21 07:00:00 n app: a\n{line}\nNov 21 07:00:01 n app: b\n");
            // The whole file, and its end from within the long line on.
            for capacity in [64 << 20, 200_000] {
                let (text, _) = kept(&["syslog"], content.as_bytes(), capacity).expect("text");
                assert!(
                    !text.contains(MARK) && text.ends_with("Nov 21 07:00:01 n app: b\n"),
                    "{capacity}: {text:.200}"
                );
            }
        }
    }

    #[test]
    fn what_is_packed_or_no_text_is_refused() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for line in 0..2000_u64 {
            let number = line.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            packer.write_all(format!("{number:x} {EVENT}\n").as_bytes()).expect("memory");
        }
        let packed = packer.finish().expect("memory");
        let file = &["audit", "audit.log"];
        assert_eq!(kept(file, &packed, 1 << 20).err(), Some("it is packed, and no plain file"));
        assert_eq!(kept(file, &packed, 20_000).err(), Some("it is no text"));
        for order in [0, 1] {
            let utf16: Vec<u8> =
                format!("{EVENT}\n").bytes().flat_map(|b| if order == 0 { [b, 0] } else { [0, b] }).collect();
            assert_eq!(kept(file, &utf16.repeat(9), 1 << 20).err(), Some("it is no text"));
        }
    }

    #[test]
    fn a_hole_where_a_machine_went_down_is_text() {
        let line =
            format!("Nov 21 07:00:00 n app: half{}Nov 21 07:01:00 n kernel: Linux version 6.1\n", "\0".repeat(4000));
        let (text, _) = kept(&["kern.log"], line.as_bytes(), 1 << 20).expect("text");
        assert_eq!(text, line);
    }

    proptest! {
        /// Wherever a file is cut, and whatever is between them: no line of an audit log, and all of auditd.
        #[test]
        fn no_cut_lets_an_audit_log_through(
            order in proptest::collection::vec(0_usize..3, 1..40),
            cut in any::<prop::sample::Index>(),
            capacity in 2000_u64..20_000,
        ) {
            let (_, torn) = EVENT.split_at(90);
            let lines = [AUDITD.to_owned(), format!("{EVENT}\n"), format!("{torn}\n")];
            let content: String = order.iter().map(|which| lines[*which].as_str()).collect();
            let (_, content) = content.split_at(cut.index(content.len()));
            if let Ok((text, _)) = kept(&["audit", "audit.log"], content.as_bytes(), capacity) {
                prop_assert!(!text.contains("k8s.io") && !text.contains(MARK), "{text}");
                let is_auditd = |line: &str| line.starts_with("type=SYSCALL") || AUDITD.contains(line);
                prop_assert!(text.lines().all(|line| is_auditd(line) || !line.contains(['"', '}'])), "{text}");
            }
        }
    }
}
