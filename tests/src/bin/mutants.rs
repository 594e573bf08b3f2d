//! Does the differential run find deliberate faults? `make mutants`, or `mutants NAME…` for some of them.
//!
//! Each file of `tests/mutants` is one fault: the rule that it breaks, a file of core, the text that is there and
//! the text in its place. The crates that the run needs are copied beside the build; there each fault is planted in
//! turn, built, and the short differential run must fail. A fault whose text is not found, or is found twice, or
//! that does not compile is an error of the list: it proves nothing. Nothing in the tree itself is touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context, bail, ensure};
use comfy_table::Table;
use serde::Deserialize;

/// What the differential run needs; the workspace of the copy has these members.
const CRATES: [&str; 3] = ["rating-core", "rating-node", "tests"];
/// A fault may make the run endless: it is found then, too.
const RUN_MAX: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    /// The numbered rule.
    rule: String,
    /// The file, from the repository's root.
    file: PathBuf,
    /// What is wrong then.
    why: String,
    old: String,
    new: String,
    #[serde(skip)]
    name: String,
}

enum Outcome {
    Found(String),
    Missed,
}

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests are in the repository")?;
    let wanted: Vec<String> = env::args().skip(1).collect();
    let mutants = read_all(&root.join("tests/mutants"), &wanted)?;
    let scratch = env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from).join("mutants");
    let copy = Copy { root: root.to_owned(), tree: scratch.join("tree"), target: scratch.join("target") };
    copy.refresh()?;
    eprintln!("without a fault: building and asking");
    copy.build()?;
    if let Outcome::Found(what) = copy.run()? {
        bail!("core and model disagree without a fault: {what}");
    }
    let mut table = Table::new();
    table.set_header(["fault", "rule", "what is wrong then", "found by", "s"]);
    let mut missed = 0;
    for mutant in &mutants {
        let began = Instant::now();
        let outcome = copy.try_out(mutant).with_context(|| mutant.name.clone())?;
        let found = match outcome {
            Outcome::Found(what) => what,
            Outcome::Missed => {
                missed += 1;
                "NOT FOUND".into()
            }
        };
        let sec = began.elapsed().as_secs().to_string();
        eprintln!("{}: {found} ({sec} s)", mutant.name);
        table.add_row([mutant.name.as_str(), &mutant.rule, &mutant.why, &found, &sec]);
    }
    println!("{table}\n{} of {} faults found", mutants.len() - missed, mutants.len());
    ensure!(missed == 0, "{missed} faults are not found: the run has to be made to ask such calls");
    Ok(())
}

fn read_all(dir: &Path, wanted: &[String]) -> anyhow::Result<Vec<Mutant>> {
    let mut mutants = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().context("a file has a name")?.to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "toml")
            || !wanted.is_empty() && !wanted.contains(&name)
        {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let mut mutant: Mutant =
            toml_edit::de::from_str(&text).with_context(|| path.display().to_string())?;
        mutant.name = name;
        mutants.push(mutant);
    }
    ensure!(!mutants.is_empty(), "no fault of that name in {}", dir.display());
    mutants.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(mutants)
}

/// The crates that the run needs, to be broken.
struct Copy {
    root: PathBuf,
    tree: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Makes the copy what the repository is. Files that have not changed keep their times: less is built.
    fn refresh(&self) -> anyhow::Result<()> {
        for name in CRATES {
            mirror(&self.root.join(name), &self.tree.join(name))?;
        }
        let manifest = fs::read_to_string(self.root.join("Cargo.toml"))?;
        let mut manifest: toml_edit::DocumentMut = manifest.parse()?;
        manifest["workspace"]["members"] = toml_edit::value(CRATES.into_iter().collect::<toml_edit::Array>());
        manifest["workspace"]["exclude"] = toml_edit::value(toml_edit::Array::new());
        write_if_other(&self.tree.join("Cargo.toml"), manifest.to_string().as_bytes())?;
        fs::copy(self.root.join("Cargo.lock"), self.tree.join("Cargo.lock"))?;
        Ok(())
    }

    fn cargo(&self, what: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        command.args(what).args(["--quiet", "--package", "tandem-tests", "--test", "differential"]);
        command.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target);
        // Faults are told by the run's own words.
        command.env("RUST_BACKTRACE", "0").env("CARGO_PROFILE_DEV_DEBUG", "0").stdin(Stdio::null());
        command
    }

    fn build(&self) -> anyhow::Result<()> {
        let built = self.cargo(&["test", "--no-run"]).output()?;
        ensure!(built.status.success(), "it does not compile:\n{}", String::from_utf8_lossy(&built.stderr));
        Ok(())
    }

    /// Asks the short run, without making plans small.
    fn run(&self) -> anyhow::Result<Outcome> {
        let log = self.tree.join("run.log");
        let mut command = self.cargo(&["test"]);
        command.env("TANDEM_DIFF_SHRINK", "0").args(["--", "--nocapture"]);
        command.stdout(fs::File::create(&log)?).stderr(Stdio::null());
        let mut running = command.spawn()?;
        let began = Instant::now();
        let status = loop {
            if let Some(status) = running.try_wait()? {
                break status;
            }
            if began.elapsed() > RUN_MAX {
                running.kill()?;
                running.wait()?;
                return Ok(Outcome::Found("it did not end".into()));
            }
            thread::sleep(Duration::from_millis(100));
        };
        if status.success() {
            return Ok(Outcome::Missed);
        }
        let log = fs::read_to_string(&log)?;
        let told = log.lines().find(|line| line.starts_with("FOUND ")).map(|line| line[6..].to_owned());
        Ok(Outcome::Found(told.unwrap_or("a panic".into())))
    }

    fn try_out(&self, mutant: &Mutant) -> anyhow::Result<Outcome> {
        let path = self.tree.join(&mutant.file);
        let sound = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let count = sound.matches(&mutant.old).count();
        ensure!(count == 1, "its text is {count} times in {}: mend the list", mutant.file.display());
        fs::write(&path, sound.replace(&mutant.old, &mutant.new))?;
        let outcome = self.build().and_then(|()| self.run());
        fs::write(&path, sound)?;
        outcome
    }
}

fn mirror(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            mirror(&entry.path(), &target)?;
        } else {
            write_if_other(&target, &fs::read(entry.path())?)?;
        }
    }
    // What is no longer there must not be built.
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !from.join(entry.file_name()).exists() {
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

fn write_if_other(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).with_context(|| path.display().to_string())
}
