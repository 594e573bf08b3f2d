//! The CSV tables of a plan directory.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rating_core::plan::{CurrencyRate, Did, LocalPair, NumberBlock, Plan};

use super::text::rfc3339_text;
use super::{WriteDirError, io_error};
use crate::plan::read;

/// Writes them all, also those that are empty.
pub(super) fn write(plan: &Plan, dir: &Path) -> Result<(), WriteDirError> {
    write_table(dir, read::NUMBERING, &read::NUMBERING_HEADER, plan.numbering.iter().map(number_block))?;
    write_table(
        dir,
        read::LOCAL_CALLING,
        &read::LOCAL_CALLING_HEADER,
        plan.local_calling.iter().map(local_pair),
    )?;
    write_table(dir, read::DIDS, &read::DIDS_HEADER, plan.dids.iter().flat_map(did_lines))?;
    write_table(dir, read::DNO, &read::DNO_HEADER, plan.dno.iter().map(|pattern| [pattern.to_string()]))?;
    let rates = plan.currency_rates.iter().map(currency_rate);
    write_table(dir, read::CURRENCY_RATES, &read::CURRENCY_RATES_HEADER, rates)
}

fn number_block(block: &NumberBlock) -> [String; 9] {
    let NumberBlock { prefix, country, state, lata, ocn, tier, rate_center } = block;
    let (npa, rest) = prefix.as_str().split_at_checked(3).unwrap_or_default();
    let (nxx, thousands) = rest.split_at_checked(3).unwrap_or((rest, ""));
    let lata = unless_zero(*lata);
    let tier = unless_zero((*tier).into());
    [npa, nxx, thousands, country, state, &lata, ocn, rate_center, &tier].map(str::to_owned)
}

fn unless_zero(number: u32) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

fn local_pair(pair: &LocalPair) -> [String; 4] {
    let LocalPair { state_a, rate_center_a, state_b, rate_center_b } = pair;
    [state_a, rate_center_a, state_b, rate_center_b].map(String::clone)
}

/// A line for each campaign, or one without.
fn did_lines(did: &Did) -> Vec<[String; 4]> {
    let Did { number, account, campaigns } = did;
    let line = |campaign: &str, priority: String| {
        [number.to_string(), account.clone(), campaign.to_owned(), priority]
    };
    if campaigns.is_empty() {
        return vec![line("", String::new())];
    }
    campaigns.iter().map(|campaign| line(&campaign.partition, campaign.priority.to_string())).collect()
}

fn currency_rate(rate: &CurrencyRate) -> [String; 3] {
    let CurrencyRate { currency, from, rate } = rate;
    [currency.clone(), rfc3339_text(*from), rate.to_string()]
}

/// Writes one table.
pub(super) fn write_table<const N: usize>(
    dir: &Path,
    name: &str,
    header: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), WriteDirError> {
    let path = dir.join(name);
    let write = || -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(BufWriter::new(File::create(&path)?));
        csv.write_record(header)?;
        for row in rows {
            csv.write_record(row)?;
        }
        csv.flush()?;
        csv.get_ref().get_ref().flush()
    };
    write().map_err(io_error(&path))
}
