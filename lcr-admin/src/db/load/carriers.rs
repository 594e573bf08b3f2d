//! Providers, routes, gateways, partitions.

use std::collections::HashMap;

use postgres::Transaction;
use rating_core::plan::{Gateway, Member, Partition, Provider, Route};

use super::super::error::DbError;
use super::fields::Fields;
use super::owned::{Kind, Owned};
use super::{all, query};

pub(super) fn providers(
    transaction: &mut Transaction<'_>,
    owned: &mut Owned,
) -> Result<Vec<Provider>, DbError> {
    all(transaction, query!("load_providers"), |row| {
        let id: String = row.get("id")?;
        Ok(Provider {
            active: row.get("active")?,
            kind: row.word("kind_word")?,
            ij_policy: row.word("ij_policy_word")?,
            limits: row.limits(Kind::Provider, &id, owned)?,
            time_zone: row.text_or_empty("time_zone")?,
            traffic: row.words_or_null("traffic_words")?,
            id,
        })
    })
}

pub(super) fn routes(transaction: &mut Transaction<'_>, owned: &mut Owned) -> Result<Vec<Route>, DbError> {
    let query = "SELECT *, ani_classes::text[] AS ani_class_words FROM route ORDER BY id";
    all(transaction, query, |row| {
        let id: String = row.get("id")?;
        Ok(Route {
            provider: row.get("provider")?,
            deck: row.get("deck")?,
            active: row.get("active")?,
            quality: row.get("quality")?,
            limits: row.limits(Kind::Route, &id, owned)?,
            ani_classes: row.words_or_null("ani_class_words")?,
            id,
        })
    })
}

pub(super) fn gateways(
    transaction: &mut Transaction<'_>,
    owned: &mut Owned,
) -> Result<Vec<Gateway>, DbError> {
    all(transaction, "SELECT * FROM gateway ORDER BY id", |row| {
        let id: String = row.get("id")?;
        Ok(Gateway {
            route: row.get("route")?,
            dial_string: row.get("dial_string")?,
            priority: row.get("priority")?,
            weight: row.unsigned_or_null::<i64, u32>("weight")?,
            active: row.get("active")?,
            latas: row.unsigned_list::<i64, u32>("latas")?,
            limits: row.limits(Kind::Gateway, &id, owned)?,
            id,
        })
    })
}

pub(super) fn partitions(
    transaction: &mut Transaction<'_>,
    owned: &mut Owned,
) -> Result<Vec<Partition>, DbError> {
    let mut members: HashMap<String, Vec<Member>> = HashMap::new();
    let query = "SELECT * FROM partition_member ORDER BY partition, route";
    for (partition, member) in all(transaction, query, |row| member(row, owned))? {
        members.entry(partition).or_default().push(member);
    }
    all(transaction, query!("load_partitions"), |row| {
        let id: String = row.get("id")?;
        Ok(Partition {
            active: row.get("active")?,
            strategy: row.word("strategy_word")?,
            members: members.remove(&id).unwrap_or_default(),
            schedule: owned.schedule(Kind::Partition, &id, row)?,
            min_quality: row.get("min_quality")?,
            rate_limit_per_min: row.amount_or_null("rate_limit_nano_per_min")?,
            max_results: row.unsigned::<i32, u32>("max_results")?,
            dial_timeout_sec: row.unsigned_or_null::<i32, u32>("dial_timeout_sec")?,
            limits: row.limits(Kind::Partition, &id, owned)?,
            id,
        })
    })
}

/// A member and its partition.
fn member(row: &Fields<'_>, owned: &mut Owned) -> Result<(String, Member), DbError> {
    let (partition, route): (String, String) = (row.get("partition")?, row.get("route")?);
    let member = Member {
        priority: row.get("priority")?,
        weight: row.unsigned_or_null::<i64, u32>("weight")?,
        active: row.get("active")?,
        limits: row.limits(Kind::Member, &format!("{partition}/{route}"), owned)?,
        route,
    };
    Ok((partition, member))
}
