//! Kubernetes resource quantities: reading, adding, comparing, and the canonical notation.
//!
//! Amounts are held as whole billionths (the smallest step Kubernetes keeps). An amount too large for that saturates
//! instead of failing, and text that is no quantity is refused by the parser and printed unchanged by [`canonical`].

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

const NANOS: i128 = 1_000_000_000;

/// Largest amount a binary quantity may have (apimachinery pkg/api/resource/quantity.go, `maxAllowed`: int64 bounds).
const BINARY_CAP: i128 = i64::MAX as i128 * NANOS;

const DECIMAL_SUFFIXES: [(&str, i32); 9] =
    [("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

const BINARY_SUFFIXES: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// How an amount is written (apimachinery pkg/api/resource/quantity.go, `Format`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    DecimalSi,
    DecimalExponent,
    BinarySi,
}

/// A parsed resource quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    nanos: i128,
    notation: Notation,
    /// The text it was read from, when Kubernetes would print it back unchanged.
    written: Option<String>,
}

/// Named amounts, such as the requests of a pod.
pub(super) type Amounts = BTreeMap<String, Amount>;

/// A quantity as kubectl prints it: canonical, or unchanged where it cannot be read.
pub(super) fn canonical(quantity: &Quantity) -> String {
    Amount::parse(&quantity.0).map_or_else(|| quantity.0.clone(), |amount| amount.text())
}

impl Amount {
    /// Nothing at all.
    pub(super) const ZERO: Self = Self { nanos: 0, notation: Notation::DecimalSi, written: None };

    /// Reads a quantity; `None` if the text is not one (apimachinery pkg/api/resource/quantity.go, `ParseQuantity`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number.is_empty() || fraction.contains('.') {
            return None;
        }
        let (factor, exponent, mut notation) = scale_of(suffix)?;
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let digits = format!("{whole}{fraction}");
        let decimals = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        let shift = exponent.saturating_add(9).saturating_sub(decimals);
        let mut nanos = scaled(&digits, factor, shift);
        if notation == Notation::BinarySi {
            nanos = nanos.min(BINARY_CAP);
            if nanos > 0 && nanos < NANOS {
                notation = Notation::DecimalSi;
            }
        }
        let keep = keeps_text(&digits, exponent.saturating_sub(decimals), fraction, suffix);
        Some(Self { nanos: if negative { -nanos } else { nanos }, notation, written: keep.then(|| text.to_owned()) })
    }

    /// The canonical notation (apimachinery pkg/api/resource/quantity.go, `CanonicalizeBytes`).
    pub(super) fn text(&self) -> String {
        if let Some(written) = &self.written {
            return written.clone();
        }
        let small = self.nanos.unsigned_abs() < 1024 * NANOS.unsigned_abs();
        match self.notation {
            _ if self.nanos == 0 => "0".to_owned(),
            Notation::BinarySi if !small && self.nanos % NANOS == 0 => binary_text(self.nanos / NANOS),
            Notation::DecimalExponent => decimal_text(self.nanos, true),
            Notation::DecimalSi | Notation::BinarySi => decimal_text(self.nanos, false),
        }
    }

    /// The amount in whole units, rounded away from zero (apimachinery `Quantity.Value`).
    pub(super) fn units(&self) -> i64 {
        self.rounded(NANOS)
    }

    /// The amount in thousandths, rounded away from zero (apimachinery `Quantity.MilliValue`).
    pub(super) fn thousandths(&self) -> i64 {
        self.rounded(NANOS / 1_000)
    }

    /// Whether the amount is more than nothing.
    pub(super) fn is_positive(&self) -> bool {
        self.nanos > 0
    }

    /// Whether the amount is nothing.
    pub(super) fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// Whether two amounts are the same however they are written.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }

    /// Whether this amount is the larger one.
    pub(super) fn exceeds(&self, other: &Self) -> bool {
        self.nanos > other.nanos
    }

    /// Adds `other`; a zero takes over the notation of what is added to it (apimachinery `Quantity.Add`).
    pub(super) fn add(&mut self, other: &Self) {
        if self.nanos == 0 {
            self.notation = other.notation;
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
        self.written = None;
    }

    fn rounded(&self, step: i128) -> i64 {
        let away = i128::from(self.nanos % step != 0) * self.nanos.signum();
        let value = self.nanos / step + away;
        i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
    }
}

