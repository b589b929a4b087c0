//! Robust statistics of a few samples: nothing here is moved far by a few that are odd, and nothing is random.

/// Values in order of size.
#[derive(Clone, Debug, Default)]
pub struct Sorted(Vec<f64>);

impl Sorted {
    pub fn of(values: &[f64]) -> Self {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    pub fn insert(&mut self, value: f64) {
        let place = self.0.partition_point(|known| known.total_cmp(&value).is_lt());
        self.0.insert(place, value);
    }

    /// Takes one such value out, if there is one.
    pub fn remove(&mut self, value: f64) {
        let place = self.0.partition_point(|known| known.total_cmp(&value).is_lt());
        if self.0.get(place).is_some_and(|known| known.total_cmp(&value).is_eq()) {
            self.0.remove(place);
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value below which `percent` of a hundred lie: the nearest that is there. Nothing has the median 0.
    pub fn percentile(&self, percent: usize) -> f64 {
        let place = (self.0.len().saturating_sub(1) * percent + 50) / 100;
        self.0.get(place).copied().unwrap_or_default()
    }

    pub fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// The interquartile range: the middle half lies within.
    pub fn quartiles(&self) -> f64 {
        self.percentile(75) - self.percentile(25)
    }

    /// The interquartile range; of values that are mostly the same, what it would be of a normal distribution whose
    /// middle nine tenths are as wide as these.
    pub fn spread(&self) -> f64 {
        let nine_tenths = self.percentile(95) - self.percentile(5);
        self.quartiles().max(nine_tenths / NINE_TENTHS)
    }
}

/// How many interquartile ranges wide the middle nine tenths of a normal distribution are, and a little more: of one
/// with heavier tails they are up to half as wide again.
const NINE_TENTHS: f64 = 3.6;

pub fn median(values: &[f64]) -> f64 {
    Sorted::of(values).median()
}

/// A straight line through values, by the medians of their first, middle and last third (Tukey's resistant line).
#[derive(Clone, Copy, Debug)]
pub struct Line {
    middle: f64,
    centre: f64,
    slope: f64,
    /// How far apart its ends are.
    pub rise: f64,
    /// How far the middle third is from it, in parts of the rise.
    pub bend: f64,
}

impl Line {
    /// None of fewer than nine values.
    pub fn through(values: &[f64]) -> Option<Self> {
        let third = values.len() / 3;
        let (left, rest) = values.split_at_checked(third).filter(|_| third >= 3)?;
        let (between, right) = rest.split_at_checked(rest.len() - third)?;
        let [left, between, right] = [left, between, right].map(median);
        // From the middle of the first third to that of the last.
        let way = (values.len() - third) as f64;
        let slope = (right - left) / way;
        let middle = (left + between + right) / 3.0;
        let rise = slope * (values.len() - 1) as f64;
        let bend = ((between - (left + right) / 2.0) / rise).abs();
        Some(Self { middle, centre: (values.len() - 1) as f64 / 2.0, slope, rise, bend })
    }

    /// Its value at a place, counted from the first of the values that it goes through; before them below 0.
    pub fn at(&self, place: f64) -> f64 {
        self.middle + self.slope * (place - self.centre)
    }

    /// How far the middle four fifths of the values are spread around it.
    pub fn scatter(&self, values: &[f64]) -> f64 {
        let apart: Vec<f64> = (0..).zip(values).map(|(place, value)| value - self.at(f64::from(place))).collect();
        let apart = Sorted::of(&apart);
        apart.percentile(90) - apart.percentile(10)
    }
}
