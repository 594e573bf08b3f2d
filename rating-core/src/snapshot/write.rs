//! Compiles a plan into a snapshot.
