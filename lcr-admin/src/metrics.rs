//! A look at a node as Prometheus reads it: the OpenMetrics text format. `docs/METRICS.md` lists every metric.
//!
//! Names do not change; reasons have the names that they have everywhere.

use std::fmt::Error;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use rating_core::reject::Reason;
use rating_node::latency::Latency;
use rating_node::quality::{Figures, WINDOWS_MIN};

use crate::look::Look;

/// The content type of what [`text`] makes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A look as text.
///
/// # Errors
/// If it cannot be written, which a string always can.
pub fn text(look: Look) -> anyhow::Result<String> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Exposition(look)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Exposition(Look);

impl Collector for Exposition {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let (mut page, look) = (Page(encoder), &self.0);
        calls(&mut page, look)?;
        node(&mut page, look)?;
        limits(&mut page, look)?;
        routes(&mut page, look)?;
        page.histogram("tandem_decision_duration_seconds", "Time that decisions took", &look.latency)
    }
}

/// What is written to.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter(&mut self, name: &str, help: &str, value: u64) -> Result<(), Error> {
        let metric = ConstCounter::new(value);
        metric.encode(self.0.encode_descriptor(name, help, None, MetricType::Counter)?)
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) -> Result<(), Error> {
        let metric = ConstGauge::new(value);
        metric.encode(self.0.encode_descriptor(name, help, None, MetricType::Gauge)?)
    }

    fn counters<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl Iterator<Item = (L, u64)>,
    ) -> Result<(), Error> {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn gauges<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl Iterator<Item = (L, f64)>,
    ) -> Result<(), Error> {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    /// One bucket for each power of two from 64 ns on, and one for all that is longer than the last.
    fn histogram(&mut self, name: &str, help: &str, latency: &Latency) -> Result<(), Error> {
        let ends = latency.cumulative().filter(|(end_ns, _)| end_ns.is_power_of_two() && *end_ns >= 64);
        let (mut buckets, mut below) = (Vec::new(), 0);
        for (end_ns, count) in ends.filter(|(end_ns, _)| *end_ns <= LONGEST_NS) {
            buckets.push((end_ns as f64 / 1e9, count - below));
            below = count;
        }
        buckets.push((f64::INFINITY, latency.count() - below));
        let sum = latency.sum_ns() as f64 / 1e9;
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(sum, latency.count(), &buckets, None)
    }
}

/// The last bucket of the histogram that has an end: 2^30 ns, a second.
const LONGEST_NS: u64 = 1 << 30;

fn calls(page: &mut Page<'_>, look: &Look) -> Result<(), Error> {
    let stats = &look.stats;
    page.counter("tandem_calls_admitted", "Calls admitted since the state was made", stats.admitted)?;
    let count =
        |reason: Reason| stats.rejected.iter().find(|(one, _)| *one == reason).map_or(0, |found| found.1);
    let rejected = Reason::ALL.iter().map(|reason| ([("reason", reason.name())], count(*reason)));
    page.counters("tandem_calls_rejected", "Calls rejected since then, by reason", rejected)?;
    page.counter("tandem_emergency_calls", "Emergency calls among both", stats.emergency_calls)?;
    let help =
        "Calls refused without a record: the call table was full, or half full and they came from strangers";
    page.counter("tandem_calls_unrecorded", help, stats.unrecorded)?;
    let help = "Records of ended calls that were dropped, because the table was full and the plan says so";
    page.counter("tandem_records_dropped", help, stats.records_dropped)?;
    let help = "Panics in libtandem that were caught: each is a bug, and the call was answered with 500";
    page.counter("tandem_panics", help, stats.panics)?;
    let help = "Calls decided after the end of the last snapshot of the set";
    page.counter("tandem_late_decisions", help, stats.late_decisions)?;
    let states = [("in_setup", stats.in_setup), ("answered", stats.answered), ("ended", stats.ended)];
    let states = states.into_iter().map(|(state, count)| ([("state", state)], f64::from(count)));
    page.gauges("tandem_calls", "Calls in the call table; ended ones wait to be written", states)?;
    page.gauge("tandem_calls_max", "Most calls that the call table holds", f64::from(stats.calls_max))
}

