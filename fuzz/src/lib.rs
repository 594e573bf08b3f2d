//! What the fuzz targets have in common.

/// Panics on an input that begins with four certain bytes, if the feature `planted` is on. A fuzzer that only guesses
/// finds it once in four thousand million inputs; one that watches comparisons finds it in seconds.
pub fn planted(input: &[u8]) {
    if cfg!(feature = "planted")
        && let Some(key) = input.first_chunk::<4>()
        && u32::from_le_bytes(*key) == 0x4d44_547f
    {
        panic!("the planted bug");
    }
}

/// Bytes of the input, one after the other; zeros when it is used up.
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// Begins at the front.
    pub fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    /// The next four bytes, as a number.
    pub fn word(&mut self) -> u32 {
        let mut word = [0; 4];
        let taken = self.take(4);
        word[..taken.len()].copy_from_slice(taken);
        u32::from_le_bytes(word)
    }

    /// At most so many bytes.
    pub fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(most.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// One text, its length in front.
    pub fn text(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte() % 32);
        self.take(len)
    }
}
