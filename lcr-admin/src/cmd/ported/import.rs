//! `ported import`: lists of ported numbers become the file that calls are looked up in.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use number_portability::ported::{self as format, Ported};
use serde_json::json;

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
    /// Leave bad rows out, and write them to this file.
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
    keep_skipped(args, &read)?;

    let numbers = read.numbers.iter().map(|ported| (ported.number(), ported.lrn()));
    let file = format::write(&read.lrns, numbers)?;
    // What is written is what will be read, and nothing that is there is touched if it is the same.
    let ported = Ported::open_all(&file).context("what would be written")?;
    let changed = !fs::read(&args.out).is_ok_and(|before| before == file);
    if changed {
        snapshot_file::write(&args.out, &file)
            .with_context(|| format!("{} cannot be written", args.out.display()))?;
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

/// Writes the rows that were left out, if any. A file that is there is never written over.
fn keep_skipped(args: &Args, read: &Read) -> anyhow::Result<()> {
    let Some(path) = args.skip_bad.as_ref().filter(|_| !read.skipped.is_empty()) else { return Ok(()) };
    let written = File::create_new(path).and_then(|mut file| file.write_all(&read.skipped));
    written.with_context(|| {
        format!("{} cannot be written; name a file that is not there yet", path.display())
    })?;
    read.problems.iter().for_each(|problem| tell!("skipped: {problem}"));
    Ok(())
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
