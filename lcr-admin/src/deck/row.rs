//! One record of the file into one row, or into all that is wrong with it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rating_core::number::Digits;
use rating_core::plan::{DeckRow, Price, Prices, RowTerms};

use super::cell::{self, Decimals, Expected, PriceCell};
use super::code::{self, Code, CodeKind};
use super::date::Dates;
use super::header::{Layout, PriceKind, Role};
use super::options::{Billing, BlankPrice, PrefixForm, ReadOptions};
use super::records::Record;
use super::shared_terms::SharedTerms;
use super::title::currency_code;

/// A cell that is wrong: its index, and what should stand there.
pub type BadCell = (usize, Expected);

/// A row, and what is not yet decided about it.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub row: DeckRow,
    /// What it is a price of, where that is no prefix.
    pub code: Code,
    /// A bit for each price that is to be inherited ([`PriceKind::bit`]).
    pub inherits: u8,
    /// Whether the code has nothing in front that tells its form.
    pub bare: bool,
    pub blank_prices: u32,
}

/// The first column from which on all are of a row's terms (but for the first rate, which is a price), if all of these stand
/// there: else none does.
pub fn tail(layout: &Layout) -> usize {
    use Role::{Billing, ConnectFee, Ends, FirstSec, GraceSec, Ignored, IncrementSec, Starts};
    let of_terms = |role: &Role| {
        matches!(role, FirstSec | IncrementSec | Billing | GraceSec | ConnectFee | Starts | Ends)
    };
    let others = layout.roles.iter().rposition(|role| !of_terms(role) && *role != Ignored);
    let tail = others.map_or(0, |last| last + 1);
    if layout.roles[..tail].iter().any(of_terms) { layout.roles.len() } else { tail }
}

/// Reads rows of one file, one after the other.
pub struct RowReader<'a> {
    layout: &'a Layout,
    blank_price: BlankPrice,
    billing: Billing,
    form: Option<PrefixForm>,
    decimals: Decimals,
    /// Whether a column may block whole rows.
    has_flags: bool,
    /// From this column on all cells are of the row's terms.
    tail: usize,
    terms: SharedTerms,
    /// Whether the row before was good, so that its terms are those of the same cells.
    last_was_good: bool,
    currency: Option<String>,
    starts: Dates,
    ends: Dates,
}