fn node(page: &mut Page<'_>, look: &Look) -> Result<(), Error> {
    let stats = &look.stats;
    page.counter("tandem_records_written", "Records written to segments", stats.records_written)?;
    let help = "New generations that a process could not map";
    page.counter("tandem_refresh_failures", help, stats.refresh_failures)?;
    page.gauge("tandem_snapshot_generation", "The newest snapshot's generation", stats.generation as f64)?;
    if let Some(until) = stats.snapshots_until_utc_sec {
        let help = "When the live set of snapshots ends";
        page.gauge("tandem_snapshots_until_timestamp_seconds", help, until as f64)?;
    }
    let help = "1 if the snapshot file that was tried last was refused: what is live is older";
    page.gauge("tandem_snapshot_refused", help, f64::from(u8::from(stats.is_snapshot_refused)))?;
    let help = "When the agent last looked after the node; 0 is never";
    page.gauge("tandem_agent_last_round_timestamp_seconds", help, look.agent_seen_ns as f64 / 1e9)?;
    let alive = look.alive.into_iter().flat_map(|alive| [("worker", alive.workers), ("agent", alive.agents)]);
    let alive = alive.map(|(role, count)| ([("role", role)], f64::from(count)));
    page.gauges("tandem_processes", "Processes of the node that live", alive)
}

fn limits(page: &mut Page<'_>, look: &Look) -> Result<(), Error> {
    let of = |value: fn(&rating_node::watch::LimitUse) -> u64| {
        look.limits.iter().map(move |limit| {
            let labels = [
                ("scope", limit.scope.name()),
                ("owner", limit.owner.as_str()),
                ("dimension", limit.dimension()),
            ];
            (labels, value(limit) as f64)
        })
    };
    page.gauges("tandem_limit_used", "What is used of a limit of the plan", of(|limit| limit.used))?;
    page.gauges("tandem_limit_max", "The cap of a limit of the plan", of(|limit| limit.max))
}

fn routes(page: &mut Page<'_>, look: &Look) -> Result<(), Error> {
    let scores = look.routes.iter().map(|route| ([("route", route.route.as_str())], f64::from(route.score)));
    page.gauges("tandem_route_score", "The quality that decisions read", scores)?;
    let is_live = |route: &crate::look::NamedQuality| f64::from(u8::from(route.quality.published.is_some()));
    let lives = look.routes.iter().map(|route| ([("route", route.route.as_str())], is_live(route)));
    page.gauges("tandem_route_score_is_live", "1 if that is measured, 0 if it is the plan's", lives)?;
    let mut add = |name: &str, help: &str, value: fn(&Figures) -> Option<f64>| {
        let of = look.routes.iter().flat_map(|route| {
            let windows = WINDOWS.iter().zip(&route.quality.windows);
            windows.filter_map(move |(window, figures)| {
                Some(([("route", route.route.as_str()), ("window", *window)], value(figures)?))
            })
        });
        page.gauges(name, help, of)
    };
    add("tandem_route_attempts", "Legs answered or failed in the window", |found| {
        Some(found.attempts as f64)
    })?;
    let asr = |found: &Figures| found.asr_permille().map(|permille| permille as f64 / 1e3);
    add("tandem_route_asr_ratio", "Answer-seizure ratio in the window", asr)?;
    let acd = |found: &Figures| found.acd_sec().map(|sec| sec as f64);
    add("tandem_route_acd_seconds", "Average duration of calls that ended in the window", acd)?;
    let pdd = |found: &Figures| found.pdd_ms().map(|ms| ms as f64 / 1e3);
    add("tandem_route_pdd_seconds", "Average time until legs rang in the window", pdd)
}

/// The windows as labels.
const WINDOWS: [&str; WINDOWS_MIN.len()] = ["5m", "15m", "60m"];
