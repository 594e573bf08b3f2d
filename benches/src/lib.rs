//! (benches)