impl<'a> RowReader<'a> {
    pub fn new(layout: &'a Layout, options: &ReadOptions) -> RowReader<'a> {
        let zone = |role| if layout.is_in_utc(role) { TimeZone::UTC } else { options.timezone.clone() };
        let dates = |role| Dates::new(options.dates, zone(role));
        RowReader {
            layout,
            blank_price: options.blank_price,
            billing: options.billing,
            // In its own form nothing is left to be told.
            form: if layout.canonical { layout.prefixes } else { options.prefixes.or(layout.prefixes) },
            decimals: Decimals(options.decimal_mark.filter(|_| !layout.canonical)),
            has_flags: layout.roles.iter().any(is_flag),
            tail: tail(layout),
            terms: SharedTerms::default(),
            last_was_good: false,
            currency: layout.currency.clone().or_else(|| options.currency.clone()),
            starts: dates(Role::Starts),
            ends: dates(Role::Ends).of_ends(),
        }
    }

    /// Whether the form of bare codes is still open.
    pub fn form_is_open(&self) -> bool {
        self.form.is_none()
    }

    /// Reads a record of as many cells as the header has. What is wrong is added to `bad`; then the row is not
    /// to be used.
    pub fn read(&mut self, record: &Record<'_>, bad: &mut Vec<BadCell>) -> Parsed {
        let mut draft = Draft::new(self.billing);
        let mut cells = record.cells;
        draft.status_blocked = self.has_flags && self.is_blocked(cells);
        if self.last_was_good && record.same_from <= self.tail {
            draft.terms = RowTerms { first_rate_per_min: None, ..*self.terms.last() };
            cells = &cells[..self.tail];
        }
        for (index, (&cell, role)) in cells.iter().zip(&self.layout.roles).enumerate() {
            let text = cell.trim_ascii();
            let read = match role {
                Role::Destination => {
                    let whole = if self.layout.canonical { cell } else { text };
                    cell::destination(whole).map(|destination| draft.destination = destination)
                }
                Role::Price(kind) => self.price(text, *kind, &mut draft),
                Role::Starts => {
                    self.starts.keep_to(self.ends.seen());
                    let read = self.starts.read(text).map(|instant| draft.terms.starts = instant);
                    self.ends.keep_to(self.starts.seen());
                    read
                }
                Role::Ends => {
                    let read = self.ends.read(text).map(|instant| draft.terms.ends = instant);
                    self.starts.keep_to(self.ends.seen());
                    read
                }
                Role::Currency => self.currency(text),
                Role::ConnectFee if text.is_empty() => Ok(()),
                Role::ConnectFee => self.decimals.amount(text).map(|fee| draft.terms.connect_fee = fee),
                _ => draft.plain_cell(*role, text, self.form),
            };
            if let Err(expected) = read {
                bad.push((index, expected));
            }
        }
        self.last_was_good = bad.is_empty();
        if bad.is_empty() {
            self.finish(&mut draft, bad);
        }
        let terms = self.terms.share(draft.terms);
        draft.parsed(terms)
    }

    /// The code of a row that is bad in other cells, or has too many or too few; nothing where its own are bad.
    pub fn code(&self, cells: &[&[u8]]) -> Option<(Digits, Code)> {
        let mut draft = Draft::new(self.billing);
        for (index, role) in self.layout.code_columns() {
            draft.plain_cell(role, cells.get(index)?.trim_ascii(), self.form).ok()?;
        }
        draft.join_npa_nxx().ok()?;
        let (prefix, code) = (draft.prefix, draft.code);
        (!prefix.is_empty() || code.is_code()).then_some((prefix, code))
    }

    fn price(&mut self, text: &[u8], kind: PriceKind, draft: &mut Draft) -> Result<(), Expected> {
        let price = match self.decimals.price(text)? {
            PriceCell::PerMin(rate) => Price::PerMin(rate),
            PriceCell::Blocked => Price::Blocked,
            // Nothing is priced of a row that is blocked whole.
            PriceCell::Blank if self.layout.canonical || draft.status_blocked => return Ok(()),
            PriceCell::Blank => {
                draft.blank_prices += 1;
                match self.blank_price {
                    BlankPrice::Error => {
                        return Err("a price such as 0.0123 (or to be told what a blank price means: blocked or inherit)".into());
                    }
                    BlankPrice::Blocked => Price::Blocked,
                    BlankPrice::Inherit => {
                        draft.inherits |= kind.bit();
                        return Ok(());
                    }
                }
            }
        };
        match (kind, price) {
            // A first interval without a price blocks the price that it begins.
            (PriceKind::First, Price::Blocked) if !self.layout.canonical => draft.first_blocked = true,
            (PriceKind::First, Price::Blocked) => return Err("a decimal number such as 0.0123".into()),
            (PriceKind::First, Price::PerMin(rate)) => draft.terms.first_rate_per_min = Some(rate),
            _ => *price_mut(&mut draft.prices, kind) = price,
        }
        Ok(())
    }

    /// Whether a status or a flag blocks the whole row. What is wrong with them is told where they are read.
    fn is_blocked(&self, cells: &[&[u8]]) -> bool {
        cells.iter().zip(&self.layout.roles).any(|(cell, role)| {
            let text = cell.trim_ascii();
            match role {
                Role::Status => status_blocks(text) == Ok(true),
                Role::Enabled => cell::yes_or_no(text) == Ok(false),
                Role::Forbidden => cell::yes_or_no(text) == Ok(true),
                _ => false,
            }
        })
    }

    /// One currency for the whole file: the header's, the one told, or that of the first row.
    fn currency(&mut self, text: &[u8]) -> Result<(), Expected> {
        let code = str::from_utf8(text).ok().and_then(currency_code).ok_or("a currency such as USD")?;
        match &self.currency {
            Some(currency) if *currency != code => Err(format!("{currency}: a deck has one currency").into()),
            Some(_) => Ok(()),
            None => {
                self.currency = Some(code);
                Ok(())
            }
        }
    }

    /// The currency of the file: the header's, or that of its rows.
    pub fn found_currency(&self) -> Option<String> {
        let has_column = self.layout.roles.contains(&Role::Currency);
        if has_column { self.currency.clone() } else { self.layout.currency.clone() }
    }

    /// What concerns several cells.
    fn finish(&self, draft: &mut Draft, bad: &mut Vec<BadCell>) {
        if let Err(expected) = draft.join_npa_nxx() {
            bad.push((self.column(Role::Nxx), expected));
        }
        if self.layout.codes == CodeKind::OcnLata && !draft.code.is_code() {
            let column = self.layout.code_column();
            bad.push((column, "an OCN, a LATA, or both".into()));
        }
        if draft.first_blocked {
            draft.prices.default = Price::Blocked;
        }
        if draft.status_blocked {
            for role in &self.layout.roles {
                if let Role::Price(kind) = role
                    && *kind != PriceKind::First
                {
                    *price_mut(&mut draft.prices, *kind) = Price::Blocked;
                }
            }
            draft.inherits = 0;
        }
        if self.layout.canonical && draft.prices == Prices::default() {
            let first = self.column(Role::Price(PriceKind::Interstate));
            bad.push((first, "a price in at least one of the price columns".into()));
        }
        if let (Some(starts), Some(ends)) = (draft.terms.starts, draft.terms.ends)
            && ends <= starts
        {
            bad.push((self.column(Role::Ends), "an end after the start".into()));
        }
    }

    fn column(&self, role: Role) -> usize {
        self.layout.roles.iter().position(|other| *other == role).unwrap_or(0)
    }
}

/// The price of a kind. The first interval's is no [`Price`]; it is never asked for here.
pub fn price_mut(prices: &mut Prices, kind: PriceKind) -> &mut Price {
    match kind {
        PriceKind::Interstate => &mut prices.interstate,
        PriceKind::Intrastate => &mut prices.intrastate,
        PriceKind::Local => &mut prices.local,
        PriceKind::Indeterminate => &mut prices.indeterminate,
        PriceKind::Default | PriceKind::First => &mut prices.default,
    }
}

/// A row in the making.
struct Draft {
    prefix: Digits,
    destination: Box<str>,
    prices: Prices,
    terms: RowTerms,
    code: Code,
    inherits: u8,
    bare: bool,
    blank_prices: u32,
    npa: Option<Digits>,
    /// NXX and, behind it, the thousands block.
    nxx: Vec<u8>,
    block: Vec<u8>,
    first_blocked: bool,
    status_blocked: bool,
}

impl Draft {
    fn new(billing: Billing) -> Draft {
        let Billing { first_sec, increment_sec } = billing;
        Draft {
            prefix: Digits::EMPTY,
            destination: Box::default(),
            prices: Prices::default(),
            terms: RowTerms { first_sec, increment_sec, ..RowTerms::default() },
            code: Code::default(),
            inherits: 0,
            bare: false,
            blank_prices: 0,
            npa: None,
            nxx: Vec::new(),
            block: Vec::new(),
            first_blocked: false,
            status_blocked: false,
        }
    }

