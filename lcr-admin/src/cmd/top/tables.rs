//! A look as rows of text, the same on the screen and on paper; and as JSON.

use rating_core::limit::Dimension;
use rating_core::money::Nano;
use rating_node::quality::{Figures, WINDOWS_MIN};
use rating_node::watch::LimitUse;
use serde_json::{Value, json};

use crate::look::{Look, NamedQuality};
use crate::output::thousands;

/// One row.
pub(super) type Row = Vec<String>;

/// A table: title, header, rows.
pub(super) type Shown<'a> = (&'a str, &'a [&'a str], &'a [Row]);

/// An agent that is silent for longer is away.
const AGENT_AWAY_SEC: i64 = 5;

const NODE: &[&str] = &["node", ""];
const REJECTS: &[&str] = &["reason", "calls", "a second"];
const LIMITS: &[&str] = &["scope", "owner", "limit", "used", "cap", "%"];
const ROUTES: &[&str] =
    &["route", "score", "from", "attempts 5/15/60 min", "ASR % 5/15/60", "ACD s 5/15/60", "PDD s 5/15/60"];

/// What is shown.
#[derive(Debug)]
pub(super) struct Tables {
    /// What the node does: name and value.
    pub node: Vec<Row>,
    /// Rejects by reason, the most frequent first.
    pub rejects: Vec<Row>,
    /// Limits, the fullest first.
    pub limits: Vec<Row>,
    /// Routes by name.
    pub routes: Vec<Row>,
}

impl Tables {
    /// The tables of a look; what is told a second is since the look before.
    pub fn of(look: &Look, before: &Look) -> Tables {
        let mut rejected = look.stats.rejected.clone();
        rejected.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), reason.number()));
        let reject = |(reason, count): &(rating_core::reject::Reason, u64)| {
            let of = |look: &Look| {
                look.stats.rejected.iter().find(|(one, _)| one == reason).map_or(0, |(_, count)| *count)
            };
            vec![reason.name().to_owned(), thousands(*count), rate(look.per_sec(before, of))]
        };
        let mut limits: Vec<_> = look.limits.iter().collect();
        limits.sort_by_key(|limit| std::cmp::Reverse(permille(limit)));
        Tables {
            node: node(look, before),
            rejects: rejected.iter().map(reject).collect(),
            limits: limits.into_iter().map(limit_row).collect(),
            routes: look.routes.iter().map(route_row).collect(),
        }
    }

    /// All of them, in order.
    pub fn all(&self) -> [Shown<'_>; 4] {
        [
            ("Node", NODE, &self.node),
            ("Rejects", REJECTS, &self.rejects),
            ("Limits", LIMITS, &self.limits),
            ("Routes", ROUTES, &self.routes),
        ]
    }
}

fn node(look: &Look, before: &Look) -> Vec<Row> {
    let stats = &look.stats;
    let recent = look.latency.since(&before.latency);
    let latency = if recent.count() > 0 { &recent } else { &look.latency };
    let micros =
        |permille| latency.quantile_ns(permille).map_or("-".into(), |ns| format!("{:.1}", ns as f64 / 1e3));
    let of_decided = |count: fn(&Look) -> u64| rate(look.per_sec(before, count));
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    vec![
        row("calls a second", of_decided(Look::decided)),
        row("admitted a second", of_decided(|look| look.stats.admitted)),
        row("rejected a second", of_decided(Look::rejected)),
        row(
            "calls held",
            format!(
                "{} ({} in set-up, {} answered) of {}",
                thousands(stats.calls_held().into()),
                thousands(stats.in_setup.into()),
                thousands(stats.answered.into()),
                thousands(stats.calls_max.into())
            ),
        ),
        row("ended, not written yet", thousands(stats.ended.into())),
        row("admitted", thousands(stats.admitted)),
        row("rejected", thousands(look.rejected())),
        row("emergency calls", thousands(stats.emergency_calls)),
        row("refused without a record", thousands(stats.unrecorded)),
        row("records dropped", thousands(stats.records_dropped)),
        row("decision, µs p50 / p99", format!("{} / {}", micros(500), micros(990))),
        row("snapshot generation", snapshot(look)),
        row("workers", look.alive.map_or("-".into(), |alive| alive.workers.to_string())),
        row("agent", agent(look)),
    ]
}

fn snapshot(look: &Look) -> String {
    let stats = &look.stats;
    match stats.snapshots_until_utc_sec {
        Some(until) if until.saturating_mul(1_000_000_000) <= look.now.utc_ns => {
            format!(
                "{}, ALARM: its end is over; {} calls decided since",
                stats.generation, stats.late_decisions
            )
        }
        Some(until) => {
            let until = jiff::Timestamp::from_second(until).map_or("-".into(), |until| until.to_string());
            format!("{}, good until {until}", stats.generation)
        }
        None => stats.generation.to_string(),
    }
}

fn agent(look: &Look) -> String {
    match look.agent_silent_sec() {
        None => "ALARM: never seen".to_owned(),
        Some(silent_sec) if silent_sec > AGENT_AWAY_SEC => format!("ALARM: away for {silent_sec} s"),
        Some(_) => "at work".to_owned(),
    }
}

