//! When a kernel started, for lines that bear no other time than the seconds since then (printk.time).
//!
//! A syslog daemon writes its own time before the kernel's: each such line says when the start was, or a little later,
//! as the daemon may have read what was printed before it ran. The kernel's seconds run on without the corrections that
//! set the clock of the wall, by 500 millionths at most (Linux, Documentation/timers/timekeeping.rst; adjtimex(2)), and
//! stand still while the machine is suspended: what was printed before a suspension that no line tells of seems later.

use super::syslog;
use chrono::{DateTime, TimeDelta, Utc};

/// A start of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boot {
    pub at: DateTime<Utc>,
    /// The kernel's time in the first and the last line that told of it.
    told: (TimeDelta, TimeDelta),
}

/// The starts that the lines of a file tell of, in their order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Starts {
    last: Option<Boot>,
}

impl Starts {
    /// Looks at a line of a syslog daemon whose times are `ahead` of UTC where they say no zone.
    pub fn line(&mut self, line: &str, reference: DateTime<Utc>, ahead: TimeDelta) {
        let told = syslog::of_kernel(line).and_then(|(at, uptime)| Some((at.until(reference, ahead)?, uptime)));
        let Some((at, uptime)) = told else { return };
        let Some(start) = at.checked_sub_signed(uptime) else { return };
        match &mut self.last {
            Some(known) if uptime >= known.told.1 => {
                known.at = known.at.min(start);
                known.told.1 = uptime;
            }
            _ => self.last = Some(Boot { at: start, told: (uptime, uptime) }),
        }
    }

    /// The last start.
    pub fn last(&self) -> Option<Boot> {
        self.last
    }
}

impl Boot {
    /// When the kernel's clock showed `uptime`, and by how much that may be wrong.
    pub fn time(&self, uptime: TimeDelta) -> Option<(DateTime<Utc>, TimeDelta)> {
        let (from, to) = self.told;
        let away = (from - uptime).max(uptime - to).max(TimeDelta::zero());
        Some((self.at.checked_add_signed(uptime)?, TimeDelta::seconds(1) + away / 2000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn starts(text: &str) -> Option<Boot> {
        let mut starts = Starts::default();
        text.lines()
            .for_each(|line| starts.line(line, "2026-11-21T10:00:00Z".parse().expect("a time"), TimeDelta::zero()));
        starts.last()
    }

    #[test]
    fn the_last_start_is_told_by_the_line_that_was_read_soonest() {
        // rsyslog 8.2302 on Debian 12: what was printed at the start is read when the daemon runs.
        let boot = starts(
            "2026-11-20T09:00:00.120345+00:00 deb-1 kernel: [99000.000000] eth0: link down\n\
             2026-11-21T09:00:20.120345+00:00 deb-1 kernel: [    0.000000] Linux version 6.1.0\n\
             2026-11-21T09:00:20.120345+00:00 deb-1 kernel: [    7.500000] EXT4-fs (sda1): mounted filesystem\n\
             2026-11-21T09:00:20.500000+00:00 deb-1 systemd[1]: Started x.\n\
             2026-11-21T09:01:40.000000+00:00 deb-1 kernel: [  100.000000] eth0: link up\n",
        )
        .expect("a start");
        assert_eq!(boot.at.to_rfc3339(), "2026-11-21T09:00:00+00:00");
        let (at, error) = boot.time(TimeDelta::milliseconds(2_100_500)).expect("a time");
        assert_eq!(
            (at.to_rfc3339().as_str(), error),
            ("2026-11-21T09:35:00.500+00:00", TimeDelta::milliseconds(2_000) + TimeDelta::microseconds(250))
        );
        assert_eq!(boot.time(TimeDelta::seconds(50)).map(|(_, error)| error), Some(TimeDelta::seconds(1)));
        assert_eq!(starts("Nov 21 09:00:00 n kernel: no seconds\n[    1.000000] x\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(line in "(Nov 21 06:58:33 n kernel: )?\\[ {0,2}[0-9]{0,20}\\.[0-9]{0,20}\\] \\PC{0,9}") {
            if let Some(boot) = starts(&line) {
                boot.time(TimeDelta::MAX);
            }
        }
    }
}
