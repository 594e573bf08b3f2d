//! A ported-number file, mapped read-only; a newer one takes its place under traffic.
//!
//! Worked: `PortedFile::open(path)` before the fork checks every byte. Once in a second at most a look-up asks whether
//! another file has been renamed into the path; that one is mapped with a look at its head and directory only, some
//! milliseconds: `lcr-admin ported import` has written it whole, and any bytes are looked up without harm. A file that
//! is refused leaves the one that is live.
//!
//! It is as [`map`](crate::map) in what it will not do: follow links, and survive who truncates a mapped file.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use number_portability::ported::{NanpNumber, Ported, PortedError, PortedTo};
use rating_core::number::Digits;

use crate::map::{Identity, MapError, identity_of, open_regular};

/// How long a process goes on with its file before it looks for another one.
const LOOK_EVERY_NS: u64 = 1_000_000_000;

/// Why there are no ported numbers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortedFileError {
    /// The file cannot be opened or mapped.
    #[error("ported numbers {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is a link, a directory, a device.
    #[error("ported numbers {path}: no regular file, name the file itself")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// It is no ported-number file, or a damaged one.
    #[error("ported numbers {path}: {source}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: PortedError,
    },
}

/// The ported numbers of a path, as this process has them mapped.
#[derive(Debug)]
pub struct PortedFile {
    path: PathBuf,
    mapped: Mapped,
    looked_at_ns: u64,
    /// The file that was refused last, so that it is refused once.
    refused: Option<Identity>,
}

#[derive(Debug)]
struct Mapped {
    /// Looks into `bytes`, which live as long as this structure: never handed out for longer than it.
    view: Ported<'static>,
    identity: Identity,
    _bytes: Mmap,
}

impl PortedFile {
    /// Opens the file and checks every byte.
    ///
    /// # Errors
    /// [`PortedFileError`] if there is none that this program reads.
    pub fn open(path: &Path) -> Result<PortedFile, PortedFileError> {
        let mapped = Mapped::open(&file_at(path)?, path, Ported::open_all)?;
        Ok(PortedFile { path: path.to_owned(), mapped, looked_at_ns: 0, refused: None })
    }

    /// What the file holds.
    #[must_use]
    pub const fn ported(&self) -> &Ported<'_> {
        &self.mapped.view
    }

    /// Where a NANP number was ported to; `None` for all that the file does not have.
    #[must_use]
    pub fn look_up(&self, number: &Digits) -> Option<PortedTo> {
        self.mapped.view.look_up(NanpNumber::new(number)?)
    }

    /// Takes the file that is at the path now, if that is another one. Looks once in a second at most.
    ///
    /// # Errors
    /// [`PortedFileError`], once for each file that is refused; what was live stays so.
    pub fn refresh(&mut self, monotonic_ns: u64) -> Result<(), PortedFileError> {
        if monotonic_ns.saturating_sub(self.looked_at_ns) < LOOK_EVERY_NS {
            return Ok(());
        }
        self.looked_at_ns = monotonic_ns;
        // A file that is not there at this moment says nothing against the one that is mapped.
        let Ok(file) = file_at(&self.path) else { return Ok(()) };
        let Ok(identity) = identity_of(&file) else { return Ok(()) };
        if identity == self.mapped.identity || self.refused == Some(identity) {
            return Ok(());
        }
        match Mapped::open(&file, &self.path, Ported::open) {
            Ok(mapped) => {
                self.mapped = mapped;
                Ok(())
            }
            Err(error) => {
                self.refused = Some(identity);
                Err(error)
            }
        }
    }
}

impl Mapped {
    fn open(
        file: &File,
        path: &Path,
        check: fn(&'static [u8]) -> Result<Ported<'static>, PortedError>,
    ) -> Result<Mapped, PortedFileError> {
        let open_error = |source| PortedFileError::Open { path: path.to_owned(), source };
        let identity = identity_of(file).map_err(open_error)?;
        // SAFETY: the file is opened for reading only and, by contract, never changed in place (written beside,
        // renamed); the reader tolerates any bytes. A truncation would be a fault of the operator's.
        let bytes = unsafe { Mmap::map(file) }.map_err(open_error)?;
        // SAFETY: the mapping stays at this address until `bytes` is dropped, which is with the view, and is never
        // given away; no accessor hands the 'static lifetime out.
        let forever: &'static [u8] = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        let view =
            check(forever).map_err(|source| PortedFileError::Invalid { path: path.to_owned(), source })?;
        Ok(Mapped { view, identity, _bytes: bytes })
    }
}

fn file_at(path: &Path) -> Result<File, PortedFileError> {
    open_regular(path).map_err(|error| match error {
        MapError::NotAFile { path } => PortedFileError::NotAFile { path },
        MapError::Open { path, source } => PortedFileError::Open { path, source },
        MapError::Invalid { path, .. } => PortedFileError::Invalid { path, source: PortedError::NotOne },
    })
}

#[cfg(test)]
mod tests {
    use super::{NanpNumber, PortedFile};
    use number_portability::ported::write;
    use rating_core::number::Digits;
    use std::path::Path;

    const SECOND_NS: u64 = 1_000_000_000;

    fn replace(path: &Path, lrn: &str) {
        let nanp = |text: &str| NanpNumber::new(&Digits::new(text.as_bytes()).unwrap()).unwrap();
        let file = write(&[(nanp(lrn), [0; 4])], [(nanp("17207081999"), 0)].into_iter()).unwrap();
        let beside = path.with_extension("new");
        std::fs::write(&beside, file).unwrap();
        std::fs::rename(beside, path).unwrap();
    }

    fn lrn(file: &PortedFile) -> Option<String> {
        let number = Digits::new(b"17207081999").unwrap();
        file.look_up(&number).map(|to| to.lrn.as_str().to_owned())
    }

    #[test]
    fn a_new_file_takes_the_place_of_the_old_one_and_a_broken_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ported");
        assert!(PortedFile::open(&path).is_err(), "there is none");
        replace(&path, "17205550000");
        let mut file = PortedFile::open(&path).unwrap();
        file.refresh(SECOND_NS).unwrap();
        assert_eq!(lrn(&file).as_deref(), Some("17205550000"));

        replace(&path, "13035550000");
        file.refresh(SECOND_NS + 1).unwrap();
        assert_eq!(lrn(&file).as_deref(), Some("17205550000"), "not looked for within the second");
        file.refresh(2 * SECOND_NS).unwrap();
        assert_eq!(lrn(&file).as_deref(), Some("13035550000"));

        let broken = path.with_extension("new");
        std::fs::write(&broken, b"TANDEMPN and no more").unwrap();
        std::fs::rename(&broken, &path).unwrap();
        let error = file.refresh(3 * SECOND_NS).unwrap_err().to_string();
        assert!(error.contains("ported import"), "{error}");
        file.refresh(4 * SECOND_NS).unwrap();
        assert_eq!(lrn(&file).as_deref(), Some("13035550000"), "refused once, and the old one is live");

        std::fs::remove_file(&path).unwrap();
        file.refresh(5 * SECOND_NS).unwrap();
        assert_eq!(lrn(&file).as_deref(), Some("13035550000"));
    }
}
