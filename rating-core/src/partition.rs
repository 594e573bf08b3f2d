//! (partition)
