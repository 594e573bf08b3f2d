//! `providers.toml`: carriers, what they sell, and where their calls go.

use rating_core::plan::{Gateway, Provider, ProviderKind, Route};
use rating_core::snapshot::layout::GATEWAYS_MAX;

use super::Reader;
use super::dial;
use super::fields::Fields;
use crate::plan::id::Kind;

const KIND_RULE: &str =
    "what its price lists are keyed by: lrn, dnis, international, ocn_lata, customer_trunk or rate_deck";

/// Providers, and the routes and gateways that stand below them.
type Carriers = (Vec<Provider>, Vec<Route>, Vec<Gateway>);

pub(crate) fn read(reader: &Reader) -> Carriers {
    reader.toml("providers.toml", |file| {
        let mut carriers = Carriers::default();
        for fields in file.tables("provider") {
            provider(fields, &mut carriers);
        }
        carriers
    })
}

fn provider(fields: Fields, carriers: &mut Carriers) {
    let id = fields.need_id(Kind::Provider);
    if !fields.has("kind") {
        fields.missing("kind", KIND_RULE);
    }
    carriers.0.push(Provider {
        id: id.clone(),
        active: fields.flag("active", true),
        kind: fields.choice("kind").unwrap_or(ProviderKind::Dnis),
        ij_policy: fields.choice("ij_policy").unwrap_or_default(),
        limits: fields.limits(),
        time_zone: fields.time_zone(),
        traffic: fields.choices("traffic"),
    });
    for below in fields.tables("route") {
        route(below, &id, carriers);
    }
    fields.finish();
}

fn route(fields: Fields, provider: &str, carriers: &mut Carriers) {
    let id = fields.need_id(Kind::Route);
    carriers.1.push(Route {
        id: id.clone(),
        provider: provider.to_owned(),
        deck: fields.reference("deck", Kind::Deck),
        active: fields.flag("active", true),
        quality: fields.number_i32("quality"),
        limits: fields.limits(),
        ani_classes: fields.choices("ani_classes"),
    });
    let gateways = fields.tables("gateway");
    if gateways.is_empty() {
        let found = format!("route `{id}` has no gateway: its calls are dropped, no_gateway");
        fields.reader.problems.warning(&fields.at, found);
    }
    if gateways.len() > GATEWAYS_MAX {
        let found = format!("{} gateways of route `{id}`", gateways.len());
        fields.refuse(&fields.at, found, format!("at most {GATEWAYS_MAX}"));
    }
    carriers.2.extend(gateways.into_iter().map(|below| gateway(below, &id)));
    fields.finish();
}

fn gateway(fields: Fields, route: &str) -> Gateway {
    let gateway = Gateway {
        id: fields.need_id(Kind::Gateway),
        route: route.to_owned(),
        dial_string: dial_string(&fields),
        priority: fields.number_i32("priority"),
        weight: fields.number_u32("weight", 0..=u32::MAX),
        active: fields.flag("active", true),
        latas: latas(&fields),
        limits: fields.limits(),
    };
    fields.finish();
    gateway
}

fn latas(fields: &Fields) -> Vec<u32> {
    let latas = fields.numbers("latas", 1..=99_999);
    latas.into_iter().filter_map(|lata| u32::try_from(lata.value).ok()).collect()
}

fn dial_string(fields: &Fields) -> String {
    let example = "a SIP URI such as sip:+${number}@gw1.example.com:5060";
    let Some(text) = fields.need_text("dial_string", example) else { return String::new() };
    if let Err(expected) = dial::check(&text.value) {
        fields.reader.problems.error(&text.at, format!("dial string {:?}", text.value), expected);
    }
    text.value
}
