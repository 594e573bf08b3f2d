//! The plan that the database holds, read at one instant: what others commit meanwhile is not half seen.

use std::collections::HashMap;

use postgres::types::FromSql;
use postgres::{Client, IsolationLevel, Row, Transaction};
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    Account, CostPlus, Deck, DeckVersion, Gateway, IjPolicy, Limits, LocalPair, Member, MinMargin, Network,
    NumberBlock, Partition, Plan, Provider, ProviderKind, Route, SellKey, Settings, Strategy, Trunk,
};
use rating_core::tariff::{Rounding, RoundingMode};

use super::deck_rows;
use super::decks::{self, StoredVersion};
use super::error::DbError;
use super::migrate::require_current_schema;
use super::words::Word;

/// Reads the plan: everything by id, deck rows by prefix and start.
///
/// # Errors
/// [`DbError::NoPlan`] before the first plan; else what was not to be read.
pub fn load_plan(client: &mut Client) -> Result<Plan, DbError> {
    require_current_schema(client)?;
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .map_err(DbError::doing("beginning to read the plan"))?;
    let plan = Plan {
        settings: settings(&mut transaction)?,
        accounts: all(&mut transaction, include_str!("../../../sql/queries/load_accounts.sql"), account)?,
        trunks: all(&mut transaction, include_str!("../../../sql/queries/load_trunks.sql"), trunk)?,
        providers: all(&mut transaction, include_str!("../../../sql/queries/load_providers.sql"), provider)?,
        routes: all(&mut transaction, "SELECT * FROM route ORDER BY id", route)?,
        gateways: all(&mut transaction, "SELECT * FROM gateway ORDER BY id", gateway)?,
        partitions: partitions(&mut transaction)?,
        decks: load_decks(&mut transaction)?,
        numbering: all(&mut transaction, "SELECT * FROM number_block ORDER BY prefix", number_block)?,
        local_calling: all(
            &mut transaction,
            "SELECT * FROM local_pair ORDER BY state_a, rate_center_a, state_b, rate_center_b",
            local_pair,
        )?,
        ..Default::default()
    };
    transaction.commit().map_err(DbError::doing("reading the plan"))?;
    Ok(plan)
}

/// Reads every row of a query.
fn all<T>(
    transaction: &mut Transaction<'_>,
    query: &str,
    read: fn(&Fields<'_>) -> Result<T, DbError>,
) -> Result<Vec<T>, DbError> {
    let rows = transaction.query(query, &[]).map_err(DbError::doing("reading the plan"))?;
    rows.iter().map(|row| read(&Fields(row))).collect()
}

/// A row whose fields are named in errors.
struct Fields<'a>(&'a Row);

impl Fields<'_> {
    fn get<'r, T: FromSql<'r>>(&'r self, column: &str) -> Result<T, DbError> {
        self.0.try_get(column).map_err(|error| DbError::Corrupt(format!("column {column}: {error}")))
    }

    fn word<T: Word>(&self, column: &str) -> Result<T, DbError> {
        T::from_word(self.get(column)?)
    }

    /// A column of signed integers that holds counts.
    fn unsigned<S, T>(&self, column: &str) -> Result<T, DbError>
    where
        S: for<'r> FromSql<'r> + Copy + std::fmt::Display,
        T: TryFrom<S>,
    {
        let value: S = self.get(column)?;
        T::try_from(value).map_err(|_| DbError::Corrupt(format!("column {column} is {value}")))
    }

    fn unsigned_or_null<S, T>(&self, column: &str) -> Result<Option<T>, DbError>
    where
        S: for<'r> FromSql<'r> + Copy + std::fmt::Display,
        T: TryFrom<S>,
    {
        let value: Option<S> = self.get(column)?;
        value.map(|_| self.unsigned::<S, T>(column)).transpose()
    }

    fn limits(&self) -> Result<Limits, DbError> {
        Ok(Limits {
            cps_milli: self.unsigned_or_null::<i32, u64>("cps_milli")?,
            cps_burst: self.unsigned_or_null::<i64, u32>("cps_burst")?,
            concurrent_calls_max: self.unsigned_or_null::<i64, u32>("concurrent_calls_max")?,
            ..Default::default()
        })
    }

    fn rounding(&self, mode: &str, decimals: &str) -> Result<Rounding, DbError> {
        Ok(Rounding { mode: self.word(mode)?, decimals: self.unsigned::<i16, u8>(decimals)? })
    }
}

fn settings(transaction: &mut Transaction<'_>) -> Result<Settings, DbError> {
    let read = |row: &Fields<'_>| {
        Ok(Settings {
            name: row.get("name")?,
            currency: row.get("currency")?,
            reference_duration_sec: row.unsigned::<i32, u32>("reference_duration_sec")?,
            default_partition: row.get("default_partition")?,
            use_ani_lrn: row.get("use_ani_lrn")?,
            max_duration_sec: row.unsigned::<i32, u32>("max_duration_sec")?,
            dial_timeout_sec: row.unsigned::<i32, u32>("dial_timeout_sec")?,
            ..Default::default()
        })
    };
    all(transaction, include_str!("../../../sql/queries/load_settings.sql"), read)?
        .pop()
        .ok_or(DbError::NoPlan)
}

