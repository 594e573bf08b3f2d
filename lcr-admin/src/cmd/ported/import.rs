//! `ported import`: lists of ported numbers become the file that calls are looked up in.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use number_portability::ported::{self as format, Ported};
use serde_json::json;
use tempfile::NamedTempFile;

use super::bytes_per_number;
use crate::output::{Output, say, tell, thousands};
use crate::ported::{self, Duplicates, Options, Read};
use crate::snapshot_file;

/// Arguments of `ported import`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Lists of `number,lrn` or `number,lrn,spid`; all of them together are what was ported.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The file to write. Calls go on with the old one until the new one is whole.
    #[arg(long)]
    out: PathBuf,
    /// A number with two different LRNs or SPIDs.
    #[arg(long, value_enum, default_value_t)]
    duplicates: Duplicates,
    /// Leave bad rows out, and write them to this file, which must not be there yet.
    #[arg(long, value_name = "FILE")]
    skip_bad: Option<PathBuf>,
}

pub(super) fn run(args: &Args, output: Output) -> anyhow::Result<()> {
    let bar = output.bytes_bar("reading");
    bar.set_length(args.files.iter().filter_map(|file| fs::metadata(file).ok()).map(|meta| meta.len()).sum());
    let options = Options { duplicates: args.duplicates, skip_bad: args.skip_bad.is_some() };
    let read = ported::read(&args.files, options, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    let read = read?;
    let must_refuse = read.bad_rows > read.skipped.iter().filter(|byte| **byte == b'\n').count() as u64;
    // A download that failed often has no rows, or none but an error page: with it every ported number would go.
    if must_refuse || (read.bad_rows > 0 && read.bad_rows == read.rows) {
        return refuse(&read, output);
    }
    if read.rows == 0 {
        bail!(
            "there is no row in {}; nothing was imported, as that would take every ported number away: have the list \
             delivered again",
            args.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    // Made before the import and named after it: an error on the way leaves neither.
    let skipped = Skipped::of(args, &read)?;

    let numbers = read.numbers.iter().map(|ported| (ported.number(), ported.lrn()));
    let file = format::write(&read.lrns, numbers)?;
    // What is written is what will be read, and nothing that is there is touched if it is the same.
    let ported = Ported::open_all(&file).context("what would be written")?;
    let changed = !fs::read(&args.out).is_ok_and(|before| before == file);
    if changed {
        snapshot_file::write(&args.out, &file)
            .with_context(|| format!("{} cannot be written", args.out.display()))?;
    }
    if let Some(skipped) = skipped {
        skipped.keep(&args.out, &read)?;
    }
    tell_done(args, &read, &ported, changed, output)
}

fn tell_done(
    args: &Args,
    read: &Read,
    ported: &Ported<'_>,
    changed: bool,
    output: Output,
) -> anyhow::Result<()> {
    let each = bytes_per_number(ported);
    match output {
        Output::Json => Output::print_json(&json!({
            "file": args.out,
            "changed": changed,
            "numbers": ported.numbers(),
            "lrns": ported.lrns(),
            "rows": read.rows,
            "not_ported": read.not_ported,
            "folded": read.folded,
            "replaced": read.replaced,
            "skipped": read.bad_rows,
            "bytes": ported.bytes(),
            "bytes_per_number": each,
        })),
        Output::Human => {
            let numbers = thousands(ported.numbers());
            let out = args.out.display();
            match changed {
                true => say!("{out}: {numbers} ported numbers, {} bytes", thousands(ported.bytes())),
                false => say!("{out}: already these {numbers} ported numbers, nothing changed"),
            }
            for (count, what) in [
                (read.not_ported, "numbers are their own LRN: not ported, left out"),
                (read.folded, "rows say again what another has said"),
                (read.replaced, "numbers had more than one LRN or SPID: the last counts"),
                (read.bad_rows, "bad rows left out"),
            ] {
                if count > 0 {
                    say!("{} {what}", thousands(count));
                }
            }
            Ok(())
        }
    }
}

/// The rows that were left out, written beside the file that they will be.
struct Skipped {
    path: PathBuf,
    beside: NamedTempFile,
}

impl Skipped {
    /// None where no row was left out. A file that is there is never written over.
    fn of(args: &Args, read: &Read) -> anyhow::Result<Option<Skipped>> {
        let Some(path) = args.skip_bad.as_ref().filter(|_| !read.skipped.is_empty()) else { return Ok(None) };
        let is_there = match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            found => found.map(|_| true),
        };
        let cannot = || format!("{} cannot be written", path.display());
        if is_there.with_context(cannot)? {
            bail!("{} is there already; name a file for bad rows that is not there yet", path.display());
        }
        let made = place(path).and_then(|path| {
            let dir = path.parent().unwrap_or(Path::new("/"));
            // Who may read it is for the umask, as of any file.
            let mode = Permissions::from_mode(0o666);
            let mut beside = tempfile::Builder::new().permissions(mode).tempfile_in(dir)?;
            beside.write_all(&read.skipped)?;
            Ok(Skipped { path, beside })
        });
        let skipped = made.with_context(cannot)?;
        if place(&args.out).is_ok_and(|out| out == skipped.path) {
            bail!("{} is named by --out; name another file for bad rows", path.display());
        }
        Ok(Some(skipped))
    }

    /// Gives them their name, and tells them.
    fn keep(self, out: &Path, read: &Read) -> anyhow::Result<()> {
        self.beside.persist_noclobber(&self.path).with_context(|| {
            let (out, path) = (out.display(), self.path.display());
            format!("{out} is imported, but bad rows cannot go to {path}; import again, with another name")
        })?;
        read.problems.iter().for_each(|problem| tell!("skipped: {problem}"));
        Ok(())
    }
}

/// Where a file that need not be there would be, whatever names its directory has.
fn place(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(dir.canonicalize()?.join(name))
}

fn refuse(read: &Read, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => Output::print_json(&json!({ "bad_rows": read.bad_rows, "errors": read.problems }))?,
        Output::Human => read.problems.iter().for_each(|problem| tell!("{problem}")),
    }
    match read.bad_rows {
        1 => bail!("1 row is bad; nothing was imported"),
        count => bail!("{} rows are bad; nothing was imported", thousands(count)),
    }
}