/// How full a limit is, in thousandths.
fn permille(limit: &LimitUse) -> u64 {
    limit.used.saturating_mul(1000).checked_div(limit.max).unwrap_or(1000)
}

fn limit_row(limit: &LimitUse) -> Row {
    let tenths = permille(limit);
    vec![
        limit.scope.name().to_owned(),
        limit.owner.clone(),
        name_of(limit),
        amount(limit, limit.used),
        amount(limit, limit.max),
        format!("{}.{}", tenths / 10, tenths % 10),
    ]
}

/// The limit as the plan's author knows it: a CPS limit with its rate, what is used of it being its burst.
fn name_of(limit: &LimitUse) -> String {
    match limit.limit.dimension {
        Dimension::Cps(gcra) => format!("burst of {} cps", rate(1e9 / gcra.interval_ns.max(1) as f64)),
        Dimension::Minutes { .. } => "minutes per month".to_owned(),
        Dimension::Spend { .. } => "spend per day".to_owned(),
        _ => limit.dimension().replace('_', " "),
    }
}

fn amount(limit: &LimitUse, count: u64) -> String {
    match limit.limit.dimension {
        Dimension::Minutes { .. } => format!("{}:{:02}", count / 60, count % 60),
        Dimension::Spend { .. } => {
            Nano(i64::try_from(count.saturating_mul(1_000)).unwrap_or(i64::MAX)).to_string()
        }
        _ => thousands(count),
    }
}

fn route_row(route: &NamedQuality) -> Row {
    let three = |of: &dyn Fn(&Figures) -> String| {
        route.quality.windows.iter().map(of).collect::<Vec<_>>().join(" / ")
    };
    let tenths =
        |found: Option<u64>| found.map_or("-".to_owned(), |found| format!("{}.{}", found / 10, found % 10));
    vec![
        route.route.clone(),
        route.score.to_string(),
        if route.quality.published.is_some() { "live" } else { "plan" }.to_owned(),
        three(&|figures| thousands(figures.attempts)),
        three(&|figures| tenths(figures.asr_permille())),
        three(&|figures| figures.acd_sec().map_or("-".to_owned(), |sec| sec.to_string())),
        three(&|figures| tenths(figures.pdd_ms().map(|ms| ms / 100))),
    ]
}

fn rate(per_sec: f64) -> String {
    format!("{per_sec:.1}")
}

/// A look as one JSON object.
pub(super) fn json_of(look: &Look, before: &Look) -> Value {
    let stats = &look.stats;
    let rejected: serde_json::Map<_, _> =
        stats.rejected.iter().map(|(reason, count)| (reason.name().to_owned(), json!(count))).collect();
    let limits: Vec<_> = look.limits.iter().map(limit_json).collect();
    let routes: Vec<_> = look.routes.iter().map(route_json).collect();
    json!({
        "calls_per_sec": look.per_sec(before, Look::decided),
        "admitted_per_sec": look.per_sec(before, |look| look.stats.admitted),
        "rejected_per_sec": look.per_sec(before, Look::rejected),
        "in_setup": stats.in_setup,
        "answered": stats.answered,
        "ended": stats.ended,
        "calls_max": stats.calls_max,
        "admitted": stats.admitted,
        "rejected": rejected,
        "emergency_calls": stats.emergency_calls,
        "unrecorded": stats.unrecorded,
        "records_dropped": stats.records_dropped,
        "records_written": stats.records_written,
        "refresh_failures": stats.refresh_failures,
        "is_snapshot_refused": stats.is_snapshot_refused,
        "late_decisions": stats.late_decisions,
        "generation": stats.generation,
        "snapshots_until_utc_sec": stats.snapshots_until_utc_sec,
        "decision_ns_p50": look.latency.quantile_ns(500),
        "decision_ns_p99": look.latency.quantile_ns(990),
        "workers": look.alive.map(|alive| alive.workers),
        "agents": look.alive.map(|alive| alive.agents),
        "agent_silent_sec": look.agent_silent_sec(),
        "limits": limits,
        "routes": routes,
    })
}

fn limit_json(limit: &LimitUse) -> Value {
    json!({
        "scope": limit.scope.name(), "owner": limit.owner, "dimension": limit.dimension(),
        "used": limit.used, "max": limit.max,
    })
}

fn route_json(route: &NamedQuality) -> Value {
    let windows: serde_json::Map<_, _> = WINDOWS_MIN
        .iter()
        .zip(&route.quality.windows)
        .map(|(minutes, figures)| {
            let value = json!({
                "attempts": figures.attempts, "answered": figures.answered,
                "asr_permille": figures.asr_permille(), "acd_sec": figures.acd_sec(), "pdd_ms": figures.pdd_ms(),
            });
            (format!("{minutes}m"), value)
        })
        .collect();
    json!({
        "route": route.route, "score": route.score, "is_live": route.quality.published.is_some(), "windows": windows,
    })
}
