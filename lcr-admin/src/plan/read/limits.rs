//! Caps: `limits = { cps = 10, concurrent_calls_max = 100, volumes = [{ period = "day", calls_max = 5000 }] }`.

use rating_core::money::Nano;
use rating_core::plan::{CountedCalls, Limits, VolumeLimit};

use super::fields::Fields;

/// Most CPS: a million calls a second.
const CPS_MILLI_MAX: u64 = 1_000_000_000;
/// Nano-units in a thousandth.
const NANO_PER_MILLI: i64 = 1_000_000;

impl Fields<'_> {
    /// The caps of an owner.
    pub fn limits(&self) -> Limits {
        let Some(table) = self.table("limits") else { return Limits::default() };
        let cps_milli = table.cps();
        let cps_burst = table.number("cps_burst", 1..=i64::from(u32::MAX));
        if let (None, Some(burst), false) = (cps_milli, &cps_burst, table.has("cps")) {
            self.refuse(&burst.at, "`cps_burst` without `cps`", "both, or neither");
        }
        let limits = Limits {
            cps_milli,
            cps_burst: cps_burst.and_then(|burst| u32::try_from(burst.value).ok()),
            concurrent_calls_max: table.number_u32("concurrent_calls_max", 0..=u32::MAX),
            volumes: table.volumes(),
            minutes_per_month_max: table.number_u32("minutes_per_month_max", 0..=u32::MAX),
            spend_per_day_max: table.amount("spend_per_day_max"),
        };
        table.finish();
        limits
    }

    fn volumes(&self) -> Vec<VolumeLimit> {
        let mut volumes: Vec<VolumeLimit> = Vec::new();
        for table in self.tables("volumes") {
            let volume = table.volume();
            if let Some(volume) = volume {
                if volumes.iter().any(|one| (one.period, one.counts) == (volume.period, volume.counts)) {
                    self.refuse(&table.at, "a second limit of this period and count", "one");
                }
                volumes.push(volume);
            }
            table.finish();
        }
        volumes
    }

    fn volume(&self) -> Option<VolumeLimit> {
        for (key, expected) in [
            ("period", "how long a count lasts: hour, day, month or total"),
            ("calls_max", "the most calls of a period"),
        ] {
            if !self.has(key) {
                self.missing(key, expected);
            }
        }
        let period = self.choice("period");
        let counts = self.choice("counts").unwrap_or(CountedCalls::Answered);
        let calls_max = self.number_u32("calls_max", 0..=u32::MAX);
        Some(VolumeLimit { period: period?, counts, calls_max: calls_max? })
    }

    /// Calls per second: 10, 0.5 or "0.5". The digits are read as they stand in the file, never as a float.
    fn cps(&self) -> Option<u64> {
        let (item, at) = self.item("cps")?;
        let written = match item.as_str() {
            Some(text) => text.to_owned(),
            None if item.is_integer() || item.is_float() => self.written(item).replace('_', ""),
            None => {
                self.wrong_type("cps", item, &at, CPS_RULE);
                return None;
            }
        };
        let cps_milli = Nano::parse(written.as_bytes()).ok().and_then(cps_milli);
        if cps_milli.is_none() {
            self.refuse(&at, format!("`cps` is {written}"), CPS_RULE);
        }
        cps_milli
    }
}

const CPS_RULE: &str = "calls per second from 0.001 to 1000000, in steps of 0.001";

fn cps_milli(cps: Nano) -> Option<u64> {
    let milli = u64::try_from(cps.0 / NANO_PER_MILLI).ok()?;
    (cps.0 % NANO_PER_MILLI == 0 && (1..=CPS_MILLI_MAX).contains(&milli)).then_some(milli)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_per_second_are_exact_thousandths() {
        for (text, milli) in [("10", Some(10_000)), ("0.5", Some(500)), ("0.001", Some(1)), ("0.0015", None)]
        {
            assert_eq!(cps_milli(Nano::parse(text.as_bytes()).unwrap()), milli, "{text}");
        }
        assert_eq!(cps_milli(Nano::ZERO), None);
        assert_eq!(cps_milli(Nano(-1_000_000_000)), None);
        assert_eq!(cps_milli(Nano(1_000_001_000_000_000)), None);
    }
}
