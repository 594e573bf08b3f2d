//! What a file does not say by itself, or must be told because guessing could cost money.

use jiff::tz::TimeZone;
use rating_core::plan::UtcSec;

/// How a price list is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// What a blank price means.
    pub blank_price: BlankPrice,
    /// What two different rows of one code and start mean.
    pub duplicates: Duplicates,
    /// What `03/04/2026` means.
    pub dates: DateOrder,
    /// Zone of dates without one; the provider's. UTC by default.
    pub timezone: TimeZone,
    /// When rows without a date of their own start, if that is known: such a row repeats one dated just so.
    pub version_start: Option<UtcSec>,
    /// Whether bad rows refuse the file.
    pub bad_rows: BadRows,
    /// First interval and increment where the file has no column for them; 6/6 by default.
    pub billing: Billing,
    /// How codes are written; found out if none.
    pub prefixes: Option<PrefixForm>,
    /// How decimals are written; found out if none.
    pub decimal_mark: Option<DecimalMark>,
    /// The delimiter; found out if none.
    pub delimiter: Option<u8>,
    /// The currency that the file's must be, where it names one.
    pub currency: Option<String>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            blank_price: BlankPrice::default(),
            duplicates: Duplicates::default(),
            dates: DateOrder::default(),
            timezone: TimeZone::UTC,
            version_start: None,
            bad_rows: BadRows::default(),
            billing: Billing { first_sec: 6, increment_sec: 6 },
            prefixes: None,
            decimal_mark: None,
            delimiter: None,
            currency: None,
        }
    }
}

/// What a blank price cell means (10.3). It acts on each price by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum BlankPrice {
    /// The row is bad.
    #[default]
    Error,
    /// The price is blocked.
    Blocked,
    /// The price is that of the next shorter code in the file.
    Inherit,
}

/// What two different rows of one code and start mean (10.3). Identical rows are always folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Duplicates {
    /// They are bad.
    #[default]
    Error,
    /// The last row of the file holds.
    Last,
    /// The highest of each price and fee holds, for rows that differ in nothing else; others are bad.
    Highest,
}

/// What `03/04/2026` means (10.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DateOrder {
    /// Nothing: the row is bad. `25/03/2026` is read, for it can be read one way only.
    #[default]
    Unstated,
    /// Month first: 4 March.
    Mdy,
    /// Day first: 3 April.
    Dmy,
}

/// What bad rows do to the file (10.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum BadRows {
    /// Any of them refuses the whole file.
    #[default]
    Refuse,
    /// They are left out and handed back.
    Skip,
}

/// First interval and increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billing {
    /// First interval, billed whole; at least 1 s.
    pub first_sec: u32,
    /// Increment after it; at least 1 s.
    pub increment_sec: u32,
}

/// How codes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PrefixForm {
    /// E.164, with or without `+`, `00` or `011` in front: `1212555`, `44`.
    E164,
    /// NANP, with or without the 1: `212555` is 1 212 555.
    Nanp,
}

/// How decimals are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DecimalMark {
    /// `0.0123`
    Point,
    /// `0,0123`
    Comma,
}
