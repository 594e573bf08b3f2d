//! `plan.toml`: what holds for the whole plan.

use rating_core::lerg::npa;
use rating_core::number::Digits;
use rating_core::plan::Settings;
use rating_core::snapshot::view::CALL_SEC_MAX;

use super::Reader;
use super::fields::Fields;
use super::values::CURRENCY_RULE;
use crate::plan::id::Kind;

/// Longest name of a plan, in bytes.
const NAME_LEN_MAX: usize = 255;

/// What is marked of the routes of emergency calls.
pub(crate) const EMERGENCY_ROUTES: &str = "emergency_routes";

pub(crate) fn read(reader: &Reader) -> Settings {
    reader.toml("plan.toml", |fields| Some(settings(fields))).unwrap_or_else(empty)
}

fn settings(fields: &Fields) -> Settings {
    let default = Settings::default();
    Settings {
        name: name(fields),
        currency: currency(fields),
        reference_duration_sec: fields
            .number_u32("reference_duration_sec", 1..=86_400)
            .unwrap_or(default.reference_duration_sec),
        default_partition: fields.reference("default_partition", Kind::Partition),
        use_ani_lrn: fields.flag("use_ani_lrn", default.use_ani_lrn),
        max_duration_sec: fields
            .number_u32("max_duration_sec", 1..=CALL_SEC_MAX)
            .unwrap_or(default.max_duration_sec),
        dial_timeout_sec: fields.number_u32("dial_timeout_sec", 1..=300).unwrap_or(default.dial_timeout_sec),
        hold_interval_sec: fields
            .number_u32("hold_interval_sec", 1..=86_400)
            .unwrap_or(default.hold_interval_sec),
        when_table_full: fields.choice("when_table_full").unwrap_or_default(),
        emergency_numbers: emergency_numbers(fields),
        emergency_routes: emergency_routes(fields),
        toll_free_npas: toll_free_npas(fields),
        premium_prefixes: fields.prefixes("premium_prefixes"),
    }
}

fn emergency_numbers(fields: &Fields) -> Vec<Digits> {
    const RULE: &str = "digits exactly as they are dialled, 2 to 15 of them, [\"911\", \"933\"]";
    let mut numbers = Vec::new();
    for text in fields.texts("emergency_numbers", RULE) {
        match Digits::new(text.value.as_bytes()).filter(|digits| digits.len() >= 2) {
            Some(number) => numbers.push(number),
            None => fields.refuse(&text.at, format!("{:?} in `emergency_numbers`", text.value), RULE),
        }
    }
    numbers
}

fn emergency_routes(fields: &Fields) -> Vec<String> {
    let routes = fields.texts("emergency_routes", "ids of routes, [\"a\", \"b\"]");
    let mut ids: Vec<String> = Vec::new();
    for route in routes {
        fields.reader.ids.refer(Kind::Route, &route.value, &route.at);
        fields.reader.ids.mark(EMERGENCY_ROUTES, &route.value, &route.at);
        if ids.contains(&route.value) {
            fields.refuse(&route.at, format!("route `{}` twice", route.value), "each once");
        }
        ids.push(route.value);
    }
    if let (true, Some((_, at))) = (ids.is_empty(), fields.item("emergency_numbers")) {
        fields.refuse(&at, "`emergency_numbers` without `emergency_routes`", "routes that carry these calls");
    }
    ids
}

fn toll_free_npas(fields: &Fields) -> Vec<u16> {
    let mut npas = Vec::new();
    for npa in fields.numbers("toll_free_npas", 200..=999) {
        let country = u32::try_from(npa.value).map(|code| npa::place(code).country).unwrap_or_default();
        if country != [0; 2] {
            let country = String::from_utf8_lossy(&country).into_owned();
            let found = format!("{} in `toll_free_npas`, an area code of {country}", npa.value);
            fields.refuse(&npa.at, found, "an area code of no country");
        }
        npas.extend(u16::try_from(npa.value).ok());
    }
    npas
}

fn name(fields: &Fields) -> String {
    let Some(name) = fields.need_text("name", "the plan's name") else { return String::new() };
    if name.value.len() > NAME_LEN_MAX {
        fields.reader.problems.error(&name.at, "a name too long", format!("at most {NAME_LEN_MAX} bytes"));
    }
    name.value
}

fn currency(fields: &Fields) -> String {
    if fields.need_text("currency", CURRENCY_RULE).is_none() {
        return String::new();
    }
    fields.currency("currency").map(|code| code.value).unwrap_or_default()
}

/// Stands in where `plan.toml` cannot be read; the mistake is noted by then.
fn empty() -> Settings {
    Settings { currency: String::new(), ..Settings::default() }
}
