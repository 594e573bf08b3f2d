//! The answer of `simulate` for people: what is known of the call, every route and why it is where it is, the legs.

use comfy_table::CellAlignment;

use super::answer::{Answer, ForPeople, Known, RouteAnswer, Verdict};
use super::explain::{Explained, NOT_IN_PARTITION};
use super::figures::Figures;
use crate::output::{self, printable, say};

/// Prints a decided call.
pub(super) fn print(answer: &Answer) {
    print_facts(answer);
    if let Verdict::Rejected(rejected) = &answer.verdict {
        let retry = rejected.retry_after_sec.map(|sec| format!(", would pass in {sec} s"));
        say!("rejected: {} (SIP {}{})", rejected.reason, rejected.sip_code, retry.unwrap_or_default());
    }
    print_explanation(&answer.people);
    if let Verdict::Routed(routed) = &answer.verdict {
        print_legs(&routed.routes);
    }
    say!("");
}

fn print_facts(answer: &Answer) {
    let people = &answer.people;
    let Known { trunk, account, partition, jurisdiction, dnis_lrn, ocn, lata, state, ani_state } =
        &people.known;
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let state_of =
        |state: &Option<String>| state.as_ref().map(|state| format!(" ({state})")).unwrap_or_default();
    say!("call {} at {}", printable(&answer.call_id), people.at);
    let (ani, dnis) = (printable(&people.ani), printable(&people.dnis));
    say!("  {ani}{} -> {dnis}{}", state_of(ani_state), state_of(state));
    let strategy = people.strategy.map(|strategy| format!(" ({strategy})")).unwrap_or_default();
    say!(
        "  trunk {}, account {}, partition {}{strategy}",
        or_dash(trunk),
        or_dash(account),
        or_dash(partition)
    );
    say!(
        "  {}jurisdiction {}, class {}, LRN {}, OCN {}, LATA {}",
        if people.is_emergency { "emergency call, " } else { "" },
        jurisdiction.unwrap_or("-"),
        people.class.unwrap_or("-"),
        or_dash(dnis_lrn),
        or_dash(ocn),
        or_dash(lata)
    );
    if !people.overrides.is_empty() {
        say!("  by override: {}", people.overrides.join("; "));
    }
}

fn print_explanation(people: &ForPeople) {
    if people.routes.is_empty() {
        say!("no route was looked at");
        return;
    }
    let cost = format!("cost of {} s", people.duration_sec);
    let mut table = output::table(&[
        "#", "route", "provider", "why", "matched", "deck v", "rate", "customer", "margin", &cost, "price",
        "profit",
    ]);
    for route in &people.routes {
        table.add_row(row(route, people.is_emergency));
    }
    for column in table.column_iter_mut().skip(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    say!("{table}\namounts in {}; rate, customer and margin a minute", people.currency);
}

fn row(route: &Explained, is_emergency: bool) -> [String; 12] {
    let place = route.place.map(|place| place.to_string()).unwrap_or_default();
    let why = match route.reason {
        Some(NOT_IN_PARTITION) if is_emergency => "not for emergencies".to_owned(),
        Some(NOT_IN_PARTITION) => "not in partition".to_owned(),
        Some(reason) => reason.to_owned(),
        None => {
            let legs: Vec<String> = route.legs.iter().map(ToString::to_string).collect();
            let forced = if route.forced { ", forced" } else { "" };
            format!("{} {}{forced}", if legs.len() == 1 { "leg" } else { "legs" }, legs.join(", "))
        }
    };
    let mut cells = <[String; 12]>::default();
    cells[..4].clone_from_slice(&[place, route.route.clone(), route.provider.clone(), why]);
    if let Some(figures) = &route.figures {
        cells[4..].clone_from_slice(&cells_of(figures));
    }
    cells
}

fn cells_of(figures: &Figures) -> [String; 8] {
    let in_currency = |amount: &str, currency: &Option<String>| match currency {
        Some(code) => format!("{amount} {code}"),
        None => amount.to_owned(),
    };
    let version = if figures.deck_version == 0 { String::new() } else { figures.deck_version.to_string() };
    let [customer_rate, margin, price, profit] = match &figures.earned {
        Some(earned) => {
            let sold_in = &earned.customer_currency;
            // What is left of one currency is in that; of two, in the plan's.
            let left_in = if figures.currency == *sold_in { sold_in } else { &None };
            [
                in_currency(&earned.customer_rate, sold_in),
                in_currency(&earned.margin, left_in),
                in_currency(&earned.price, sold_in),
                in_currency(&earned.profit, left_in),
            ]
        }
        None => Default::default(),
    };
    [
        figures.prefix.clone(),
        version,
        in_currency(&figures.rate, &figures.currency),
        customer_rate,
        margin,
        in_currency(&figures.cost, &figures.currency),
        price,
        profit,
    ]
}

fn print_legs(legs: &[RouteAnswer]) {
    let width = legs.iter().map(|leg| leg.route.len()).max().unwrap_or(0);
    for (index, leg) in legs.iter().enumerate() {
        say!("leg {}  {:width$}  {}  {} s", index + 1, leg.route, leg.dialstring, leg.dial_timeout_sec);
    }
}
