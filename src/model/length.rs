//! A length of time as people say it, rounded in one way everywhere.

use chrono::TimeDelta;

/// A length of time in words: `0.4 s`, `45 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`.
pub fn length(delta: TimeDelta) -> String {
    let milliseconds = delta.num_milliseconds().unsigned_abs();
    let seconds = (milliseconds + 500) / 1000;
    match (milliseconds, seconds) {
        (0, _) => "0 s".to_owned(),
        (..1000, _) => format!("0.{} s", (milliseconds / 100).max(1)),
        (_, ..60) => format!("{seconds} s"),
        (_, ..3600) => two(seconds / 60, "min", seconds % 60, "s"),
        (_, ..86400) => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86400, "d", seconds % 86400 / 3600, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
}
