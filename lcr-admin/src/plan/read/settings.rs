//! `plan.toml`: what holds for the whole plan.

use rating_core::plan::Settings;

use super::Reader;
use super::fields::Fields;
use crate::plan::id::Kind;

/// Ranges and defaults of [`Settings`].
const REFERENCE_DURATION_SEC: u32 = 60;
const MAX_DURATION_SEC: u32 = 14_400;
const DIAL_TIMEOUT_SEC: u32 = 20;
/// Longest name of a plan, in bytes.
const NAME_LEN_MAX: usize = 255;

pub(crate) fn read(reader: &Reader) -> Settings {
    reader.toml("plan.toml", |fields| Some(settings(fields))).unwrap_or_else(empty)
}

fn settings(fields: &Fields) -> Settings {
    Settings {
        name: name(fields),
        currency: currency(fields),
        reference_duration_sec: fields
            .number_u32("reference_duration_sec", 1..=86_400)
            .unwrap_or(REFERENCE_DURATION_SEC),
        default_partition: fields.reference("default_partition", Kind::Partition),
        use_ani_lrn: fields.flag("use_ani_lrn", false),
        max_duration_sec: fields.number_u32("max_duration_sec", 1..=604_800).unwrap_or(MAX_DURATION_SEC),
        dial_timeout_sec: fields.number_u32("dial_timeout_sec", 1..=300).unwrap_or(DIAL_TIMEOUT_SEC),
        ..Default::default()
    }
}

fn name(fields: &Fields) -> String {
    let Some(name) = fields.need_text("name", "the plan's name") else { return String::new() };
    if name.value.len() > NAME_LEN_MAX {
        fields.reader.problems.error(&name.at, "a name too long", format!("at most {NAME_LEN_MAX} bytes"));
    }
    name.value
}

fn currency(fields: &Fields) -> String {
    let rule = "an ISO 4217 code, three capitals such as USD";
    let Some(code) = fields.need_text("currency", rule) else { return String::new() };
    if code.value.len() != 3 || !code.value.bytes().all(|byte| byte.is_ascii_uppercase()) {
        fields.reader.problems.error(&code.at, format!("currency {:?}", code.value), rule);
    }
    code.value
}

/// Stands in where `plan.toml` cannot be read; the mistake is noted by then.
fn empty() -> Settings {
    Settings {
        name: String::new(),
        currency: String::new(),
        reference_duration_sec: REFERENCE_DURATION_SEC,
        default_partition: None,
        use_ani_lrn: false,
        max_duration_sec: MAX_DURATION_SEC,
        dial_timeout_sec: DIAL_TIMEOUT_SEC,
        ..Default::default()
    }
}
