//! The answer of `simulate` for people: what is known of the call, its routes in order, and those dropped.

use super::answer::{Answer, Dropped, Known, RouteAnswer, Verdict};
use crate::output::{self, say};

/// Prints a decided call.
pub(super) fn print(answer: &Answer) {
    print_facts(answer);
    match &answer.verdict {
        Verdict::Routed(routed) => {
            print_routes(&routed.routes, answer.people.duration_sec, &answer.people.currency);
            print_dropped(&routed.dropped);
        }
        Verdict::Rejected(rejected) => {
            let retry = rejected.retry_after_sec.map(|sec| format!(", would pass in {sec} s"));
            say!("rejected: {} (SIP {}{})", rejected.reason, rejected.sip_code, retry.unwrap_or_default());
            print_dropped(&rejected.dropped);
        }
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
    say!("call {} at {}", answer.call_id, people.at);
    say!("  {}{} -> {}{}", people.ani, state_of(ani_state), people.dnis, state_of(state));
    say!("  trunk {}, account {}, partition {}", or_dash(trunk), or_dash(account), or_dash(partition));
    say!(
        "  jurisdiction {}, LRN {}, OCN {}, LATA {}",
        jurisdiction.unwrap_or("-"),
        or_dash(dnis_lrn),
        or_dash(ocn),
        or_dash(lata)
    );
}

fn print_routes(routes: &[RouteAnswer], duration_sec: u32, currency: &str) {
    let cost = format!("cost of {duration_sec} s");
    let mut table = output::table(&[
        "#", "route", "provider", "prefix", "deck v", "rate", "customer", "margin", &cost, "price", "profit",
        "gateway", "time-out",
    ]);
    for (index, route) in routes.iter().enumerate() {
        table.add_row([
            &(index + 1).to_string(),
            &route.route,
            &route.provider,
            &route.prefix,
            &route.deck_version.to_string(),
            &route.rate,
            &route.customer_rate,
            &route.margin,
            &route.cost,
            &route.price,
            &route.profit,
            &route.dialstring,
            &format!("{} s", route.dial_timeout_sec),
        ]);
    }
    say!("{table}\namounts in {currency}; rate, customer and margin a minute");
}

fn print_dropped(dropped: &[Dropped]) {
    if dropped.is_empty() {
        return;
    }
    say!("dropped:");
    let width = dropped.iter().map(|one| one.route.len()).max().unwrap_or(0);
    for one in dropped {
        say!("  {:width$}  {}", one.route, one.reason);
    }
}
