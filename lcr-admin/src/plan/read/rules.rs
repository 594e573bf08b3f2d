//! `overrides.toml` and `exclusions.toml`: what people decide by hand.

use rating_core::number::Digits;
use rating_core::plan::{Exclusion, ForcedMode, ForcedRoute, Override};

use super::Reader;
use super::fields::Fields;
use super::screening::e164_prefix;
use crate::plan::id::Kind;

pub(crate) const OVERRIDES: &str = "overrides.toml";
pub(crate) const EXCLUSIONS: &str = "exclusions.toml";

pub(crate) fn read_overrides(reader: &Reader) -> Vec<Override> {
    reader.toml(OVERRIDES, |file| file.tables("override").into_iter().map(override_rule).collect())
}

fn override_rule(fields: Fields) -> Override {
    let id = fields.need_id(Kind::Override);
    let (valid_from, valid_until) = fields.validity();
    let rule = Override {
        id,
        trunk: fields.reference("trunk", Kind::Trunk),
        account: fields.reference("account", Kind::Account),
        partition: fields.reference("partition", Kind::Partition),
        prefix: prefix(&fields),
        window: fields.schedule("window"),
        valid_from,
        valid_until,
        forced_route: forced_route(&fields),
        custom_rate_per_min: fields.amount("custom_rate_per_min"),
        bypass_lcr: fields.flag("bypass_lcr", false),
    };
    if !(fields.has("forced_route") || fields.has("custom_rate_per_min") || rule.bypass_lcr) {
        let found = format!("override `{}` changes nothing", rule.id);
        fields.refuse(&fields.at, found, "forced_route, custom_rate_per_min or bypass_lcr = true");
    }
    fields.finish();
    rule
}

/// The beginning of called numbers; or a short code, which may begin with 0.
fn prefix(fields: &Fields) -> Option<Digits> {
    let text = fields.text("prefix")?;
    let short = || Digits::new(text.value.as_bytes()).filter(|code| (1..=6).contains(&code.len()));
    let prefix = e164_prefix(&text.value).or_else(short);
    if prefix.is_none() {
        fields.refuse(
            &text.at,
            format!("`prefix` is {:?}", text.value),
            "1 to 15 digits of E.164, or a short code",
        );
    }
    prefix
}

fn forced_route(fields: &Fields) -> Option<ForcedRoute> {
    let mode = fields.choice::<ForcedMode>("forced_mode");
    let route = fields.reference("forced_route", Kind::Route);
    if let (None, Some((_, at))) = (&route, fields.item("forced_mode")) {
        fields.refuse(&at, "`forced_mode` without `forced_route`", "both, or neither");
    }
    Some(ForcedRoute { route: route?, mode: mode.unwrap_or_default() })
}

pub(crate) fn read_exclusions(reader: &Reader) -> Vec<Exclusion> {
    reader.toml(EXCLUSIONS, |file| file.tables("exclusion").into_iter().map(exclusion).collect())
}

fn exclusion(fields: Fields) -> Exclusion {
    let id = fields.need_id(Kind::Exclusion);
    let (valid_from, valid_until) = fields.validity();
    let rule = Exclusion {
        id,
        account: fields.reference("account", Kind::Account),
        provider: fields.reference("provider", Kind::Provider),
        prefixes: fields.prefixes("prefixes"),
        valid_from,
        valid_until,
        note: fields.text("note").map(|note| note.value).unwrap_or_default(),
    };
    if rule.provider.is_none() && rule.prefixes.is_empty() {
        let found = format!("exclusion `{}` has neither a provider nor prefixes", rule.id);
        fields.refuse(&fields.at, found, "provider, prefixes, or both");
    }
    fields.finish();
    rule
}