    fn parsed(self, terms: Arc<RowTerms>) -> Parsed {
        let Draft { prefix, destination, prices, code, inherits, bare, blank_prices, .. } = self;
        Parsed { row: DeckRow { prefix, destination, prices, terms }, code, inherits, bare, blank_prices }
    }

    /// Cells that need nothing but themselves.
    fn plain_cell(&mut self, role: Role, text: &[u8], form: Option<PrefixForm>) -> Result<(), Expected> {
        match role {
            Role::Prefix if form == Some(PrefixForm::Nanp) => self.prefix = cell::nanp_code(text)?,
            Role::Prefix => {
                let code = cell::e164_code(text)?;
                self.prefix = code.digits;
                self.bare = code.bare;
            }
            Role::NpaNxx => self.prefix = cell::nanp_code(text)?,
            Role::Npa => {
                let three = text.len() == 3 && cell::is_nanp_without_1(text);
                let npa = if three { Digits::new(text) } else { None };
                self.npa = Some(npa.ok_or("an area code of three digits such as 212")?);
            }
            Role::Nxx if text.len() == 3 && text.iter().all(u8::is_ascii_digit) => self.nxx = text.to_vec(),
            Role::Nxx => return Err("an exchange of three digits such as 555".into()),
            Role::Block if matches!(text, [] | [b'0'..=b'9']) => self.block = text.to_vec(),
            Role::Block => return Err("a thousands block, one digit, or nothing".into()),
            Role::Ocn => {
                if let Some(ocn) = code::ocn(text)? {
                    self.code = self.code.with_carrier(ocn);
                }
            }
            Role::Lata => self.code = self.code.with_lata(code::lata(text)?.unwrap_or(0)),
            Role::Tier => self.code = self.code.with_tier(code::tier(text)?.unwrap_or(0)),
            Role::Cic => self.code = self.code.with_carrier(code::cic(text)?),
            Role::FirstSec => self.terms.first_sec = cell::block_sec(text)?,
            Role::IncrementSec => self.terms.increment_sec = cell::block_sec(text)?,
            Role::Billing => {
                let billing = cell::billing(text)?;
                self.terms.first_sec = billing.first_sec;
                self.terms.increment_sec = billing.increment_sec;
            }
            Role::GraceSec if text.is_empty() => {}
            Role::GraceSec => self.terms.grace_sec = cell::seconds(text).ok_or("whole seconds")?,
            Role::Status => return status_blocks(text).map(|_| ()),
            Role::Enabled => return cell::yes_or_no(text).map(|_| ()),
            Role::Forbidden if text.is_empty() => {}
            Role::Forbidden => return cell::yes_or_no(text).map(|_| ()),
            _ => {}
        }
        Ok(())
    }

    fn join_npa_nxx(&mut self) -> Result<(), Expected> {
        let Some(npa) = self.npa else { return Ok(()) };
        let code = [npa.as_bytes(), &self.nxx, &self.block].concat();
        self.prefix = cell::nanp_code(&code)?;
        Ok(())
    }
}

/// Whether a column says of a row whether it may be used.
fn is_flag(role: &Role) -> bool {
    matches!(role, Role::Status | Role::Enabled | Role::Forbidden)
}

/// Whether a row's status blocks it. Which rows a list leaves out is said by the version's scope, not here.
fn status_blocks(text: &[u8]) -> Result<bool, Expected> {
    match text.to_ascii_lowercase().as_slice() {
        b"blocked" => Ok(true),
        b"" | b"current" | b"new" | b"increase" | b"decrease" | b"unchanged" | b"no change" | b"same" => {
            Ok(false)
        }
        _ => Err("a status: current, new, increase, decrease, unchanged or blocked".into()),
    }
}
