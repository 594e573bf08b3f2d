//! In which order routes and gateways are tried (section 5).

use std::cmp::Ordering;

use sha2::{Digest, Sha256};

/// Draws of one call (5.2).
pub struct Draws<'a> {
    pub call_id: &'a [u8],
    pub partition: &'a str,
    pub made: u64,
}

impl Draws<'_> {
    fn next(&mut self) -> u64 {
        let mut text = self.call_id.to_vec();
        text.push(0);
        text.extend_from_slice(self.partition.as_bytes());
        text.push(0);
        text.extend_from_slice((self.made / 4).to_string().as_bytes());
        let hash = Sha256::digest(&text);
        let from = usize::try_from(self.made % 4).expect("below 4") * 8;
        self.made += 1;
        u64::from_be_bytes(hash[from..from + 8].try_into().expect("8 bytes"))
    }

    /// Draws all in turn, in proportion to the weights left; weight 0 last, by id.
    pub fn order<T: Clone>(
        &mut self,
        mut items: Vec<T>,
        id: impl Fn(&T) -> &str,
        weight: impl Fn(&T) -> u32,
    ) -> Vec<T> {
        items.sort_by(|a, b| id(a).cmp(id(b)));
        let mut drawn = Vec::new();
        loop {
            let positive: Vec<usize> = (0..items.len()).filter(|at| weight(&items[*at]) > 0).collect();
            let taken = match positive.as_slice() {
                [] => break,
                [only] => *only,
                several => {
                    let total: u128 = several.iter().map(|at| u128::from(weight(&items[*at]))).sum();
                    let mut left = (u128::from(self.next()) * total) >> 64;
                    let mut chosen = several[0];
                    for &at in several {
                        chosen = at;
                        let weight = u128::from(weight(&items[at]));
                        if left < weight {
                            break;
                        }
                        left -= weight;
                    }
                    chosen
                }
            };
            drawn.push(items.remove(taken));
        }
        drawn.extend(items);
        drawn
    }
}

/// Sorts by a comparison, then puts each group of equals in the order that `ties` gives it.
pub fn in_groups<T: Clone>(
    mut items: Vec<T>,
    compare: impl Fn(&T, &T) -> Ordering,
    mut ties: impl FnMut(Vec<T>) -> Vec<T>,
) -> Vec<T> {
    items.sort_by(&compare);
    let mut ordered = Vec::new();
    while let Some(first) = items.first().cloned() {
        let count = items.iter().take_while(|item| compare(&first, item) == Ordering::Equal).count();
        let rest = items.split_off(count);
        ordered.extend(ties(items));
        items = rest;
    }
    ordered
}
