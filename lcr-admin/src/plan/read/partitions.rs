//! `partitions.toml`: which routes a call may use, and in which order.

use std::collections::HashSet;

use rating_core::plan::{Member, Partition};
use rating_core::snapshot::layout::MEMBERS_MAX;

use super::Reader;
use super::fields::Fields;
use crate::plan::id::Kind;

/// Most routes of one call, and the default.
pub(crate) const MAX_RESULTS: u32 = 8;

pub(crate) fn read(reader: &Reader) -> Vec<Partition> {
    reader.toml("partitions.toml", |file| file.tables("partition").into_iter().map(partition).collect())
}

fn partition(fields: Fields) -> Partition {
    let partition = Partition {
        id: fields.need_id(Kind::Partition),
        active: fields.flag("active", true),
        strategy: fields.choice("strategy").unwrap_or_default(),
        members: members(&fields),
        schedule: fields.schedule("schedule"),
        min_quality: fields.optional_i32("min_quality"),
        rate_limit_per_min: fields.amount("rate_limit_per_min"),
        max_results: fields.number_u32("max_results", 1..=MAX_RESULTS).unwrap_or(MAX_RESULTS),
        dial_timeout_sec: fields.number_u32("dial_timeout_sec", 1..=300),
        limits: fields.limits(),
    };
    fields.finish();
    partition
}

fn members(fields: &Fields) -> Vec<Member> {
    let tables = fields.tables("member");
    if tables.is_empty() {
        fields.missing("member", "at least one route, [[partition.member]]");
    }
    if tables.len() > MEMBERS_MAX {
        let found = format!("{} members", tables.len());
        fields.refuse(&fields.at, found, format!("at most {MEMBERS_MAX}"));
    }
    let mut seen = HashSet::new();
    tables.into_iter().map(|table| member(table, &mut seen)).collect()
}

fn member(fields: Fields, seen: &mut HashSet<String>) -> Member {
    let route = fields.need_reference("route", Kind::Route);
    if !route.value.is_empty() && !seen.insert(route.value.clone()) {
        let found = format!("route `{}` is already a member", route.value);
        fields.reader.problems.error(&route.at, found, "each route once");
    }
    let member = Member {
        route: route.value,
        priority: fields.number_i32("priority"),
        weight: fields.number_u32("weight", 0..=u32::MAX),
        active: fields.flag("active", true),
        limits: fields.limits(),
    };
    fields.finish();
    member
}
