//! How commands answer: tables for people, one JSON object or JSON lines for programs.

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A person: tables and sentences.
    Human,
    /// A program: JSON on stdout and nothing else.
    Json,
}
