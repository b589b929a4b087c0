//! The values of one series in few bytes, and back to the very same numbers.
//!
//! What programs count and measure is either a decimal of few digits, or a ratio that fills all 53 bits. The first is
//! kept as the difference of whole numbers to the one before ([`Decimals`]), the second as the bits that differ from it
//! ([`Patterns`]; Pelkonen and others, "Gorilla", VLDB 2015, 4.1.2); whichever is shorter is taken. A value that stays
//! the same costs nothing in either but for a count or a bit.

use super::bytes::{BitReader, BitWriter, read_varint, unzigzag, write_varint, zigzag};

/// How the values of a series are written: the first byte of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// All are the same.
    Constant,
    /// Whole numbers of `10^-places`.
    Decimals { places: u8 },
    /// The bits of the numbers.
    Patterns,
}

const CONSTANT: u8 = 0xff;
const PATTERNS: u8 = 0xfe;
/// The powers of ten that a double holds exactly; so a quotient of two exact numbers is rounded once, as the text was.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
/// The most places.
const PLACES: u8 = 22;
/// Whole numbers up to here are exact in a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Form {
    fn of_byte(byte: u8) -> Option<Self> {
        match byte {
            CONSTANT => Some(Self::Constant),
            PATTERNS => Some(Self::Patterns),
            places if places <= PLACES => Some(Self::Decimals { places }),
            _ => None,
        }
    }
}

/// Appends `values` in the form that is shortest.
pub fn write(values: &[f64], out: &mut Vec<u8>) {
    let Some(first) = values.first() else { return };
    let start = out.len();
    if write_decimals(values, out).is_none() {
        out.truncate(start);
    }
    let decimals = out.len() - start;
    if values.iter().all(|value| bits(*value) == bits(*first)) {
        if decimals == 0 || decimals > 9 {
            out.truncate(start);
            out.push(CONSTANT);
            out.extend_from_slice(&bits(*first).to_le_bytes());
        }
        return;
    }
    write_patterns(values, out);
    let patterns = out.len() - start - decimals;
    if decimals == 0 || patterns < decimals {
        out.drain(start..start + decimals);
    } else {
        out.truncate(start + decimals);
    }
}

/// All that is not a number is one.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

/// The number of `10^-places` that is exactly `value`.
fn whole(value: f64, places: u8) -> Option<i64> {
    let scaled = (value * power(places)).round();
    let number = scaled as i64;
    (scaled.abs() <= EXACT && of_whole(number, places).to_bits() == value.to_bits()).then_some(number)
}

fn of_whole(number: i64, places: u8) -> f64 {
    number as f64 / power(places)
}

fn power(places: u8) -> f64 {
    POWERS.get(usize::from(places)).copied().unwrap_or(f64::NAN)
}

/// None where one of the values is no such decimal.
fn write_decimals(values: &[f64], out: &mut Vec<u8>) -> Option<()> {
    let mut places = 0;
    for value in values {
        places = (places..=PLACES).find(|places| whole(*value, *places).is_some())?;
    }
    out.push(places);
    let (mut before, mut same) = (0_i64, 0_u64);
    for value in values {
        let number = whole(*value, places)?;
        // Both are within 2^53.
        match number - before {
            0 => same += 1,
            step => {
                write_same(&mut same, out);
                write_varint(zigzag(step), out);
            }
        }
        before = number;
    }
    write_same(&mut same, out);
    Some(())
}

/// A step of zero, and how many of them.
fn write_same(same: &mut u64, out: &mut Vec<u8>) {
    if *same > 0 {
        write_varint(0, out);
        write_varint(*same - 1, out);
        *same = 0;
    }
}

/// The bits of a number that are written: those between its leading and its trailing zeros.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    leading: u32,
    length: u32,
}

impl Span {
    fn of(changed: u64) -> Self {
        let leading = changed.leading_zeros().min(31);
        Self { leading, length: 64 - leading - changed.trailing_zeros() }
    }

    fn trailing(self) -> u32 {
        64 - self.leading - self.length
    }

    fn holds(self, other: Self) -> bool {
        self.length > 0 && self.leading <= other.leading && self.trailing() <= other.trailing()
    }
}

/// What naming another span costs.
const SPAN_BITS: u32 = 11;

fn write_patterns(values: &[f64], out: &mut Vec<u8>) {
    out.push(PATTERNS);
    let mut writer = BitWriter::new(out);
    let (mut before, mut span) = (None, Span::default());
    for value in values {
        let bits = bits(*value);
        let Some(old) = before.replace(bits) else {
            writer.write(bits, 64);
            continue;
        };
        let changed = bits ^ old;
        if changed == 0 {
            writer.write(0, 1);
            continue;
        }
        let own = Span::of(changed);
        if span.holds(own) && span.length <= own.length + SPAN_BITS {
            writer.write(0b10, 2);
        } else {
            span = own;
            writer.write(0b11, 2);
            writer.write(u64::from(span.leading), 5);
            writer.write(u64::from(span.length - 1), 6);
        }
        writer.write(changed >> span.trailing(), span.length);
    }
}

/// The values of a series, in order; as many as are asked for, unless their bytes end before.
#[derive(Clone, Debug)]
pub struct Values<'a>(Reader<'a>);

