//! DIDs, overrides, exclusions, reference data, and what holds for the whole plan.

use rating_core::plan::{
    CurrencyRate, Did, DidCampaign, Exclusion, LocalPair, NumberBlock, Override, Plan, Settings,
};

use super::super::copy::TextRows;
use super::super::tables::Table;
use super::{WINDOW, schedule, windows};
use crate::words::Word;

pub(super) const TABLES: [Table; 11] = [
    Table { name: "did", key: &["number"], columns: &["number", "account"], rows: dids },
    Table {
        name: "did_campaign",
        key: &["did", "partition"],
        columns: &["did", "partition", "priority"],
        rows: did_campaigns,
    },
    Table { name: "override", key: &["id"], columns: OVERRIDE, rows: overrides },
    Table {
        name: "override_window",
        key: &["override", "position"],
        columns: &["override", WINDOW[0], WINDOW[1], WINDOW[2], WINDOW[3], WINDOW[4], WINDOW[5]],
        rows: |plan, rows| {
            plan.overrides.iter().for_each(|rule| windows(&rule.id, rule.window.as_ref(), rows));
        },
    },
    Table {
        name: "exclusion",
        key: &["id"],
        columns: &["id", "account", "provider", "prefixes", "valid_from", "valid_until", "note"],
        rows: exclusions,
    },
    Table { name: "number_block", key: &["prefix"], columns: NUMBER_BLOCK, rows: number_blocks },
    Table { name: "local_pair", key: LOCAL_PAIR, columns: LOCAL_PAIR, rows: local_pairs },
    Table {
        name: "dno",
        key: &["pattern"],
        columns: &["pattern"],
        rows: |plan, rows| plan.dno.iter().for_each(|pattern| rows.value(pattern).end()),
    },
    Table {
        name: "currency_rate",
        key: &["currency", "holds_from"],
        columns: &["currency", "holds_from", "rate_nano"],
        rows: currency_rates,
    },
    Table { name: "plan_settings", key: &["only_row"], columns: SETTINGS, rows: settings },
    Table {
        name: "emergency_route",
        key: &["position"],
        columns: &["position", "route"],
        rows: |plan, rows| {
            for (index, route) in plan.settings.emergency_routes.iter().enumerate() {
                rows.value(index + 1).value(route).end();
            }
        },
    },
];

fn dids(plan: &Plan, rows: &mut TextRows) {
    // Campaigns have a table of their own.
    for Did { number, account, campaigns: _ } in &plan.dids {
        rows.value(number).value(account).end();
    }
}

fn did_campaigns(plan: &Plan, rows: &mut TextRows) {
    for did in &plan.dids {
        for DidCampaign { partition, priority } in &did.campaigns {
            rows.value(did.number).value(partition).value(priority).end();
        }
    }
}

const OVERRIDE: &[&str] = &[
    "id",
    "trunk",
    "account",
    "partition",
    "prefix",
    "scheduled",
    "schedule_time_zone",
    "valid_from",
    "valid_until",
    "forced_route",
    "forced_mode",
    "custom_rate_nano_per_min",
    "bypass_lcr",
];

fn overrides(plan: &Plan, rows: &mut TextRows) {
    for rule in &plan.overrides {
        let Override {
            id,
            trunk,
            account,
            partition,
            prefix,
            window,
            valid_from,
            valid_until,
            forced_route,
            custom_rate_per_min,
            bypass_lcr,
        } = rule;
        let forced = forced_route.as_ref();
        rows.value(id)
            .nullable(trunk.as_ref())
            .nullable(account.as_ref())
            .nullable(partition.as_ref())
            .nullable(*prefix);
        schedule(window.as_ref(), rows);
        rows.instant(*valid_from)
            .instant(*valid_until)
            .nullable(forced.map(|forced| &forced.route))
            .nullable(forced.map(|forced| forced.mode.word()))
            .nullable(custom_rate_per_min.map(|rate| rate.0))
            .value(bypass_lcr)
            .end();
    }
}

fn exclusions(plan: &Plan, rows: &mut TextRows) {
    for rule in &plan.exclusions {
        let Exclusion { id, account, provider, prefixes, valid_from, valid_until, note } = rule;
        rows.value(id).nullable(account.as_ref()).nullable(provider.as_ref()).array(prefixes);
        rows.instant(*valid_from).instant(*valid_until).value(note).end();
    }
}

const NUMBER_BLOCK: &[&str] = &["prefix", "country", "state", "lata", "ocn", "tier", "rate_center"];

fn number_blocks(plan: &Plan, rows: &mut TextRows) {
    for NumberBlock { prefix, country, state, lata, ocn, tier, rate_center } in &plan.numbering {
        rows.value(prefix).value(country).value(state).value(lata).value(ocn).value(tier);
        rows.value(rate_center).end();
    }
}

const LOCAL_PAIR: &[&str] = &["state_a", "rate_center_a", "state_b", "rate_center_b"];

fn local_pairs(plan: &Plan, rows: &mut TextRows) {
    for LocalPair { state_a, rate_center_a, state_b, rate_center_b } in &plan.local_calling {
        rows.value(state_a).value(rate_center_a).value(state_b).value(rate_center_b).end();
    }
}

fn currency_rates(plan: &Plan, rows: &mut TextRows) {
    for CurrencyRate { currency, from, rate } in &plan.currency_rates {
        rows.value(currency).instant(Some(*from)).value(rate.0).end();
    }
}

const SETTINGS: &[&str] = &[
    "only_row",
    "name",
    "currency",
    "reference_duration_sec",
    "default_partition",
    "use_ani_lrn",
    "max_duration_sec",
    "dial_timeout_sec",
    "hold_interval_sec",
    "when_table_full",
    "emergency_numbers",
    "toll_free_npas",
    "premium_prefixes",
];

fn settings(plan: &Plan, rows: &mut TextRows) {
    let Settings {
        name,
        currency,
        reference_duration_sec,
        default_partition,
        use_ani_lrn,
        max_duration_sec,
        dial_timeout_sec,
        hold_interval_sec,
        when_table_full,
        emergency_numbers,
        // They have a table of their own.
        emergency_routes: _,
        toll_free_npas,
        premium_prefixes,
    } = &plan.settings;
    rows.value(true)
        .value(name)
        .value(currency)
        .value(reference_duration_sec)
        .nullable(default_partition.as_ref())
        .value(use_ani_lrn)
        .value(max_duration_sec)
        .value(dial_timeout_sec)
        .value(hold_interval_sec)
        .value(when_table_full.word())
        .array(emergency_numbers)
        .array(toll_free_npas)
        .array(premium_prefixes)
        .end();
}
