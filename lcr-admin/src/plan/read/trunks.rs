//! `trunks.toml`: how calls come in.

use rating_core::number::Digits;
use rating_core::plan::{DialRule, Network, Trunk};
use rating_core::snapshot::layout::DIALLED_PREFIX_LEN_MAX;

use super::Reader;
use super::accounts::partitions;
use super::fields::Fields;
use super::values;
use crate::plan::id::Kind;

/// Longest digest user, in bytes.
const USER_LEN_MAX: usize = 255;

pub(crate) fn read_trunks(reader: &Reader) -> Vec<Trunk> {
    reader.toml("trunks.toml", |file| file.tables("trunk").into_iter().map(trunk).collect())
}

fn trunk(fields: Fields) -> Trunk {
    let trunk = Trunk {
        id: fields.need_id(Kind::Trunk),
        account: fields.need_reference("account", Kind::Account).value,
        active: fields.flag("active", true),
        sources: sources(&fields),
        user: user(&fields),
        tech_prefix: tech_prefix(&fields),
        dial_rules: fields.tables("dial_rules").into_iter().map(dial_rule).collect(),
        provider: fields.reference("provider", Kind::Provider),
        screening: fields.screening(),
        ani_required: fields.flag("ani_required", false),
        trust_lrn: fields.flag("trust_lrn", false),
        partitions: partitions(&fields),
        limits: fields.limits(),
    };
    fields.finish();
    trunk
}

fn sources(fields: &Fields) -> Vec<Network> {
    let mut networks: Vec<Network> = Vec::new();
    for text in fields.texts("sources", "networks in quotes, [\"203.0.113.0/24\"]") {
        let Some(network) = values::network(&text, &fields.reader.problems) else { continue };
        if networks.contains(&network) {
            fields.reader.problems.error(&text.at, format!("source {} twice", text.value), "each once");
        }
        networks.push(network);
    }
    networks
}

fn user(fields: &Fields) -> Option<String> {
    let rule = "a digest user, 1 to 255 bytes without blanks at its ends";
    let user = fields.need_text_if_given("user", rule)?;
    if user.value.len() > USER_LEN_MAX || user.value.trim() != user.value {
        fields.refuse(&user.at, format!("`user` is {:?}", user.value), rule);
    }
    Some(user.value)
}

fn tech_prefix(fields: &Fields) -> String {
    let rule = "1 to 15 of 0-9 * #";
    let Some(prefix) = fields.need_text_if_given("tech_prefix", rule) else { return String::new() };
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'*' || byte == b'#';
    if prefix.value.len() > 15 || !prefix.value.bytes().all(plain) {
        fields.refuse(&prefix.at, format!("`tech_prefix` is {:?}", prefix.value), rule);
    }
    prefix.value
}

fn dial_rule(fields: Fields) -> DialRule {
    let rule = DialRule {
        prefix: dialled_prefix(&fields),
        len: fields.number("len", 1..=255).and_then(|len| u8::try_from(len.value).ok()),
        strip: fields.number("strip", 0..=255).and_then(|strip| u8::try_from(strip.value).ok()).unwrap_or(0),
        add: added_digits(&fields),
    };
    if let (Some(len), Some((_, at))) = (rule.len, fields.item("strip"))
        && rule.strip > len
    {
        fields.refuse(&at, format!("`strip` is {}", rule.strip), format!("at most `len`, {len}"));
    }
    fields.finish();
    rule
}

fn dialled_prefix(fields: &Fields) -> String {
    let Some(prefix) = fields.text("prefix") else { return String::new() };
    let digits = prefix.value.strip_prefix('+').unwrap_or(&prefix.value);
    if prefix.value.len() > DIALLED_PREFIX_LEN_MAX || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let rule = format!("digits, or + and digits, at most {DIALLED_PREFIX_LEN_MAX} characters");
        fields.refuse(&prefix.at, format!("`prefix` is {:?}", prefix.value), rule);
    }
    prefix.value
}

fn added_digits(fields: &Fields) -> Digits {
    let Some(add) = fields.text("add") else { return Digits::EMPTY };
    Digits::new(add.value.as_bytes()).unwrap_or_else(|| {
        fields.refuse(&add.at, format!("`add` is {:?}", add.value), "at most 15 digits");
        Digits::EMPTY
    })
}
