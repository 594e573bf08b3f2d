//! The deliberate faults of `tests/mutants`: read, checked against the source, and planted.
//!
//! Each file is one fault: the rule that it breaks, a file of core, the text that is there and the text in its place. A
//! fault whose text is not there, or is there twice, proves nothing: [`Mutant::planted`] refuses it. This knows
//! nothing of building or running: see the program `mutants`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// One fault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// The numbered rule, with the filter or strategy where the rule has many.
    pub rule: String,
    /// The file, from the repository's root.
    pub file: PathBuf,
    /// What is wrong then.
    pub why: String,
    /// What is there.
    pub old: String,
    /// What is there in its place.
    pub new: String,
    /// The name of its own file.
    #[serde(skip)]
    pub name: String,
}

impl Mutant {
    /// The text of a source file with the fault in it.
    ///
    /// # Errors
    /// The text is not there just once.
    pub fn planted(&self, source: &str) -> anyhow::Result<String> {
        let count = source.matches(&self.old).count();
        ensure!(
            count == 1,
            "{}: its text is {count} times in {}: mend the list",
            self.name,
            self.file.display()
        );
        Ok(source.replace(&self.old, &self.new))
    }

    /// Whether it could be planted in the tree at `root`.
    ///
    /// # Errors
    /// Its file or its text is not there, or nothing would be another.
    pub fn check(&self, root: &Path) -> anyhow::Result<()> {
        let path = root.join(&self.file);
        let source =
            fs::read_to_string(&path).with_context(|| format!("{}: {}", self.name, path.display()))?;
        let planted = self.planted(&source)?;
        ensure!(planted != source, "{}: it changes nothing", self.name);
        Ok(())
    }
}

/// The faults of a tree, by name: those that are `wanted`, or all.
///
/// # Errors
/// A file that is no fault, or a name that is none's.
pub fn read(root: &Path, wanted: &[String]) -> anyhow::Result<Vec<Mutant>> {
    let dir = root.join("tests/mutants");
    let mut mutants = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mut mutant: Mutant =
            toml_edit::de::from_str(&text).with_context(|| path.display().to_string())?;
        mutant.name = path.file_stem().context("a file has a name")?.to_string_lossy().into_owned();
        mutants.push(mutant);
    }
    for name in wanted {
        let is_there = mutants.iter().any(|mutant| mutant.name == *name);
        ensure!(is_there, "no fault {name} in {}", dir.display());
    }
    mutants.retain(|mutant| wanted.is_empty() || wanted.contains(&mutant.name));
    mutants.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(mutants)
}
