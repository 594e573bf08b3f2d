//! Chance that can be repeated: splitmix64.

/// A source of chance.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The same seed and stream give the same chance.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Rng {
        let mut rng = Rng(seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        rng.word();
        Rng(rng.word())
    }

    /// 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 up to, not including, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.word() % u64::try_from(end.max(1)).expect("a count")).expect("below a count")
    }

    /// Whether a thing of so many in a hundred happens.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// Something, as often as so many in a hundred.
    pub fn maybe<T>(&mut self, chance: usize, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
        self.percent(chance).then(|| make(self))
    }

    /// One of these.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Some of these, at least one, in the order of the list.
    pub fn some<T: Clone>(&mut self, from: &[T], chance: usize) -> Vec<T> {
        let chosen: Vec<T> = from.iter().filter(|_| self.percent(chance)).cloned().collect();
        if chosen.is_empty() { vec![self.pick(from).clone()] } else { chosen }
    }

    /// The same things in any order.
    pub fn shuffled<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for at in (1..items.len()).rev() {
            let other = self.below(at + 1);
            items.swap(at, other);
        }
        items
    }

    /// A second of a span.
    pub fn second(&mut self, (from, until): (i64, i64)) -> i64 {
        let span = usize::try_from(until - from).expect("until is after from");
        from + i64::try_from(self.below(span)).expect("a span")
    }
}
