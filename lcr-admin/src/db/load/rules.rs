//! DIDs, overrides, exclusions, reference data, and what holds for the whole plan.

use std::collections::HashMap;

use postgres::Transaction;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    CurrencyRate, Did, DidCampaign, Exclusion, ForcedRoute, LocalPair, NumberBlock, Override, Settings,
};

use super::super::error::DbError;
use super::fields::Fields;
use super::owned::{Kind, Owned};
use super::{all, query};

pub(super) fn settings(transaction: &mut Transaction<'_>) -> Result<Settings, DbError> {
    let read = |row: &Fields<'_>| {
        Ok(Settings {
            name: row.get("name")?,
            currency: row.get("currency")?,
            reference_duration_sec: row.unsigned::<i32, u32>("reference_duration_sec")?,
            default_partition: row.get("default_partition")?,
            use_ani_lrn: row.get("use_ani_lrn")?,
            max_duration_sec: row.unsigned::<i32, u32>("max_duration_sec")?,
            dial_timeout_sec: row.unsigned::<i32, u32>("dial_timeout_sec")?,
            hold_interval_sec: row.unsigned::<i32, u32>("hold_interval_sec")?,
            when_table_full: row.word("when_table_full_word")?,
            emergency_numbers: row.digits_list("emergency_number_list")?,
            emergency_routes: row.get("emergency_routes")?,
            toll_free_npas: row.unsigned_list::<i16, u16>("toll_free_npas")?,
            premium_prefixes: row.digits_list("premium_prefix_list")?,
        })
    };
    all(transaction, query!("load_settings"), read)?.pop().ok_or(DbError::NoPlan)
}

pub(super) fn numbering(transaction: &mut Transaction<'_>) -> Result<Vec<NumberBlock>, DbError> {
    all(transaction, "SELECT * FROM number_block ORDER BY prefix", |row| {
        Ok(NumberBlock {
            prefix: row.digits("prefix")?,
            country: row.get("country")?,
            state: row.get("state")?,
            lata: row.unsigned::<i64, u32>("lata")?,
            ocn: row.get("ocn")?,
            tier: row.unsigned::<i16, u8>("tier")?,
            rate_center: row.get("rate_center")?,
        })
    })
}

pub(super) fn local_calling(transaction: &mut Transaction<'_>) -> Result<Vec<LocalPair>, DbError> {
    let query = "SELECT * FROM local_pair ORDER BY state_a, rate_center_a, state_b, rate_center_b";
    all(transaction, query, |row| {
        Ok(LocalPair {
            state_a: row.get("state_a")?,
            rate_center_a: row.get("rate_center_a")?,
            state_b: row.get("state_b")?,
            rate_center_b: row.get("rate_center_b")?,
        })
    })
}

pub(super) fn dids(transaction: &mut Transaction<'_>) -> Result<Vec<Did>, DbError> {
    let mut campaigns: HashMap<Digits, Vec<DidCampaign>> = HashMap::new();
    all(transaction, "SELECT * FROM did_campaign ORDER BY did, partition", |row| {
        let campaign = DidCampaign { partition: row.get("partition")?, priority: row.get("priority")? };
        campaigns.entry(row.digits("did")?).or_default().push(campaign);
        Ok(())
    })?;
    all(transaction, "SELECT * FROM did ORDER BY number", |row| {
        let number = row.digits("number")?;
        let campaigns = campaigns.remove(&number).unwrap_or_default();
        Ok(Did { number, account: row.get("account")?, campaigns })
    })
}

pub(super) fn overrides(
    transaction: &mut Transaction<'_>,
    owned: &mut Owned,
) -> Result<Vec<Override>, DbError> {
    all(transaction, query!("load_overrides"), |row| {
        let id: String = row.get("id")?;
        Ok(Override {
            trunk: row.get("trunk")?,
            account: row.get("account")?,
            partition: row.get("partition")?,
            prefix: row.digits_or_null("prefix")?,
            window: owned.schedule(Kind::Override, &id, row)?,
            valid_from: row.get("valid_from_sec")?,
            valid_until: row.get("valid_until_sec")?,
            forced_route: forced_route(row)?,
            custom_rate_per_min: row.amount_or_null("custom_rate_nano_per_min")?,
            bypass_lcr: row.get("bypass_lcr")?,
            id,
        })
    })
}

fn forced_route(row: &Fields<'_>) -> Result<Option<ForcedRoute>, DbError> {
    let Some(route) = row.get("forced_route")? else { return Ok(None) };
    Ok(Some(ForcedRoute { route, mode: row.word("forced_mode_word")? }))
}

pub(super) fn exclusions(transaction: &mut Transaction<'_>) -> Result<Vec<Exclusion>, DbError> {
    all(transaction, query!("load_exclusions"), |row| {
        Ok(Exclusion {
            id: row.get("id")?,
            account: row.get("account")?,
            provider: row.get("provider")?,
            prefixes: row.digits_list("prefix_list")?,
            valid_from: row.get("valid_from_sec")?,
            valid_until: row.get("valid_until_sec")?,
            note: row.get("note")?,
        })
    })
}

pub(super) fn dno(transaction: &mut Transaction<'_>) -> Result<Vec<Digits>, DbError> {
    all(transaction, "SELECT pattern FROM dno ORDER BY pattern", |row| row.digits("pattern"))
}

pub(super) fn currency_rates(transaction: &mut Transaction<'_>) -> Result<Vec<CurrencyRate>, DbError> {
    let query = "SELECT currency, extract(epoch FROM holds_from)::bigint AS from_sec, rate_nano \
        FROM currency_rate ORDER BY currency, holds_from";
    all(transaction, query, |row| {
        Ok(CurrencyRate {
            currency: row.get("currency")?,
            from: row.get("from_sec")?,
            rate: Nano(row.get("rate_nano")?),
        })
    })
}
