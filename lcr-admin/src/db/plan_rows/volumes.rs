//! Caps on counts of calls: a table for each kind of owner.

use rating_core::plan::{Limits, VolumeLimit};

use super::super::copy::TextRows;
use super::super::tables::Table;
use crate::words::Word;

/// A table whose owners are a list of the plan with ids.
macro_rules! of {
    ($table:literal, $owner:literal, $list:ident) => {
        Table {
            name: $table,
            key: &[$owner, "period", "counts"],
            columns: &[$owner, "period", "counts", "calls_max"],
            rows: |plan, rows| plan.$list.iter().for_each(|owner| volumes(&[&owner.id], &owner.limits, rows)),
        }
    };
}

pub(super) const TABLES: [Table; 7] = [
    of!("account_volume", "account", accounts),
    of!("trunk_volume", "trunk", trunks),
    of!("provider_volume", "provider", providers),
    of!("route_volume", "route", routes),
    of!("gateway_volume", "gateway", gateways),
    of!("partition_volume", "partition", partitions),
    Table {
        name: "partition_member_volume",
        key: &["partition", "route", "period", "counts"],
        columns: &["partition", "route", "period", "counts", "calls_max"],
        rows: |plan, rows| {
            for partition in &plan.partitions {
                for member in &partition.members {
                    volumes(&[&partition.id, &member.route], &member.limits, rows);
                }
            }
        },
    },
];

fn volumes(owner: &[&str], limits: &Limits, rows: &mut TextRows) {
    for VolumeLimit { period, counts, calls_max } in &limits.volumes {
        for id in owner {
            rows.value(id);
        }
        rows.value(period.word()).value(counts.word()).value(calls_max).end();
    }
}
