//! Tandem's own form of a price list: every field of a row, without loss.

use std::io::{self, Write};

use rating_core::money::Nano;
use rating_core::plan::{CicRow, DeckRow, OcnRow, Price};

use super::code::carrier_text;

/// The header of Tandem's own form.
///
/// A blocked price is written `blocked`, a missing one is empty; instants are RFC 3339 in UTC.
pub const CANONICAL_HEADER: [&str; 14] = [
    "prefix",
    "destination",
    "interstate",
    "intrastate",
    "local",
    "indeterminate",
    "default",
    "first_rate",
    "first_sec",
    "increment_sec",
    "grace_sec",
    "connect_fee",
    "starts",
    "ends",
];

/// The columns of codes of a list by OCN and LATA; those behind `prefix` follow.
const OCN_COLUMNS: [&str; 3] = ["ocn", "lata", "tier"];

/// The column of codes of a list by carrier.
const CIC_COLUMNS: [&str; 1] = ["cic"];

/// Whether a header is that of Tandem's own form, by prefix, by OCN and LATA, or by carrier.
pub fn is_header(titles: &[String]) -> bool {
    let is = |columns: &[&'static str]| titles.iter().eq(header(columns));
    is(&["prefix"]) || is(&OCN_COLUMNS) || is(&CIC_COLUMNS)
}

fn header(columns: &[&'static str]) -> impl Iterator<Item = &'static str> {
    columns.iter().copied().chain(CANONICAL_HEADER.into_iter().skip(1))
}

/// Writes rows in Tandem's own form, in the order given. Reading them back gives the same rows.
///
/// # Errors
/// What the writer says; [`io::ErrorKind::InvalidData`] for a row without any price, or an instant beyond the
/// years −9999 to 9999.
pub fn write_canonical<'a>(rows: impl IntoIterator<Item = &'a DeckRow>, out: impl Write) -> io::Result<()> {
    write(&["prefix"], rows.into_iter().map(|row| ([row.prefix.to_string()], row)), out)
}

/// As [`write_canonical`], rows by OCN and LATA.
///
/// # Errors
/// As [`write_canonical`].
pub fn write_canonical_by_ocn<'a>(
    rows: impl IntoIterator<Item = &'a OcnRow>,
    out: impl Write,
) -> io::Result<()> {
    let codes = |row: &OcnRow| {
        [
            row.ocn.map(|ocn| carrier_text(&ocn).into_owned()).unwrap_or_default(),
            row.lata.map(|lata| lata.to_string()).unwrap_or_default(),
            row.tier.map(|tier| tier.to_string()).unwrap_or_default(),
        ]
    };
    write(&OCN_COLUMNS, rows.into_iter().map(|row| (codes(row), &row.row)), out)
}

/// As [`write_canonical`], rows by carrier.
///
/// # Errors
/// As [`write_canonical`].
pub fn write_canonical_by_cic<'a>(
    rows: impl IntoIterator<Item = &'a CicRow>,
    out: impl Write,
) -> io::Result<()> {
    let rows = rows.into_iter().map(|row| ([carrier_text(&row.cic).into_owned()], &row.row));
    write(&CIC_COLUMNS, rows, out)
}

fn write<'a, const N: usize>(
    columns: &[&'static str; N],
    rows: impl Iterator<Item = ([String; N], &'a DeckRow)>,
    out: impl Write,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(header(columns))?;
    let mut record = csv::ByteRecord::new();
    for (codes, row) in rows {
        fill(&mut record, &codes, row)?;
        csv.write_byte_record(&record)?;
    }
    csv.flush()
}

fn fill(record: &mut csv::ByteRecord, codes: &[String], row: &DeckRow) -> io::Result<()> {
    let (prices, terms) = (row.prices.columns(), &row.terms);
    if prices.iter().all(|price| matches!(price, Price::Missing)) {
        let message = format!("{}: a row without any price cannot be written", codes.join("/"));
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    record.clear();
    for code in codes {
        record.push_field(code.as_bytes());
    }
    record.push_field(row.destination.as_bytes());
    for price in prices {
        record.push_field(price_text(price).as_bytes());
    }
    record.push_field(terms.first_rate_per_min.map(|rate| rate.to_string()).unwrap_or_default().as_bytes());
    for seconds in [terms.first_sec, terms.increment_sec, terms.grace_sec] {
        record.push_field(seconds.to_string().as_bytes());
    }
    record.push_field(fee_text(terms.connect_fee).as_bytes());
    record.push_field(instant_text(terms.starts)?.as_bytes());
    record.push_field(instant_text(terms.ends)?.as_bytes());
    Ok(())
}

fn price_text(price: Price) -> String {
    match price {
        Price::Missing => String::new(),
        Price::Blocked => "blocked".into(),
        Price::PerMin(rate) => rate.to_string(),
    }
}

fn fee_text(fee: Nano) -> String {
    fee.to_string()
}

fn instant_text(instant: Option<i64>) -> io::Result<String> {
    let Some(sec) = instant else { return Ok(String::new()) };
    let timestamp =
        jiff::Timestamp::from_second(sec).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    Ok(timestamp.to_string())
}
