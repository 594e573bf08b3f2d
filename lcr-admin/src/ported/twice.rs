//! Numbers with two different LRNs or SPIDs: rare, so the lists are read again for the lines that they stand in.

use std::collections::HashMap;
use std::path::PathBuf;

use number_portability::ported::NanpNumber;

use super::line::Row;
use super::{Ported, Read, each_row};
use crate::plan::Problem;

/// What a number means that stands there twice with different LRNs or SPIDs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Duplicates {
    /// Nothing is imported.
    #[default]
    Error,
    /// The last row counts.
    Last,
}

/// Finds them among the sorted numbers, and tells or settles each.
pub(super) fn resolve(read: &mut Read, files: &[PathBuf], duplicates: Duplicates) -> anyhow::Result<()> {
    let is_twice = |pair: &[Ported]| matches!(pair, [one, next] if one.number() == next.number());
    // Of each such number the row that counts so far, and where it stands.
    let mut twice: HashMap<NanpNumber, Option<(Row, String)>> =
        read.numbers.windows(2).filter(|pair| is_twice(pair)).map(|pair| (pair[0].number(), None)).collect();
    if twice.is_empty() {
        return Ok(());
    }
    let mut problems = Vec::new();
    each_row(files, &mut |place, row| {
        let Ok(row) = row else { return };
        let Some(before) = twice.get_mut(&row.number) else { return };
        let at = format!("{}:{}", place.file.display(), place.line);
        let other = before.replace((row, at));
        let Some((other, first_at)) = other.filter(|(other, _)| *other != row) else { return };
        let what = if row.lrn == other.lrn { "SPID" } else { "LRN" };
        problems.push(Problem {
            file: place.file.display().to_string().into(),
            line: place.line,
            column: 0,
            found: format!(
                "{} has the LRN {} here and {} at {first_at}",
                row.number.digits(),
                lrn_of(&row, &other),
                lrn_of(&other, &row)
            ),
            expected: format!("one {what} for a number, or --duplicates last"),
        });
    })?;
    match duplicates {
        Duplicates::Error => problems.into_iter().for_each(|problem| read.refuse(problem, b"", false)),
        Duplicates::Last => {
            let lrns = &read.lrns;
            read.replaced = twice.len() as u64;
            read.numbers.retain(|ported| match twice.get(&ported.number()) {
                Some(Some((last, _))) if last.is_not_ported() => ported.is_not_ported(),
                Some(Some((last, _))) => lrns.get(ported.lrn() as usize) == Some(&(last.lrn, last.spid)),
                _ => true,
            });
        }
    }
    Ok(())
}

/// The LRN that a row tells, and its SPID where another row of the number has another.
fn lrn_of(row: &Row, other: &Row) -> String {
    let lrn = row.lrn.digits();
    match row.spid {
        _ if row.is_not_ported() => format!("{lrn} (not ported)"),
        spid if spid == other.spid => lrn.to_string(),
        [0, 0, 0, 0] => format!("{lrn} (no SPID)"),
        spid => format!("{lrn} (SPID {})", String::from_utf8_lossy(&spid)),
    }
}
