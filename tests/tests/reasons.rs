//! One table of reasons, `rating_core::reject`, and every other place against it: the list that was published, the C
//! header, the SQL type, the page of the docs, the names that configurations and scenarios use.
//!
//! The Lua module makes its names from the table itself; its own test counts them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rating_core::reject::Reason;
use tandem_tests::lab::binaries::root;

/// What a reason does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// It refuses a call.
    Refuses,
    /// It drops a route.
    Drops,
    /// It drops a route, and refuses a call where nothing is left (2.11), or where a call as a whole fails it.
    Both,
}

use Does::{Both, Drops, Refuses};

/// Numbers and names as programs out there have them: rows are added at the end, none is changed or taken away. A
/// reason that retires stays here and loses its place in the table only.
const PUBLISHED: [(u8, &str, u16, Does); 36] = [
    (1, "unknown_trunk", 403, Refuses),
    (2, "account_suspended", 403, Refuses),
    (3, "trunk_disabled", 403, Refuses),
    (4, "invalid_number", 484, Refuses),
    (5, "invalid_ani", 503, Refuses),
    (6, "no_partition", 404, Refuses),
    (7, "dno", 603, Refuses),
    (8, "blocked_ani", 403, Refuses),
    (9, "blocked_dnis", 403, Refuses),
    (10, "destination_not_allowed", 403, Refuses),
    (11, "excluded", 403, Both),
    (12, "cps_exceeded", 503, Refuses),
    (13, "concurrency_exceeded", 503, Refuses),
    (14, "volume_exceeded", 503, Refuses),
    (15, "spend_exceeded", 503, Refuses),
    (16, "insufficient_balance", 402, Both),
    (17, "loop_detected", 482, Refuses),
    (18, "target_concurrency_exceeded", 503, Both),
    (19, "target_cps_exceeded", 503, Both),
    (20, "target_volume_exceeded", 503, Both),
    (21, "target_spend_exceeded", 503, Both),
    (22, "over_rate_limit", 503, Both),
    (23, "margin_protected", 503, Both),
    (24, "no_sell_rate", 503, Both),
    (25, "no_route", 503, Refuses),
    (26, "call_table_full", 503, Refuses),
    (27, "disabled", 503, Drops),
    (28, "overridden", 503, Drops),
    (29, "loop", 503, Drops),
    (30, "ani_class", 503, Drops),
    (31, "traffic_class", 503, Drops),
    (32, "no_rate", 503, Drops),
    (33, "blocked_row", 503, Drops),
    (34, "low_quality", 503, Drops),
    (35, "no_gateway", 503, Drops),
    (36, "beyond_max_results", 503, Drops),
];

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn in_table() -> BTreeMap<u8, String> {
    Reason::ALL.iter().map(|reason| (reason.number(), reason.name().to_owned())).collect()
}

#[test]
fn the_table_is_what_was_published() {
    let published: BTreeMap<u8, String> =
        PUBLISHED.iter().map(|(number, name, ..)| (*number, (*name).to_owned())).collect();
    assert_eq!(published.len(), PUBLISHED.len(), "no number is used twice");
    assert_eq!(published.keys().copied().collect::<Vec<_>>(), (1..=36).collect::<Vec<u8>>());
    for reason in Reason::ALL {
        let (number, name) = (reason.number(), reason.name());
        assert_eq!(
            published.get(&number).map(String::as_str),
            Some(name),
            "reason {number}: a published number keeps its name; a new one is added to PUBLISHED"
        );
        assert_eq!(Reason::from_number(number), Some(*reason));
    }
    assert_eq!(Reason::from_number(0), None);
}

#[test]
fn r2_11_default_sip_answers() {
    for reason in Reason::ALL {
        let (.., sip_code, _) = PUBLISHED[usize::from(reason.number()) - 1];
        assert_eq!(reason.sip_code(), sip_code, "{reason}");
    }
}

#[test]
fn c_has_the_same_numbers() {
    let header = read("kamailio-ffi/include/tandem.h");
    let constants = header.lines().filter_map(|line| {
        let (name, number) = line.trim().strip_prefix("TANDEM_REASON_")?.split_once(" = ")?;
        Some((number.trim_end_matches(',').parse().expect("a number"), name.to_ascii_lowercase()))
    });
    let mut constants: BTreeMap<u8, String> = constants.collect();
    assert_eq!(constants.remove(&0).as_deref(), Some("none"), "0 is no reason");
    assert_eq!(constants, in_table(), "kamailio-ffi/src/reason.rs, then `make header`");
}

