//! `dids.csv`, `dno.csv` and `currency_rates.csv`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rating_core::money::Nano;
use rating_core::number::{self, Digits};
use rating_core::plan::{CurrencyRate, Did, DidCampaign, UtcSec};

use super::Reader;
use super::tables::{Row, each_row};
use super::values::{CURRENCY_RULE, is_currency};
use crate::plan::id::{ID_RULE, Kind, is_id};

pub(crate) const DIDS: &str = "dids.csv";
pub(crate) const DIDS_HEADER: [&str; 4] = ["number", "account", "campaign", "priority"];
pub(crate) const DNO: &str = "dno.csv";
pub(crate) const DNO_HEADER: [&str; 1] = ["pattern"];
pub(crate) const CURRENCY_RATES: &str = "currency_rates.csv";
pub(crate) const CURRENCY_RATES_HEADER: [&str; 3] = ["currency", "from", "rate"];

/// Reads the DIDs: a line for each campaign of one, or a line without a campaign.
pub(crate) fn read_dids(reader: &Reader) -> Vec<Did> {
    let mut dids: BTreeMap<Digits, Did> = BTreeMap::new();
    each_row(reader, DIDS, &DIDS_HEADER, |row| {
        let priority = row.cell(3);
        let good = [
            row.need(0, is_number, "an E.164 number, 7 to 15 digits"),
            row.need(1, is_id, ID_RULE),
            row.need(2, |text| text.is_empty() || is_id(text), "a partition, or nothing"),
            row.need(
                3,
                |text| text.is_empty() || text.parse::<i32>().is_ok(),
                "a whole number, or nothing for 0",
            ),
        ];
        if good != [true; 4] {
            return;
        }
        let Some(number) = Digits::new(row.cell(0).as_bytes()) else { return };
        let (account, campaign) = (row.cell(1).to_owned(), row.cell(2).to_owned());
        reader.ids.refer(Kind::Account, &account, &row.place(1));
        if !campaign.is_empty() {
            reader.ids.refer(Kind::Partition, &campaign, &row.place(2));
        }
        let campaign = DidCampaign { partition: campaign, priority: priority.parse().unwrap_or(0) };
        match dids.get_mut(&number) {
            None => {
                reader.ids.mark(DIDS, number.as_str(), &row.place(0));
                let campaigns = if campaign.partition.is_empty() { Vec::new() } else { vec![campaign] };
                dids.insert(number, Did { number, account, campaigns });
            }
            Some(did) => add_campaign(row, did, &account, campaign),
        }
    });
    dids.into_values().collect()
}

fn add_campaign(row: &Row, did: &mut Did, account: &str, campaign: DidCampaign) {
    let problems = &row.reader.problems;
    if did.account != account {
        let found = format!("DID {} belongs to `{}` in a line before", did.number, did.account);
        problems.error(&row.place(1), found, "one account for all lines of a DID");
    }
    if campaign.partition.is_empty() || did.campaigns.iter().any(|one| one.partition == campaign.partition) {
        let found = format!("DID {} again", did.number);
        problems.error(&row.place(0), found, "each campaign of a DID once");
    } else {
        did.campaigns.push(campaign);
    }
}

fn is_number(text: &str) -> bool {
    Digits::new(text.as_bytes()).is_some_and(|digits| number::is_valid(&digits))
}

/// Reads the do-not-originate list.
pub(crate) fn read_dno(reader: &Reader) -> Vec<Digits> {
    let mut patterns = Vec::new();
    let is_pattern =
        |text: &str| matches!(text.len(), 3 | 6 | 7 | 10) && text.bytes().all(|byte| byte.is_ascii_digit());
    each_row(reader, DNO, &DNO_HEADER, |row| {
        if row.need(0, is_pattern, "3, 6, 7 or 10 digits of a NANP number, without the 1") {
            patterns.extend(Digits::new(row.cell(0).as_bytes()));
            if !begins_a_number(row.cell(0)) {
                let found = format!("no NANP number begins with 1 {}: the pattern stops nobody", row.cell(0));
                reader.problems.warning(&row.place(0), found);
            }
        }
    });
    patterns
}

/// Whether area code and exchange, as far as they are there, are from 200 up. Mostly a country code stands in front.
fn begins_a_number(pattern: &str) -> bool {
    [0, 3].into_iter().filter_map(|at| pattern.as_bytes().get(at)).all(|digit| (b'2'..=b'9').contains(digit))
}

/// Reads what other currencies are worth in the plan's.
pub(crate) fn read_currency_rates(reader: &Reader, plan_currency: &str) -> Vec<CurrencyRate> {
    let mut rates: Vec<CurrencyRate> = Vec::new();
    each_row(reader, CURRENCY_RATES, &CURRENCY_RATES_HEADER, |row| {
        let not_the_plans = format!("another currency than the plan's, {plan_currency}");
        let good = [
            row.need(0, is_currency, CURRENCY_RULE)
                && row.need(0, |text| text != plan_currency, &not_the_plans),
            row.need(1, |text| instant(text).is_some(), "an instant such as 2026-01-01T00:00:00Z"),
            row.need(2, |text| rate(text).is_some(), "units of the plan's currency for one, such as 1.0832"),
        ];
        let (true, Some(from), Some(rate)) = (good == [true; 3], instant(row.cell(1)), rate(row.cell(2)))
        else {
            return;
        };
        let currency = row.cell(0).to_owned();
        if rates.iter().any(|one| one.currency == currency && one.from == from) {
            let found = format!("a second rate of {currency} from {}", row.cell(1));
            reader.problems.error(&row.place(0), found, "one rate from an instant");
        }
        rates.push(CurrencyRate { currency, from, rate });
    });
    rates
}

fn instant(text: &str) -> Option<UtcSec> {
    let instant: Timestamp = text.parse().ok()?;
    (instant.subsec_nanosecond() == 0).then(|| instant.as_second())
}

fn rate(text: &str) -> Option<Nano> {
    Nano::parse(text.as_bytes()).ok().filter(|rate| *rate > Nano::ZERO)
}