#[derive(Clone, Debug)]
enum Reader<'a> {
    Constant(f64),
    Decimals(Decimals<'a>),
    Patterns(Patterns<'a>),
    Nothing,
}

impl<'a> Values<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let reader = bytes.split_first().and_then(|(first, rest)| {
            Some(match Form::of_byte(*first)? {
                Form::Constant => Reader::Constant(f64::from_bits(u64::from_le_bytes(*rest.first_chunk()?))),
                Form::Decimals { places } => Reader::Decimals(Decimals { bytes: rest, places, number: 0, same: 0 }),
                Form::Patterns => {
                    Reader::Patterns(Patterns { bits: BitReader::new(rest), before: None, span: Span::default() })
                }
            })
        });
        Self(reader.unwrap_or(Reader::Nothing))
    }
}

impl Iterator for Values<'_> {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        match &mut self.0 {
            Reader::Constant(value) => Some(*value),
            Reader::Decimals(decimals) => decimals.next(),
            Reader::Patterns(patterns) => patterns.next(),
            Reader::Nothing => None,
        }
    }
}

#[derive(Clone, Debug)]
struct Decimals<'a> {
    bytes: &'a [u8],
    places: u8,
    number: i64,
    /// How many more are the same.
    same: u64,
}

impl Decimals<'_> {
    fn next(&mut self) -> Option<f64> {
        if self.same > 0 {
            self.same -= 1;
        } else {
            match unzigzag(read_varint(&mut self.bytes)?) {
                0 => self.same = read_varint(&mut self.bytes)?,
                step => self.number = self.number.wrapping_add(step),
            }
        }
        Some(of_whole(self.number, self.places))
    }
}

#[derive(Clone, Debug)]
struct Patterns<'a> {
    bits: BitReader<'a>,
    before: Option<u64>,
    span: Span,
}

impl Patterns<'_> {
    fn next(&mut self) -> Option<f64> {
        let bits = match self.before {
            None => self.bits.read(64)?,
            Some(before) => before ^ self.changed()?,
        };
        self.before = Some(bits);
        Some(f64::from_bits(bits))
    }

    fn changed(&mut self) -> Option<u64> {
        if self.bits.read(1)? == 0 {
            return Some(0);
        }
        if self.bits.read(1)? == 1 {
            let leading = u32::try_from(self.bits.read(5)?).ok()?;
            let length = u32::try_from(self.bits.read(6)?).ok()? + 1;
            self.span = Span { leading, length };
        }
        let trailing = 64_u32.checked_sub(self.span.leading + self.span.length)?;
        self.bits.read(self.span.length)?.checked_shl(trailing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(values: &[f64]) -> Vec<u8> {
        let mut out = Vec::new();
        write(values, &mut out);
        out
    }

    fn read_back(values: &[f64]) -> Vec<u64> {
        Values::new(&written(values)).take(values.len()).map(f64::to_bits).collect()
    }

    #[test]
    fn each_takes_the_form_that_fits() {
        let form = |values: &[f64]| Form::of_byte(written(values)[0]);
        assert_eq!(form(&[0.1; 500]), Some(Form::Decimals { places: 1 }));
        assert_eq!(form(&[1.0 / 7.0; 500]), Some(Form::Constant));
        assert_eq!(form(&[1.0, 2.25, 7e10]), Some(Form::Decimals { places: 2 }));
        assert_eq!(form(&[1.0 / 7.0, 0.1]), Some(Form::Patterns));
        assert_eq!(form(&[0.0, -0.0]), Some(Form::Patterns));
        assert_eq!((written(&[0.0; 500]).len(), written(&[f64::NAN; 500]).len()), (4, 9));
    }

    #[test]
    fn numbers_at_the_edges_read_back() {
        let edges = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, EXACT, -EXACT, f64::MAX, f64::MIN_POSITIVE, 5e-324];
        let bits: Vec<u64> = edges.iter().map(|edge| edge.to_bits()).collect();
        assert_eq!(read_back(&edges), bits);
        for (edge, bits) in edges.iter().zip(bits) {
            assert_eq!((read_back(&[*edge]), read_back(&[*edge, 1.0])), (vec![bits], vec![bits, 1.0_f64.to_bits()]));
        }
        let odd = f64::from_bits(0x7ff0_0000_0000_0001);
        assert_eq!(read_back(&[odd, 1.0]), [f64::NAN.to_bits(), 1.0_f64.to_bits()]);
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let one = prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            (-1000_i64..1000, 0_u8..6).prop_map(|(number, places)| of_whole(number, places)),
            any::<i64>().prop_map(|number| number as f64),
            Just(f64::NAN),
            Just(0.5),
        ];
        let steps = prop::collection::vec(-5_i64..5, 1..40).prop_map(|steps| {
            steps
                .iter()
                .scan(1_795_704_337, |sum, step| {
                    *sum += step;
                    Some(*sum as f64)
                })
                .collect()
        });
        prop_oneof![prop::collection::vec(one, 0..40), steps]
    }

    proptest! {
        #[test]
        fn any_values_read_back(values in values()) {
            let wanted: Vec<u64> = values.iter().map(|value| bits(*value)).collect();
            prop_assert_eq!(read_back(&values), wanted);
        }

        #[test]
        fn no_value_costs_more_than_its_bits_and_a_span(values in values()) {
            prop_assert!(written(&values).len() <= 10 + values.len() * 10);
        }

        #[test]
        fn any_bytes_are_some_values(bytes: Vec<u8>) {
            Values::new(&bytes).take(1000).for_each(drop);
        }
    }
}
