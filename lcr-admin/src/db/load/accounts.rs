//! Accounts and trunks.

use postgres::Transaction;
use rating_core::money::Nano;
use rating_core::plan::{Account, CostPlus, MinMargin, Network, Trunk};

use super::super::error::DbError;
use super::fields::Fields;
use super::owned::{Kind, Owned};
use super::{all, query};

pub(super) fn accounts(
    transaction: &mut Transaction<'_>,
    owned: &mut Owned,
) -> Result<Vec<Account>, DbError> {
    all(transaction, query!("load_accounts"), |row| account(row, owned))
}

fn account(row: &Fields<'_>, owned: &mut Owned) -> Result<Account, DbError> {
    let id: String = row.get("id")?;
    Ok(Account {
        active: row.get("active")?,
        sell_deck: row.get("sell_deck")?,
        sell_key: row.word("sell_key_word")?,
        cost_plus: cost_plus(row)?,
        min_margin: min_margin(row)?,
        partitions: row.get("partitions")?,
        limits: row.limits(Kind::Account, &id, owned)?,
        time_zone: row.text_or_empty("time_zone")?,
        traffic: row.word("traffic_word")?,
        screening: owned.screening(Kind::Account, &id, row)?,
        wallets: owned.wallets(&id),
        id,
    })
}

fn cost_plus(row: &Fields<'_>) -> Result<Option<CostPlus>, DbError> {
    let Some(margin_nano_percent) = row.get("cost_plus_margin_nano_percent")? else {
        return Ok(None);
    };
    Ok(Some(CostPlus {
        margin_nano_percent,
        fixed_fee_per_min: Nano(row.get("cost_plus_fixed_fee_nano_per_min")?),
        rounding: row.rounding("cost_plus_rounding_mode_word", "cost_plus_rounding_decimals")?,
    }))
}

fn min_margin(row: &Fields<'_>) -> Result<MinMargin, DbError> {
    match row.get("min_margin_kind_word")? {
        "amount" => Ok(MinMargin::Amount(Nano(row.get("min_margin_nano")?))),
        "percent" => Ok(MinMargin::NanoPercent(row.get("min_margin_nano")?)),
        "allow_loss" => Ok(MinMargin::AllowLoss),
        other => Err(DbError::Corrupt(format!("{other:?} is no kind of minimum margin"))),
    }
}

pub(super) fn trunks(transaction: &mut Transaction<'_>, owned: &mut Owned) -> Result<Vec<Trunk>, DbError> {
    all(transaction, query!("load_trunks"), |row| trunk(row, owned))
}

fn trunk(row: &Fields<'_>, owned: &mut Owned) -> Result<Trunk, DbError> {
    let id: String = row.get("id")?;
    let sources: Vec<String> = row.get("sources")?;
    Ok(Trunk {
        account: row.get("account")?,
        active: row.get("active")?,
        sources: sources.iter().map(|text| network(text)).collect::<Result<_, _>>()?,
        user: row.get("digest_user")?,
        tech_prefix: row.get("tech_prefix")?,
        dial_rules: owned.dial_rules(&id),
        provider: row.get("provider")?,
        screening: owned.screening(Kind::Trunk, &id, row)?,
        ani_required: row.get("ani_required")?,
        trust_lrn: row.get("trust_lrn")?,
        partitions: row.get("partitions")?,
        limits: row.limits(Kind::Trunk, &id, owned)?,
        id,
    })
}

/// Reads `192.0.2.0/24`.
fn network(text: &str) -> Result<Network, DbError> {
    let read = || {
        let (address, prefix_len) = text.split_once('/')?;
        Some(Network { address: address.parse().ok()?, prefix_len: prefix_len.parse().ok()? })
    };
    read().ok_or_else(|| DbError::Corrupt(format!("{text:?} is no network")))
}
