//! Trunks: where calls come from, and how what is dialled is read.

use rating_core::plan::{DialRule, Plan, Trunk};

use super::super::copy::TextRows;
use super::super::tables::Table;
use super::accounts::{destinations, screened};
use super::{limits, ordered, with_limits};

pub(super) const TABLES: [Table; 5] = [
    Table { name: "trunk", key: &["id"], columns: TRUNK, rows: trunks },
    Table { name: "trunk_source", key: &["trunk", "network"], columns: &["trunk", "network"], rows: sources },
    Table {
        name: "trunk_partition",
        key: &["trunk", "position"],
        columns: &["trunk", "position", "partition"],
        rows: |plan, rows| plan.trunks.iter().for_each(|trunk| ordered(&trunk.id, &trunk.partitions, rows)),
    },
    Table {
        name: "trunk_screening",
        key: &["trunk", "list", "prefix"],
        columns: &["trunk", "list", "prefix"],
        rows: |plan, rows| plan.trunks.iter().for_each(|trunk| screened(&trunk.id, &trunk.screening, rows)),
    },
    Table {
        name: "trunk_dial_rule",
        key: &["trunk", "position"],
        columns: &["trunk", "position", "prefix", "len", "strip", "add"],
        rows: dial_rules,
    },
];

const TRUNK: &[&str] = with_limits![
    "id",
    "account",
    "active",
    "digest_user",
    "tech_prefix",
    "provider",
    "ani_required",
    "trust_lrn",
    "destination_classes",
    "country_rule",
    "countries",
];

fn trunks(plan: &Plan, rows: &mut TextRows) {
    for trunk in &plan.trunks {
        let Trunk {
            id,
            account,
            active,
            user,
            tech_prefix,
            provider,
            screening,
            ani_required,
            trust_lrn,
            limits: caps,
            // They have tables of their own.
            sources: _,
            dial_rules: _,
            partitions: _,
        } = trunk;
        rows.value(id)
            .value(account)
            .value(active)
            .nullable(user.as_ref())
            .value(tech_prefix)
            .nullable(provider.as_ref())
            .value(ani_required)
            .value(trust_lrn);
        destinations(screening, rows);
        limits(caps, rows);
        rows.end();
    }
}

fn sources(plan: &Plan, rows: &mut TextRows) {
    for trunk in &plan.trunks {
        for source in &trunk.sources {
            rows.value(&trunk.id).value(format_args!("{}/{}", source.address, source.prefix_len)).end();
        }
    }
}

fn dial_rules(plan: &Plan, rows: &mut TextRows) {
    for trunk in &plan.trunks {
        for (index, DialRule { prefix, len, strip, add }) in trunk.dial_rules.iter().enumerate() {
            rows.value(&trunk.id).value(index + 1).value(prefix).nullable(*len).value(strip).value(add).end();
        }
    }
}