/// The labels of a type after all migrations: as created, and as added.
fn sql_labels(type_name: &str) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(root().join("sql/migrations"))
        .expect("migrations")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut labels = Vec::new();
    for file in files {
        let text = read(&file);
        for statement in text.split(';') {
            let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            let creates = words.contains(&format!("CREATE TYPE {type_name} AS ENUM"));
            let adds = words.contains(&format!("ALTER TYPE {type_name} ADD VALUE"));
            assert!(!words.contains(&format!("ALTER TYPE {type_name} RENAME")), "a name stays: {words}");
            assert!(!(adds && words.contains(" BEFORE ")), "a new one comes at the end: {words}");
            if creates || adds {
                labels.extend(words.split('\'').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    labels
}

#[test]
fn sql_has_the_same_names_in_the_same_order() {
    let published: Vec<&str> = PUBLISHED.iter().map(|(_, name, ..)| *name).collect();
    assert_eq!(sql_labels("reject_reason"), published);
}

/// The Rust table's own words on each reason: what it says of it, less the rule, and the rule.
fn descriptions() -> BTreeMap<u8, (String, String)> {
    let source = read("rating-core/src/reject.rs");
    let mut said = String::new();
    let mut found = BTreeMap::new();
    let table = source.split("\nreasons! {").nth(1).and_then(|text| text.split("\n}\n").next());
    for line in table.expect("the table").lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            said = format!("{said} {text}");
        } else if let Some((_, rest)) = line.split_once(" = ") {
            let number = rest.split(',').next().and_then(|text| text.parse().ok()).expect("a number");
            let text = std::mem::take(&mut said).trim().trim_end_matches('.').to_owned();
            let split = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
            let (text, rule) = split.map_or((text.as_str(), "–"), |(text, rule)| (text, rule));
            found.insert(number, (text.to_owned(), rule.to_owned()));
        }
    }
    found
}

fn page() -> String {
    let mut page = "# Reasons\n\n\
        Why a call is refused, or a route dropped. One number, one name, the same in Rust, C (`TANDEM_REASON_…`), Lua,\n\
        SQL (`reject_reason`), JSON, call records and metrics. Numbers are only ever added; one that retires is not used\n\
        again. The SIP code is the default answer to a call refused for this reason; a reason that only drops routes\n\
        refuses no call: where no route is left, rule 2.11 names the reject.\n\n\
        Written from `rating-core/src/reject.rs` by `make reasons`; a test compares.\n\n\
        | number | name | SIP | refuses a call | drops a route | what it says | rule |\n\
        |---:|---|---|---|---|---|---|\n"
        .to_owned();
    let descriptions = descriptions();
    for (number, name, sip_code, does) in PUBLISHED {
        let (text, rule) =
            descriptions.get(&number).cloned().unwrap_or_else(|| ("retired".to_owned(), "–".to_owned()));
        let sip = if does == Drops { "–".to_owned() } else { sip_code.to_string() };
        let yes = |is: bool| if is { "yes" } else { "" };
        let (refuses, drops) = (yes(does != Drops), yes(does != Refuses));
        page += &format!("| {number} | `{name}` | {sip} | {refuses} | {drops} | {text} | {rule} |\n");
    }
    page
}

#[test]
fn the_page_says_what_the_table_says() {
    assert_eq!(descriptions().len(), Reason::ALL.len(), "each reason says what it is");
    let page = page();
    if std::env::var_os("TANDEM_WRITE_REASONS").is_some() {
        fs::write(root().join("docs/REASONS.md"), &page).expect("docs/ is writable");
    }
    assert!(
        read("docs/REASONS.md") == page,
        "docs/REASONS.md is not what the source says: run `make reasons`"
    );
}

/// `reason = "…"` of the scenarios, and the names that the configurations compare with.
#[test]
fn scenarios_and_configurations_use_names_that_there_are() {
    let is_known = |name: &str| Reason::ALL.iter().any(|reason| reason.name() == name);
    let mut seen = 0;
    let folders = fs::read_dir(root().join("tests/scenarios")).expect("scenarios").flatten();
    for file in folders.map(|folder| folder.path().join("scenario.toml")).filter(|file| file.exists()) {
        for line in read(&file).lines() {
            let Some(name) = line.trim().strip_prefix("reason = \"").and_then(|rest| rest.split('"').next())
            else {
                continue;
            };
            assert!(is_known(name), "{}: {name}", file.display());
            seen += 1;
        }
    }
    let lua = read("kamailio-cfg/wholesale.lua");
    for compared in ["reason == \"", "reason ~= \""] {
        for name in lua.split(compared).skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(is_known(name), "wholesale.lua: {name}");
            seen += 1;
        }
    }
    assert!(seen >= 2, "names are found where they are used");
}
