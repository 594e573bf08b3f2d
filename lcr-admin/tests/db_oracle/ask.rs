//! Asks `decide_call` of PostgreSQL, and says its answer in the words of the naive model.

use postgres::types::ToSql;
use postgres::{Client, Row, Statement};
use rating_core::money::Nano;
use rating_core::plan::AniClass;
use rating_core::reject::Reason;
use tandem_tests::model::{Answer, Call, Facts, Jurisdiction, Kept, Lrn, Origin};

/// One row for each route, or one without a route.
const QUERY: &str = "
    SELECT d.reason::text, d.trunk, d.account, d.partition, d.jurisdiction, d.ani, d.dnis, d.ani_lrn, d.dnis_lrn,
        d.ani_state, d.state, d.ocn, d.lata, d.emergency,
        r.route, r.gateways, r.matched_by, length(r.prefix) AS prefix_digits, r.deck_version, r.rate_nano::bigint,
        r.cost_nano::bigint, r.customer_rate_nano::bigint, r.price_nano::bigint, r.reason::text AS dropped
    FROM decide_call(
        at_in => timestamptz 'epoch' + $1::bigint * interval '1 microsecond',
        source_in => $2::text::inet, user_in => $3, trunk_in => $4, account_in => $5, call_id_in => $6,
        ani_in => $7, prefix_in => $8, lrn_in => $9, lrn_dipped_in => $10, ani_lrn_in => $11, ani_lrn_dipped_in => $12,
        machineid_in => $13, ratelimit_in => $14::bigint * 0.000000001, max_results => $15, effectivezone_in => $16,
        ocn_in => $17, lata_in => $18, state_in => $19, ani_class_in => $20, cic_in => $21) AS d
    LEFT JOIN LATERAL unnest(d.routes) WITH ORDINALITY AS r ON true
    ORDER BY r.ordinality";

/// A database that answers.
pub struct Oracle {
    client: Client,
    query: Statement,
}

impl Oracle {
    /// Prepares the question.
    pub fn new(mut client: Client) -> Oracle {
        client.batch_execute("SET jit = off").unwrap();
        let query = client.prepare(QUERY).unwrap();
        Oracle { client, query }
    }

    /// What the database says to a call.
    pub fn ask(&mut self, call: &Call) -> Answer {
        let at_us = call.at_ns.div_euclid(1000);
        let [source, user, trunk, account] = origin(&call.origin);
        let call_id = String::from_utf8(call.call_id.clone()).unwrap();
        let (lrn, lrn_is_dipped) = lrn(call.dnis_lrn.as_ref());
        let (ani_lrn, ani_lrn_is_dipped) = self::lrn(call.ani_lrn.as_ref());
        let rate_limit = call.rate_limit_per_min.map(|limit| limit.0);
        let max_results = call.max_results.map(|max| i32::try_from(max).unwrap());
        let zone = call.zone.map(Jurisdiction::name);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let ocn = call.ocn.map(|ocn| text(&ocn));
        let lata = call.lata.map(|lata| lata.to_string());
        let state = call.state.map(|state| text(&state));
        let class = call.ani_class.map(class_name);
        let cic = call.cic.map(|cic| text(&cic));
        let parameters: [&(dyn ToSql + Sync); 21] = [
            &at_us,
            &source,
            &user,
            &trunk,
            &account,
            &call_id,
            &call.ani,
            &call.dnis,
            &lrn,
            &lrn_is_dipped,
            &ani_lrn,
            &ani_lrn_is_dipped,
            &call.partition,
            &rate_limit,
            &max_results,
            &zone,
            &ocn,
            &lata,
            &state,
            &class,
            &cic,
        ];
        answer(&self.client.query(&self.query, &parameters).unwrap())
    }
}

/// Source, user, trunk, account: the one that is given.
fn origin(origin: &Origin) -> [Option<String>; 4] {
    match origin.clone() {
        Origin::Source(address) => [Some(address.to_string()), None, None, None],
        Origin::User(user) => [None, Some(user), None, None],
        Origin::Trunk(trunk) => [None, None, Some(trunk), None],
        Origin::Account(account) => [None, None, None, Some(account)],
    }
}

fn lrn(lrn: Option<&Lrn>) -> (Option<&str>, bool) {
    (lrn.map(|lrn| lrn.text.as_str()), lrn.is_none_or(|lrn| lrn.dipped))
}

fn class_name(class: AniClass) -> &'static str {
    match class {
        AniClass::Dom => "DOM",
        AniClass::DomTf => "DOMTF",
        AniClass::Intl => "INTL",
    }
}

fn reason(name: Option<String>) -> Option<Reason> {
    let name = name?;
    Some(*Reason::ALL.iter().find(|reason| reason.name() == name).unwrap())
}

fn text(row: &Row, column: &str) -> String {
    row.get::<_, Option<String>>(column).unwrap_or_default()
}

fn answer(rows: &[Row]) -> Answer {
    let call = rows.first().expect("decide_call gives one row");
    let mut answer = Answer {
        reject: reason(call.get("reason")),
        facts: facts(call),
        emergency: call.get("emergency"),
        ..Answer::default()
    };
    for row in rows {
        let Some(route) = row.get::<_, Option<String>>("route") else { continue };
        if let Some(reason) = reason(row.get("dropped")) {
            answer.dropped.insert(route, reason);
            continue;
        }
        let gateways: Vec<String> = row.get("gateways");
        answer.legs.extend(gateways.into_iter().map(|gateway| (route.clone(), gateway)));
        answer.kept.push(kept(row, route));
    }
    answer
}

fn facts(row: &Row) -> Facts {
    let zone: Option<String> = row.get("jurisdiction");
    Facts {
        trunk: row.get("trunk"),
        account: row.get("account"),
        partition: row.get("partition"),
        jurisdiction: zone.map(|name| *Jurisdiction::ALL.iter().find(|zone| zone.name() == name).unwrap()),
        ani: text(row, "ani"),
        dnis: text(row, "dnis"),
        ani_lrn: text(row, "ani_lrn"),
        dnis_lrn: text(row, "dnis_lrn"),
        ocn: text(row, "ocn"),
        lata: row.get::<_, Option<i64>>("lata").map_or(0, |lata| u32::try_from(lata).unwrap()),
        state: text(row, "state"),
        ani_state: text(row, "ani_state"),
    }
}

fn kept(row: &Row, route: String) -> Kept {
    let nano = |column: &str| Nano(row.get(column));
    let matched_by: Option<String> = row.get("matched_by");
    Kept {
        route,
        cost: nano("cost_nano"),
        price: nano("price_nano"),
        rate_per_min: nano("rate_nano"),
        customer_rate_per_min: nano("customer_rate_nano"),
        matched: match matched_by.as_deref() {
            None => 0,
            Some("ocn_lata") => 16,
            Some("ocn") => 17,
            Some("lata") => 18,
            Some("cic") => 19,
            Some(_) => u8::try_from(row.get::<_, i32>("prefix_digits")).unwrap(),
        },
        deck_version: u32::try_from(row.get::<_, i32>("deck_version")).unwrap(),
    }
}
