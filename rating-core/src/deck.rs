//! (deck)
