//! Numbers of series as people read them.

use serde::Deserialize;

/// What the values of a series count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    #[default]
    Number,
    Bytes,
    BytesPerSecond,
    Seconds,
    /// A part of a whole: 1 is all of it.
    Share,
    PerSecond,
}

impl Unit {
    /// A value with its unit, as exact as a sentence needs.
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Number => short(value),
            Self::Bytes => bytes(value),
            Self::BytesPerSecond => format!("{}/s", bytes(value)),
            Self::Share => format!("{} %", short(value * 100.0)),
            Self::PerSecond => format!("{}/s", short(value)),
            Self::Seconds if value.abs() < 1.0 && value != 0.0 => format!("{} ms", short(value * 1000.0)),
            Self::Seconds => format!("{} s", short(value)),
        }
    }
}

fn bytes(value: f64) -> String {
    let (mut value, mut unit) = (value, "B");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value.abs() < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    format!("{} {unit}", short(value))
}

/// Three digits that tell something; whole numbers whole.
pub fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{}", value + 0.0);
    }
    let before = value.abs().log10().floor();
    let decimals = (2.0 - before).clamp(0.0, 12.0);
    let scale = 10_f64.powf(decimals);
    format!("{}", (value * scale).round() / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        let written: Vec<String> = [0.0, 1234.567, 12.3456, 0.000_123_456, -0.5].into_iter().map(short).collect();
        assert_eq!(written, ["0", "1235", "12.3", "0.000123", "-0.5"]);
        assert_eq!(Unit::Bytes.write(536_870_912.0), "512 MiB");
        assert_eq!(Unit::BytesPerSecond.write(3000.0), "2.93 KiB/s");
        assert_eq!(
            (Unit::Share.write(0.934), Unit::Seconds.write(0.0421)),
            ("93.4 %".to_owned(), "42.1 ms".to_owned())
        );
        assert_eq!((Unit::Seconds.write(12.0), Unit::PerSecond.write(3.5)), ("12 s".to_owned(), "3.5/s".to_owned()));
    }
}
