//! Checks a snapshot once, when it is opened.
