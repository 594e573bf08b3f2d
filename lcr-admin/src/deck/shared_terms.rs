//! Terms of rows, each kept once: a list of 177,000 codes has a handful of them.

use std::collections::HashSet;
use std::sync::Arc;

use rating_core::plan::RowTerms;

/// The terms of the rows so far.
#[derive(Debug, Default)]
pub struct SharedTerms {
    /// Those of the row before, which are nearly always those of the next.
    last: Arc<RowTerms>,
    all: HashSet<Arc<RowTerms>>,
}

impl SharedTerms {
    /// Those of the row before.
    pub fn last(&self) -> &RowTerms {
        &self.last
    }

    /// The one place of terms that are equal to these.
    pub fn share(&mut self, terms: RowTerms) -> Arc<RowTerms> {
        if *self.last != terms {
            self.last = match self.all.get(&terms) {
                Some(known) => Arc::clone(known),
                None => {
                    let terms = Arc::new(terms);
                    self.all.insert(Arc::clone(&terms));
                    terms
                }
            };
        }
        Arc::clone(&self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_terms_have_one_place() {
        let mut shared = SharedTerms::default();
        let terms = |first_sec| RowTerms { first_sec, ..RowTerms::default() };
        let places = [60, 6, 6, 60, 1, 1].map(|first_sec| shared.share(terms(first_sec)));
        assert_eq!(places.each_ref().map(|terms| terms.first_sec), [60, 6, 6, 60, 1, 1]);
        let is_one = |a: usize, b: usize| Arc::ptr_eq(&places[a], &places[b]);
        assert_eq!([is_one(1, 2), is_one(0, 3), is_one(4, 5), is_one(0, 1)], [true, true, true, false]);
    }
}