fn account(row: &Fields<'_>) -> Result<Account, DbError> {
    Ok(Account {
        id: row.get("id")?,
        active: row.get("active")?,
        sell_deck: row.get("sell_deck")?,
        sell_key: row.word::<SellKey>("sell_key_word")?,
        cost_plus: cost_plus(row)?,
        min_margin: min_margin(row)?,
        partitions: row.get("partitions")?,
        limits: row.limits()?,
        ..Default::default()
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

fn trunk(row: &Fields<'_>) -> Result<Trunk, DbError> {
    let sources: Vec<String> = row.get("sources")?;
    Ok(Trunk {
        id: row.get("id")?,
        account: row.get("account")?,
        active: row.get("active")?,
        sources: sources.iter().map(|text| network(text)).collect::<Result<_, _>>()?,
        ani_required: row.get("ani_required")?,
        trust_lrn: row.get("trust_lrn")?,
        partitions: row.get("partitions")?,
        limits: row.limits()?,
        ..Default::default()
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

fn provider(row: &Fields<'_>) -> Result<Provider, DbError> {
    Ok(Provider {
        id: row.get("id")?,
        active: row.get("active")?,
        kind: row.word::<ProviderKind>("kind_word")?,
        ij_policy: row.word::<IjPolicy>("ij_policy_word")?,
        limits: row.limits()?,
        ..Default::default()
    })
}

fn route(row: &Fields<'_>) -> Result<Route, DbError> {
    Ok(Route {
        id: row.get("id")?,
        provider: row.get("provider")?,
        deck: row.get("deck")?,
        active: row.get("active")?,
        quality: row.get("quality")?,
        limits: row.limits()?,
        ..Default::default()
    })
}

fn gateway(row: &Fields<'_>) -> Result<Gateway, DbError> {
    Ok(Gateway {
        id: row.get("id")?,
        route: row.get("route")?,
        dial_string: row.get("dial_string")?,
        priority: row.get("priority")?,
        active: row.get("active")?,
        ..Default::default()
    })
}

fn partitions(transaction: &mut Transaction<'_>) -> Result<Vec<Partition>, DbError> {
    let mut members: HashMap<String, Vec<Member>> = HashMap::new();
    let query = "SELECT * FROM partition_member ORDER BY partition, route";
    let member = |row: &Fields<'_>| {
        let member = Member {
            route: row.get("route")?,
            priority: row.get("priority")?,
            active: row.get("active")?,
            ..Default::default()
        };
        Ok((row.get::<String>("partition")?, member))
    };
    for (partition, member) in all(transaction, query, member)? {
        members.entry(partition).or_default().push(member);
    }
    let mut partitions =
        all(transaction, include_str!("../../../sql/queries/load_partitions.sql"), partition)?;
    for partition in &mut partitions {
        partition.members = members.remove(&partition.id).unwrap_or_default();
    }
    Ok(partitions)
}

/// A partition, its members still to come.
fn partition(row: &Fields<'_>) -> Result<Partition, DbError> {
    let rate_limit: Option<i64> = row.get("rate_limit_nano_per_min")?;
    Ok(Partition {
        id: row.get("id")?,
        active: row.get("active")?,
        strategy: row.word::<Strategy>("strategy_word")?,
        members: Vec::new(),
        rate_limit_per_min: rate_limit.map(Nano),
        max_results: row.unsigned::<i32, u32>("max_results")?,
        dial_timeout_sec: row.unsigned_or_null::<i32, u32>("dial_timeout_sec")?,
        limits: row.limits()?,
        ..Default::default()
    })
}

fn load_decks(transaction: &mut Transaction<'_>) -> Result<Vec<Deck>, DbError> {
    let mut decks = all(transaction, include_str!("../../../sql/queries/load_decks.sql"), deck)?;
    let mut versions: HashMap<String, Vec<DeckVersion>> = HashMap::new();
    for stored in decks::stored_versions(transaction, None)? {
        let version = load_version(transaction, &stored)?;
        versions.entry(stored.deck).or_default().push(version);
    }
    for deck in &mut decks {
        deck.versions = versions.remove(&deck.id).unwrap_or_default();
    }
    Ok(decks)
}

/// A deck, its versions still to come.
fn deck(row: &Fields<'_>) -> Result<Deck, DbError> {
    let ij_policy: Option<&str> = row.get("ij_policy_word")?;
    Ok(Deck {
        id: row.get("id")?,
        ij_policy: ij_policy.map(IjPolicy::from_word).transpose()?,
        rounding: Rounding {
            mode: row.word::<RoundingMode>("rounding_mode_word")?,
            decimals: row.unsigned::<i16, u8>("rounding_decimals")?,
        },
        versions: Vec::new(),
        ..Default::default()
    })
}

fn load_version(transaction: &mut Transaction<'_>, stored: &StoredVersion) -> Result<DeckVersion, DbError> {
    let owner = format!("deck {} version {}", stored.deck, stored.number);
    Ok(DeckVersion {
        number: u32::try_from(stored.number)
            .map_err(|_| DbError::Corrupt(format!("{owner} has no number from 1")))?,
        effective_from: stored.effective_from,
        scope: stored.scope.clone(),
        rows: deck_rows::copy_out(transaction, stored.id, &owner, stored.row_count)?,
        ..Default::default()
    })
}

fn number_block(row: &Fields<'_>) -> Result<NumberBlock, DbError> {
    let prefix: &str = row.get("prefix")?;
    Ok(NumberBlock {
        prefix: Digits::new(prefix.as_bytes())
            .ok_or_else(|| DbError::Corrupt(format!("number block {prefix:?} is no prefix")))?,
        country: row.get("country")?,
        state: row.get("state")?,
        lata: row.unsigned::<i64, u32>("lata")?,
        ocn: row.get("ocn")?,
        rate_center: row.get("rate_center")?,
        ..Default::default()
    })
}

fn local_pair(row: &Fields<'_>) -> Result<LocalPair, DbError> {
    Ok(LocalPair {
        state_a: row.get("state_a")?,
        rate_center_a: row.get("rate_center_a")?,
        state_b: row.get("state_b")?,
        rate_center_b: row.get("rate_center_b")?,
    })
}
