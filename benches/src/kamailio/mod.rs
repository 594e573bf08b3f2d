//! What is measured inside Kamailio: a real one, with the library and the module of this source, over loopback only.

pub mod cpu;
pub mod languages;
pub mod lcr;
pub mod lcr_plan;

use std::path::PathBuf;

use anyhow::ensure;
use serde_json::{Map, Value, json};
use tandem_tests::lab::binaries::{Binaries, root};

/// All of it, put among the figures. What cannot be measured is missing there, and is told at the end.
///
/// # Errors
/// When Kamailio or sipp is not there, or what they do is not right.
pub fn measure(figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let binaries = Binaries::build()?;
    let parts = [
        lcr::measure(&binaries, figures),
        languages::measure(&binaries, figures),
        cpu::measure(&binaries, figures),
    ];
    let failed: Vec<String> =
        parts.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    ensure!(failed.is_empty(), "not measured inside Kamailio: {}", failed.join("\n"));
    Ok(())
}

/// A file of `kamailio-ffi/bench`.
fn bench_file(name: &str) -> PathBuf {
    root().join("kamailio-ffi/bench").join(name)
}

fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}
