//! Does the differential run find deliberate faults? `make mutants`, or `mutants NAME…` for some of them.
//!
//! Core and what the run needs are copied beside the build; there each fault of `tests/mutants` is planted in turn,
//! built, and the short differential run must fail. A fault that cannot be planted or does not compile is an error of
//! the list: it proves nothing. `mutants --check` only asks whether each could be planted. Nothing in the tree itself
//! is touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context, bail, ensure};
use comfy_table::Table;
use tandem_tests::mutants::{self, Mutant};

/// What the run needs of the crate of tests: all else would be built anew for each fault.
const OF_TESTS: [&str; 4] = ["src/differential", "src/model", "src/model_gen", "tests/differential.rs"];
/// The library of that.
const LIBRARY: &str =
    "//! The differential run.\npub mod differential;\npub mod model;\npub mod model_gen;\n";
/// A fault may make the run endless: it is found then, too.
const RUN_MAX: Duration = Duration::from_secs(600);

enum Outcome {
    Found(String),
    Missed,
}

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests are in the repository")?;
    let (flags, wanted): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|word| word.starts_with("--"));
    let mutants = mutants::read(root, &wanted)?;
    match flags.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => try_all(root, &mutants),
        ["--check"] => {
            mutants.iter().try_for_each(|mutant| mutant.check(root))?;
            println!("{} faults can be planted", mutants.len());
            Ok(())
        }
        _ => bail!("mutants [--check] [NAME…]: there is no {}", flags.join(" ")),
    }
}

fn try_all(root: &Path, mutants: &[Mutant]) -> anyhow::Result<()> {
    let scratch = env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from).join("mutants");
    let copy = Copy { root: root.to_owned(), tree: scratch.join("tree"), target: scratch.join("target") };
    copy.refresh()?;
    eprintln!("without a fault: building and asking");
    let program = copy.build()?;
    if let Outcome::Found(what) = copy.run(&program)? {
        bail!("core and model disagree without a fault: {what}");
    }
    let mut table = Table::new();
    table.set_header(["fault", "rule", "what is wrong then", "found by", "s"]);
    let mut missed = 0;
    for mutant in mutants {
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

/// What the run needs, to be broken.
struct Copy {
    root: PathBuf,
    tree: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Makes the copy what the repository is. Files that have not changed keep their times: less is built.
    fn refresh(&self) -> anyhow::Result<()> {
        mirror(&self.root.join("rating-core"), &self.tree.join("rating-core"))?;
        for part in OF_TESTS {
            mirror(&self.root.join("tests").join(part), &self.tree.join("tests").join(part))?;
        }
        write_if_other(&self.tree.join("tests/src/lib.rs"), LIBRARY.as_bytes())?;
        self.edit("tests/Cargo.toml", |manifest| {
            manifest.remove("test");
            manifest["dependencies"].as_table_mut().and_then(|all| all.remove("rating-node"));
        })?;
        self.edit("Cargo.toml", |manifest| {
            let members = ["rating-core", "tests"].into_iter().collect::<toml_edit::Array>();
            manifest["workspace"]["members"] = toml_edit::value(members);
            manifest["workspace"]["exclude"] = toml_edit::value(toml_edit::Array::new());
        })?;
        fs::copy(self.root.join("Cargo.lock"), self.tree.join("Cargo.lock"))?;
        Ok(())
    }

    /// Copies a manifest, with changes.
    fn edit(&self, name: &str, change: impl FnOnce(&mut toml_edit::DocumentMut)) -> anyhow::Result<()> {
        let mut manifest: toml_edit::DocumentMut = fs::read_to_string(self.root.join(name))?.parse()?;
        change(&mut manifest);
        write_if_other(&self.tree.join(name), manifest.to_string().as_bytes())
    }

    /// Builds the run.
    fn build(&self) -> anyhow::Result<PathBuf> {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["test", "--no-run", "--quiet", "--package", "tandem-tests", "--test", "differential"]);
        cargo.args(["--message-format", "json-render-diagnostics"]);
        cargo
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        let built = cargo.stdin(Stdio::null()).output()?;
        ensure!(built.status.success(), "it does not compile:\n{}", String::from_utf8_lossy(&built.stderr));
        let messages = serde_json::Deserializer::from_slice(&built.stdout).into_iter::<serde_json::Value>();
        let programs = messages.filter_map(|message| Some(message.ok()?["executable"].as_str()?.into()));
        programs.last().context("cargo names the program that it built")
    }

    /// Asks the short run, without making plans small.
    fn run(&self, program: &Path) -> anyhow::Result<Outcome> {
        let log = self.tree.join("run.log");
        // Faults are told by the run's own words.
        let mut command = Command::new(program);
        command
            .args(["--exact", "core_decides_as_the_naive_model_does", "--nocapture"])
            .env("RUST_BACKTRACE", "0")
            .env("TANDEM_DIFF_SHRINK", "0");
        command.stdin(Stdio::null()).stdout(fs::File::create(&log)?).stderr(Stdio::null());
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
        fs::write(&path, mutant.planted(&sound)?)?;
        let outcome = self.build().and_then(|program| self.run(&program));
        fs::write(&path, sound)?;
        outcome
    }
}

fn mirror(from: &Path, to: &Path) -> anyhow::Result<()> {
    if !from.is_dir() {
        return write_if_other(to, &fs::read(from)?);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        mirror(&from.join(&name), &to.join(&name))?;
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
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, bytes).with_context(|| path.display().to_string())
}
