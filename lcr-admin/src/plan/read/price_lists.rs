//! The files of price lists, read by all processors at once: there are many, and each is long.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::parallel;
use crate::deck::{self, DeckErrors, ReadDeck, ReadOptions};

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// What the operating system said.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// What is wrong with it.
    #[error(transparent)]
    Refused(#[from] DeckErrors),
}

/// Reads the files, each as told. Tells from time to time how many bytes are done, and how many there are.
pub fn read(
    dir: &Path,
    files: &[(&str, &ReadOptions)],
    progress: &mut dyn FnMut(u64, u64),
) -> Vec<Result<ReadDeck, ListError>> {
    let len = |name: &str| dir.join(name).metadata().map_or(0, |metadata| metadata.len());
    let total = files.iter().map(|(name, _)| len(name)).sum();
    let done = AtomicU64::new(0);
    let one = |at: usize, text: &mut Vec<u8>, tell: &mut dyn FnMut(u64)| {
        let (name, options) = files[at];
        let mut before = 0;
        read_one(dir, name, options, text, &mut |now: u64| {
            // ORDERING: a count that is shown to people.
            tell(done.fetch_add(now.saturating_sub(before), Ordering::Relaxed));
            before = now;
        })
    };
    let mut text = Vec::new();
    let here = |at| one(at, &mut text, &mut |done| progress(done.min(total), total));
    let elsewhere = || {
        let mut text = Vec::new();
        move |at| one(at, &mut text, &mut |_| {})
    };
    parallel::numbers(files.len(), here, elsewhere)
}

/// Reads one file. `text` holds the file before, and then this one: its memory is used again.
fn read_one(
    dir: &Path,
    name: &str,
    options: &ReadOptions,
    text: &mut Vec<u8>,
    progress: &mut dyn FnMut(u64),
) -> Result<ReadDeck, ListError> {
    text.clear();
    File::open(dir.join(name))?.read_to_end(text)?;
    Ok(deck::read_with_progress(Path::new(name), text, options, progress)?)
}
