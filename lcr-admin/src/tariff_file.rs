//! A tariff as a JSON file, for `rate` (section 9; the keys are those of the contract).
//!
//! The file owns what [`rating_core::tariff::Tariff`] borrows. Keys that are not known are refused by name, for a
//! misspelt `max_cost` would price calls without a maximum. Time zones are asked of the time-zone database
//! here, for the years that a call can touch, and handed to core as offsets.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rating_core::money::Nano;
use rating_core::schedule::Recurrence;
use rating_core::tariff::{
    AtMaxCost, AtWindow, OffsetChange, Priced, Rounding, Step, Tariff, TariffError, UtcOffsets, Window,
};

use json::FileJson;

mod cover;
mod json;

/// Why a tariff file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TariffFileError {
    /// Not the JSON that is expected; the message has line and column.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A key whose value makes no sense.
    #[error("{key}: found {found}, expected {expected}")]
    Value {
        /// Where: `windows[0].from`.
        key: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// No window holds at some time, and the tariff has no steps of its own (9.5).
    #[error(
        "no window holds on {0}, and there are no steps outside of the windows: add steps, or another window"
    )]
    Gap(String),
    /// Core refuses it.
    #[error(transparent)]
    Tariff(#[from] TariffError),
}

/// A tariff, read and checked.
#[derive(Clone, Debug)]
pub struct TariffFile {
    /// ISO 4217.
    pub currency: String,
    connect_fee: Nano,
    free_sec: u32,
    grace_sec: u32,
    steps: Vec<Step>,
    windows: Vec<OwnedWindow>,
    zone: TimeZone,
    at_window: AtWindow,
    min_cost: Option<Nano>,
    max_cost: Option<Nano>,
    at_max_cost: AtMaxCost,
    rounding: Rounding,
}

#[derive(Clone, Debug)]
struct OwnedWindow {
    when: Recurrence,
    connect_fee: Nano,
    steps: Vec<Step>,
}

impl OwnedWindow {
    fn borrow(&self) -> Window<'_> {
        Window { when: self.when, connect_fee: self.connect_fee, steps: &self.steps }
    }
}

impl TariffFile {
    /// Reads a tariff file.
    ///
    /// # Errors
    /// What is wrong with it, by key.
    pub fn read(json: &[u8]) -> Result<TariffFile, TariffFileError> {
        let file: FileJson = serde_json::from_slice(json)?;
        let tariff = file.check()?;
        let windows: Vec<Window<'_>> = tariff.windows.iter().map(OwnedWindow::borrow).collect();
        tariff.borrow(&windows, &[], 0).check()?;
        if tariff.steps.is_empty()
            && let Some(gap) = cover::first_gap(&windows)
        {
            return Err(TariffFileError::Gap(gap));
        }
        Ok(tariff)
    }

    /// Prices one call.
    ///
    /// # Errors
    /// What core says.
    pub fn price(&self, duration_sec: u32, answered_at: Timestamp) -> Result<Priced, TariffError> {
        let answered_at_utc_sec = answered_at.as_second();
        let windows: Vec<Window<'_>> = self.windows.iter().map(OwnedWindow::borrow).collect();
        let (before_sec, changes) = self.offsets(duration_sec, answered_at);
        self.borrow(&windows, &changes, before_sec).price(duration_sec, answered_at_utc_sec)
    }

    fn borrow<'a>(
        &'a self,
        windows: &'a [Window<'a>],
        changes: &'a [OffsetChange],
        before_sec: i32,
    ) -> Tariff<'a> {
        Tariff {
            connect_fee: self.connect_fee,
            free_sec: self.free_sec,
            grace_sec: self.grace_sec,
            steps: &self.steps,
            windows,
            zone: UtcOffsets { before_sec, changes },
            at_window: self.at_window,
            min_cost: self.min_cost,
            max_cost: self.max_cost,
            at_max_cost: self.at_max_cost,
            rounding: self.rounding,
        }
    }

    /// The zone's offsets from two days before the answer, for a window may have begun the day before, until
    /// two days after the last block can begin.
    fn offsets(&self, duration_sec: u32, answered_at: Timestamp) -> (i32, Vec<OffsetChange>) {
        const MARGIN_SEC: i64 = 2 * 86_400;
        let answered_sec = answered_at.as_second();
        let first = Timestamp::from_second(answered_sec.saturating_sub(MARGIN_SEC)).unwrap_or(Timestamp::MIN);
        let last = answered_sec
            .saturating_add(i64::from(duration_sec))
            .saturating_add(i64::from(self.free_sec))
            .saturating_add(MARGIN_SEC);
        let changes = self.zone.following(first).map(|change| OffsetChange {
            at_utc_sec: change.timestamp().as_second(),
            offset_sec: change.offset().seconds(),
        });
        let changes = changes.take_while(|change| change.at_utc_sec <= last).collect();
        (self.zone.to_offset(first).seconds(), changes)
    }
}

#[cfg(test)]
mod tests;