/// Multiplier, power of ten and notation of a suffix.
fn scale_of(suffix: &str) -> Option<(i128, i32, Notation)> {
    if suffix.is_empty() {
        return Some((1, 0, Notation::DecimalSi));
    }
    if let Some((_, exponent)) = DECIMAL_SUFFIXES.iter().find(|(name, _)| *name == suffix) {
        return Some((1, *exponent, Notation::DecimalSi));
    }
    if let Some(power) = BINARY_SUFFIXES.iter().position(|name| *name == suffix) {
        return Some((1 << (10 * (power + 1)), 0, Notation::BinarySi));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((1, exponent, Notation::DecimalExponent))
}

/// `digits * factor * 10^shift`, rounded up to a whole number and saturating.
fn scaled(digits: &str, factor: i128, shift: i32) -> i128 {
    let mut value = match digits.parse::<i128>() {
        Ok(0) => return 0,
        Ok(value) => value.saturating_mul(factor),
        Err(_) => i128::MAX,
    };
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    if shift >= 0 {
        value = power.map_or(i128::MAX, |power| value.saturating_mul(power));
    } else {
        value = power.map_or(1, |power| value / power + i128::from(value % power != 0));
    }
    value
}

/// Whether Kubernetes keeps the text of a quantity instead of recomputing it: short numbers that its fast path finds
/// in canonical form already (apimachinery pkg/api/resource/quantity.go, `ParseQuantity`).
fn keeps_text(digits: &str, exponent: i32, fraction: &str, suffix: &str) -> bool {
    if let Some(power) = BINARY_SUFFIXES.iter().position(|name| *name == suffix) {
        // Fourteen digits in all, of which each factor of 1024 takes three.
        let odd = digits.parse::<i64>().is_ok_and(|value| value & 7 != 0);
        return fraction.is_empty() && digits.len() + 3 * (power + 1) <= 14 && odd;
    }
    digits.len() <= 18 && exponent >= -9 && exponent % 3 == 0 && !digits.ends_with("000") && !digits.starts_with('0')
}

/// The largest power of 1024 that divides the amount becomes the suffix.
fn binary_text(units: i128) -> String {
    let mut mantissa = units;
    let mut suffix = "";
    for name in BINARY_SUFFIXES {
        if mantissa.abs() < 1024 || mantissa % 1024 != 0 {
            break;
        }
        mantissa /= 1024;
        suffix = name;
    }
    format!("{mantissa}{suffix}")
}

/// The largest power of 1000 that divides the amount becomes the suffix or exponent.
fn decimal_text(nanos: i128, as_exponent: bool) -> String {
    let mut mantissa = nanos;
    let mut exponent = -9;
    while mantissa % 1_000 == 0 && (as_exponent || exponent < 18) {
        mantissa /= 1_000;
        exponent += 3;
    }
    match DECIMAL_SUFFIXES.iter().find(|(_, power)| *power == exponent) {
        _ if exponent == 0 => mantissa.to_string(),
        Some((name, _)) if !as_exponent => format!("{mantissa}{name}"),
        _ => format!("{mantissa}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        canonical(&Quantity(text.to_owned()))
    }

    #[test]
    fn every_suffix_survives() {
        for text in [
            "1n",
            "1u",
            "1m",
            "1",
            "1k",
            "1M",
            "1G",
            "1T",
            "1P",
            "1E",
            "1Ki",
            "1Mi",
            "1Gi",
            "1Ti",
            "1Pi",
            "1Ei",
            "250m",
            "1500m",
            "24684096Ki",
            "267847642337",
            "1e3",
            "12e6",
            "0",
            "-5Mi",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn other_notations_become_canonical() {
        // Expected values printed by resource.MustParse(x).String() of apimachinery v0.34.4.
        for (text, expected) in [
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1024Ki", "1Mi"),
            ("8Ki", "8Ki"),
            ("2048Mi", "2Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("0.5Ki", "512"),
            ("100000k", "100M"),
            ("10e2", "1e3"),
            ("1e-3", "1e-3"),
            ("0.0000000001", "1n"),
            ("0Mi", "0"),
            ("-0.5", "-500m"),
            ("1.500", "1.500"),
            ("1.100000000", "1100m"),
            ("9223372036854775807", "9223372036854775807"),
            ("16Ei", "9223372036854775807"),
            ("1.5Ki", "1536"),
            ("0.001Ki", "1024m"),
            ("15Pi", "15Pi"),
            ("12E2", "1200"),
            ("1E3", "1E3"),
            ("+5", "+5"),
            ("100000000000000000000", "100E"),
            (".", "0"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_stays_as_it_is() {
        for text in ["", "abc", "1.2.3", "5Zi", "1e", "--1"] {
            assert_eq!(Amount::parse(text), None, "{text}");
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn absurd_quantities_saturate() {
        for text in ["1e2147483647", "1e-2147483648", &"9".repeat(400), &format!("0.{}1", "0".repeat(400)), "99999Ei"] {
            assert!(Amount::parse(text).is_some_and(|amount| amount.is_positive()), "{text}");
        }
        assert_eq!(Amount::parse("1e2147483647").map(|amount| amount.units()), Some(i64::MAX));
        assert_eq!(Amount::parse("-1e99").map(|amount| amount.units()), Some(i64::MIN));
        assert_eq!(Amount::parse("1e99999999999"), None);
    }

    #[test]
    fn amounts_add_up_in_the_notation_of_the_first() {
        let mut sum = Amount::ZERO;
        for text in ["16Mi", "16Mi", "256Mi"] {
            sum.add(&Amount::parse(text).unwrap_or(Amount::ZERO));
        }
        assert_eq!(sum.text(), "288Mi");
        assert_eq!(sum.units(), 301_989_888);
        let cpu = Amount::parse("100u").unwrap_or(Amount::ZERO);
        assert_eq!((cpu.thousandths(), cpu.units()), (1, 1));
    }
}
