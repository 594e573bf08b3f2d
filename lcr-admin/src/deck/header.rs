//! Which column means what: the headers that price lists are known to have (10.1).
//!
//! A column is known by its title alone, letters and digits only and without case, so that every list of the
//! documentation is known, in any order of its columns. A title that speaks of money, of dates or of intervals and is
//! not known refuses the file; other unknown columns are left out with a warning.

use super::canonical;
use super::code::CodeKind;
use super::options::PrefixForm;
use super::terms;
use super::title::Title;
use crate::output::printable;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Prefix,
    NpaNxx,
    Npa,
    Nxx,
    Block,
    /// Operating company of the called block.
    Ocn,
    Lata,
    Tier,
    /// Carrier of a toll-free number.
    Cic,
    Destination,
    Price(PriceKind),
    FirstSec,
    IncrementSec,
    Billing,
    /// One of the two, or [`Role::Billing`], by what stands beside it. A layout that is understood has none.
    Interval,
    GraceSec,
    ConnectFee,
    Starts,
    Ends,
    Status,
    /// Yes: the row may be used.
    Enabled,
    /// Yes: the row is blocked.
    Forbidden,
    /// The country code of the row's code: not read, but for whether codes are written with it.
    CountryCode,
    /// The currency of the row's prices.
    Currency,
    /// Not read.
    Ignored,
}

/// Which of a row's prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceKind {
    Interstate,
    Intrastate,
    Local,
    Indeterminate,
    Default,
    /// Of the first interval.
    First,
}

impl PriceKind {
    pub const ALL: [PriceKind; 6] =
        [Self::Interstate, Self::Intrastate, Self::Local, Self::Indeterminate, Self::Default, Self::First];

    /// A bit of its own.
    pub fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The header of a file, understood.
#[derive(Clone, Debug)]
pub struct Layout {
    pub delimiter: u8,
    pub roles: Vec<Role>,
    /// The columns' titles, as written.
    pub titles: Vec<String>,
    /// What its rows are prices of.
    pub codes: CodeKind,
    /// Whether this is Tandem's own form.
    pub canonical: bool,
    /// A currency that a title names, as in `Cost / Min (USD)`.
    pub currency: Option<String>,
    /// Titles that are not read.
    pub ignored: Vec<String>,
    /// How codes are written, where the header tells.
    pub prefixes: Option<PrefixForm>,
}

impl Layout {
    /// Understands a header, or says what is wrong with it: the column, and what was expected.
    pub fn of(titles: Vec<String>, delimiter: u8) -> Result<Layout, (usize, String)> {
        let canonical = canonical::is_header(&titles);
        let mut layout = Layout {
            delimiter,
            codes: CodeKind::Prefix,
            roles: Vec::with_capacity(titles.len()),
            canonical,
            currency: None,
            ignored: Vec::new(),
            prefixes: None,
            titles: Vec::new(),
        };
        let sell_price = titles.iter().any(|title| Title::of(title).key == "buyrate");
        for (index, title) in titles.iter().enumerate() {
            let role = layout.role(index, title, sell_price)?;
            layout.roles.push(role);
        }
        layout.titles = titles;
        layout.settle_codes();
        layout.settle_interval()?;
        layout.check_complete()?;
        layout.prefixes = layout.prefix_form();
        Ok(layout)
    }

    fn role(&mut self, index: usize, title: &str, has_buy_rate: bool) -> Result<Role, (usize, String)> {
        let parts = Title::of(title);
        let key = parts.key.as_str();
        // A2Billing's `rateinitial` is what its owner sells at; `buyrate` is the provider's price.
        let role = match role_of(key) {
            _ if has_buy_rate && key == "rateinitial" => Some(Role::Ignored),
            None if speaks_of_money(&parts) => {
                return Err((
                    index,
                    "a column that is known; one that speaks of money is not left out".into(),
                ));
            }
            None if terms::speaks_of_terms(&parts) => return Err((index, terms::expected())),
            role => role,
        };
        let role = role.unwrap_or(Role::Ignored);
        if role == Role::Ignored {
            if !key.is_empty() {
                self.ignored.push(title.to_owned());
            }
        } else if self.roles.contains(&role) && !matches!(role, Role::Enabled | Role::Forbidden) {
            return Err((index, "one column of this meaning only".into()));
        }
        let currency = parts.currency(role).map_err(|expected| (index, expected.into()))?;
        match (&self.currency, currency) {
            (Some(one), Some(other)) if *one != other => {
                return Err((index, format!("{one}, as the other columns: a deck has one currency")));
            }
            (None, Some(currency)) => self.currency = Some(currency),
            _ => {}
        }
        Ok(role)
    }

    /// Columns of OCN, LATA, tier and CIC are codes where there are no others: beside prefixes they only describe.
    fn settle_codes(&mut self) {
        let has = |role| self.roles.contains(&role);
        let has_prefixes = has(Role::Prefix) || has(Role::NpaNxx) || has(Role::Npa);
        self.codes = match () {
            () if has_prefixes => CodeKind::Prefix,
            () if has(Role::Ocn) || has(Role::Lata) => CodeKind::OcnLata,
            () if has(Role::Cic) => CodeKind::Cic,
            () => CodeKind::Prefix,
        };
        let codes = self.codes;
        let describes = |role: &Role| match role {
            Role::Ocn | Role::Lata | Role::Tier => codes != CodeKind::OcnLata,
            Role::Cic => codes != CodeKind::Cic,
            Role::CountryCode => codes != CodeKind::Prefix,
            _ => false,
        };
        for (role, title) in self.roles.iter_mut().zip(&self.titles) {
            if describes(role) {
                *role = Role::Ignored;
                self.ignored.push(title.clone());
            }
        }
    }

    /// `Interval` beside one of first interval and increment is the other. Alone it is both, and holds both (`30/6`): a
    /// number alone does not say which of them it is.
    fn settle_interval(&mut self) -> Result<(), (usize, String)> {
        let has = |role| self.roles.contains(&role);
        let Some(index) = self.roles.iter().position(|role| *role == Role::Interval) else { return Ok(()) };
        self.roles[index] = match (has(Role::Billing), has(Role::FirstSec), has(Role::IncrementSec)) {
            (false, false, false) => Role::Billing,
            (false, true, false) => Role::IncrementSec,
            (false, false, true) => Role::FirstSec,
            _ => return Err((index, "one column of this meaning only".into())),
        };
        Ok(())
    }

    fn check_complete(&self) -> Result<(), (usize, String)> {
        let has = |role| self.roles.contains(&role);
        let has_codes = self.codes != CodeKind::Prefix
            || has(Role::Prefix)
            || has(Role::NpaNxx)
            || (has(Role::Npa) && has(Role::Nxx));
        if !has_codes {
            return Err((
                0,
                "a column of codes: prefix, code, npanxx, npa and nxx, ocn and lata, or cic".into(),
            ));
        }
        let is_price = |role: &Role| matches!(role, Role::Price(kind) if *kind != PriceKind::First);
        if !self.roles.iter().any(is_price) {
            return Err((0, "a column of prices: rate, default, interstate, intrastate".into()));
        }
        let intervals = [Role::FirstSec, Role::IncrementSec];
        if let Some(index) = self.roles.iter().position(|role| intervals.contains(role))
            && has(Role::Billing)
        {
            return Err((index, "intervals in one place: billing, or columns of their own".into()));
        }
        Ok(())
    }

    /// NPA-NXX and LRN columns are NANP. Lists with one price for all are of the world, E.164. Those with
    /// prices by state may be either: it depends on the codes.
    fn prefix_form(&self) -> Option<PrefixForm> {
        let has = |role| self.roles.contains(&role);
        let lrn = self.titles.iter().any(|title| Title::of(title).key == "lrnprefix");
        if has(Role::NpaNxx) || has(Role::Npa) || lrn {
            return Some(PrefixForm::Nanp);
        }
        let by_state = has(Role::Price(PriceKind::Interstate)) || has(Role::Price(PriceKind::Intrastate));
        (self.canonical || !by_state).then_some(PrefixForm::E164)
    }

    /// What the header leaves unsaid about intervals, in words for a warning.
    pub fn unsaid_intervals(&self) -> Option<&'static str> {
        let has = |role| self.roles.contains(&role);
        match (has(Role::Billing), has(Role::FirstSec), has(Role::IncrementSec)) {
            (true, _, _) | (_, true, true) => None,
            (_, true, false) => Some("no column of the increment"),
            (_, false, true) => Some("no column of the first interval"),
            _ => Some("no column of intervals"),
        }
    }

    /// The columns that make up the code of a row.
    pub fn code_columns(&self) -> impl Iterator<Item = (usize, Role)> + '_ {
        use Role::{Block, Cic, Lata, Npa, NpaNxx, Nxx, Ocn, Prefix, Tier};
        let is_code =
            |role: &Role| matches!(role, Prefix | NpaNxx | Npa | Nxx | Block | Ocn | Lata | Tier | Cic);
        self.roles.iter().copied().enumerate().filter(move |(_, role)| is_code(role))
    }

    /// The column of codes, or the first of them.
    pub fn code_column(&self) -> usize {
        self.code_columns().next().map_or(0, |(index, _)| index)
    }

    /// Whether a column's title says that its dates are of UTC.
    pub fn is_in_utc(&self, role: Role) -> bool {
        let mut columns = self.roles.iter().zip(&self.titles);
        columns.any(|(other, title)| *other == role && Title::of(title).says_utc())
    }

    /// How many columns are read.
    pub fn known(&self) -> usize {
        self.roles.iter().filter(|role| **role != Role::Ignored).count()
    }

    /// A column as errors name it: `field 5 (Rate)`.
    pub fn name(&self, index: usize) -> String {
        let title = self.titles.get(index).map_or("", |title| title.trim());
        format!("field {} ({})", index + 1, printable(title))
    }
}

fn speaks_of_money(title: &Title) -> bool {
    /// Parts of a title; also the jurisdictions by which lists price.
    const PARTS: [&str; 16] = [
        "rate",
        "price",
        "cost",
        "charge",
        "fee",
        "setup",
        "peak",
        "minimum",
        "maximum",
        "tax",
        "markup",
        "discount",
        "margin",
        "interstate",
        "intrastate",
        "indet",
    ];
    /// Words of their own: `Unit` may say cents.
    const WORDS: [&str; 5] = ["ij", "inter", "intra", "unit", "units"];
    PARTS.iter().any(|part| title.key.contains(part))
        || title.words.iter().any(|word| WORDS.contains(&word.as_str()))
}

fn role_of(key: &str) -> Option<Role> {
    use PriceKind::{Default, First, Indeterminate, Interstate, Intrastate, Local};
    Some(match key {
        "prefix" | "code" | "dialcode" | "dialprefix" | "lrnprefix" => Role::Prefix,
        "npanxx" => Role::NpaNxx,
        "npa" => Role::Npa,
        "nxx" => Role::Nxx,
        "block" | "x" => Role::Block,
        "ocn" => Role::Ocn,
        "lata" => Role::Lata,
        "tier" => Role::Tier,
        "cic" => Role::Cic,
        "destination" | "destinationname" | "description" => Role::Destination,
        "interstate" | "interstaterate" | "inter" | "interrate" | "rateinter" | "rateinterstate" => {
            Role::Price(Interstate)
        }
        "intrastate" | "intrastaterate" | "intra" | "intrarate" | "rateintra" | "rateintrastate" => {
            Role::Price(Intrastate)
        }
        "local" | "localrate" | "ratelocal" => Role::Price(Local),
        "indeterminate" | "indeterminaterate" | "ij" | "ijrate" | "rateij" => Role::Price(Indeterminate),
        "default" | "defaultrate" | "rate" | "nextrate" | "costmin" | "buyrate" | "rateinitial" => {
            Role::Price(Default)
        }
        "firstrate" | "initialrate" => Role::Price(First),
        "interval" => Role::Interval,
        "gracetime" | "gracesec" => Role::GraceSec,
        "connectfee" | "connectionfee" | "connectioncost" => Role::ConnectFee,
        "status" => Role::Status,
        "enabled" | "active" => Role::Enabled,
        "forbidden" | "blocked" | "discontinued" => Role::Forbidden,
        "currency" => Role::Currency,
        "countrycode" | "cc" => Role::CountryCode,
        _ => return terms::role_of(key),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The headers of the documentation, each with the columns that are not read.
    const KNOWN: [(&str, u8, &[&str]); 14] = [
        ("destination,prefix,rate_inter,rate_intra,billing", b',', &[]),
        (
            "Destination,Prefix,First Interval,Sub Interval,Default,Interstate Rate,Intrastate Rate,Status,Start Date",
            b',',
            &[],
        ),
        ("Destination,Prefix,First Interval,Sub Interval,Rate,Status,Start Date,End Date", b',', &[]),
        ("lrn_prefix,interstate,intrastate", b',', &[]),
        ("code,duration,increment,interrate,intrarate,ijrate,effective_date", b',', &[]),
        ("npanxx,interstate,intrastate,indeterminate,effective_date", b',', &[]),
        ("npa,nxx,interstate,intrastate,indeterminate,effective_date", b',', &[]),
        ("NPANXX,Rate,Wireless,Land Line", b',', &["Wireless", "Land Line"]),
        (
            "dialprefix;destination name;rate interstate;rate intrastate;initial billing time;billing increment",
            b';',
            &[],
        ),
        ("dialprefix;destination;rate initial;buyrate;initblock", b';', &["rate initial"]),
        (
            "Code,Destination,Connection Cost (USD),Grace Time,Cost / Min (USD),Initial Increment,Increment,Strip,Prepend",
            b',',
            &["Strip", "Prepend"],
        ),
        (
            "Prefix,Initial Rate,Next Rate,Connect Fee,Enabled,Initial Interval,Next Interval,Tag,Valid From",
            b',',
            &["Tag"],
        ),
        ("prefix,description,interstate,intrastate,local", b',', &[]),
        (
            "prefix,destination,interstate,intrastate,local,indeterminate,default,first_rate,first_sec,increment_sec,grace_sec,connect_fee,starts,ends",
            b',',
            &[],
        ),
    ];

    fn layout(header: &str, delimiter: u8) -> Result<Layout, (usize, String)> {
        let titles = header.split(char::from(delimiter)).map(str::to_owned).collect();
        Layout::of(titles, delimiter)
    }

    #[test]
    fn r10_1_every_header_of_the_list_is_known() {
        for (header, delimiter, ignored) in KNOWN {
            let layout = layout(header, delimiter).unwrap_or_else(|error| panic!("{header}: {error:?}"));
            assert_eq!(layout.ignored, ignored, "{header}");
            assert_eq!(layout.canonical, header.ends_with(",connect_fee,starts,ends"), "{header}");
        }
    }

    #[test]
    fn r10_1_money_that_is_not_known_refuses_the_file() {
        let (column, expected) = layout("prefix,rate,peak rate", b',').unwrap_err();
        assert_eq!(column, 2);
        assert!(expected.contains("money"), "{expected}");
        assert_eq!(layout("prefix,rate,default", b',').unwrap_err().0, 2, "two of one meaning");
        assert!(layout("prefix,destination", b',').is_err());
        for title in
            ["offpeak", "setup", "minimum", "Surcharge", "Tax %", "markup", "Discount", "rate (USD) cents"]
        {
            assert_eq!(layout(&format!("prefix,rate,{title}"), b',').unwrap_err().0, 2, "{title}");
        }
        assert!(layout("prefix,initial rate", b',').is_err(), "a first interval's price alone is none");
    }

    #[test]
    fn r10_1_a_price_by_jurisdiction_is_known_or_refuses_the_file() {
        let roles = |header: &str| layout(header, b',').unwrap().roles;
        assert_eq!(
            roles("npanxx,Inter,Intra,IJ")[1..],
            [PriceKind::Interstate, PriceKind::Intrastate, PriceKind::Indeterminate].map(Role::Price)
        );
        for title in ["Indet", "Indeterminate/Other", "IJ Std", "Inter-State (new)", "Intrastate 2", "Unit"] {
            assert_eq!(layout(&format!("npanxx,interstate,{title}"), b',').unwrap_err().0, 2, "{title}");
        }
        // Words that only look alike.
        for title in ["International", "Internal Name", "United"] {
            assert_eq!(layout(&format!("npanxx,interstate,{title}"), b',').unwrap().ignored, [title]);
        }
    }

    #[test]
    fn r10_1_codes_are_ocn_and_lata_or_cic_where_there_are_no_prefixes() {
        for (header, codes, ignored) in [
            ("OCN,LATA,Interstate,Intrastate", CodeKind::OcnLata, &[] as &[&str]),
            ("ocn,tier,rate", CodeKind::OcnLata, &[]),
            ("LATA,rate", CodeKind::OcnLata, &[]),
            ("CIC,Rate", CodeKind::Cic, &[]),
            ("CIC,OCN,Rate", CodeKind::OcnLata, &["CIC"]),
            ("NPANXX,LATA,OCN,Interstate", CodeKind::Prefix, &["LATA", "OCN"]),
            ("prefix,tier,rate", CodeKind::Prefix, &["tier"]),
        ] {
            let layout = layout(header, b',').unwrap_or_else(|error| panic!("{header}: {error:?}"));
            assert_eq!(
                (layout.codes, layout.ignored.as_slice()),
                (codes, ignored.iter().map(|&title| title.to_owned()).collect::<Vec<_>>().as_slice()),
                "{header}"
            );
        }
        assert_eq!(layout("tier,rate", b',').unwrap_err().0, 0, "a tier alone is no code");
    }

    #[test]
    fn forms_of_codes_follow_the_header() {
        assert_eq!(layout("npa,nxx,rate", b',').unwrap().prefixes, Some(PrefixForm::Nanp));
        assert_eq!(layout("prefix,rate", b',').unwrap().prefixes, Some(PrefixForm::E164));
        assert_eq!(layout("prefix,interstate,intrastate", b',').unwrap().prefixes, None);
        assert_eq!(layout("prefix,default,interstate", b',').unwrap().prefixes, None);
        assert_eq!(layout("lrn_prefix,interstate", b',').unwrap().prefixes, Some(PrefixForm::Nanp));
    }

    #[test]
    fn r10_1_currency_and_unit_stand_in_parentheses() {
        let currency = |header: &str| layout(header, b',').map(|layout| layout.currency);
        for header in [
            "code,Cost / Min (EUR)",
            "code,rate (eur per min)",
            "code,rate (EUR/min),connect fee (EUR per call)",
        ] {
            assert_eq!(currency(header), Ok(Some("EUR".to_owned())), "{header}");
        }
        for header in ["code,rate,First Interval (sec)", "code,rate (per minute)", "code (E.164),rate"] {
            assert_eq!(currency(header), Ok(None), "{header}");
        }
        for header in [
            "code,rate (cents)",
            "code,rate (per second)",
            "code,rate ($)",
            "code,rate (sec)",
            "code,rate (USD) (EUR)",
        ] {
            assert_eq!(currency(header).unwrap_err().0, 1, "{header}");
        }
        assert_eq!(currency("code,rate (USD),connect fee (EUR)").unwrap_err().0, 2, "two currencies");
        assert_eq!(currency("code,rate,first interval (min)").unwrap_err().0, 2);
    }

    #[test]
    fn r10_1_dates_and_intervals_are_known_by_their_usual_titles() {
        for (role, titles) in [
            (
                Role::Starts,
                "Effective|Eff Date|Effective From|Valid From|Start|EffectiveDate|Effective Date (UTC)|Start Date/Time",
            ),
            (Role::Ends, "Expiry Date|Expires|Ends On|Valid Until|Valid To|End|Expiration Date|Effective To"),
            (
                Role::FirstSec,
                "Min Time|Min Duration|Min Sec|MinSecs|Minimum Duration|Interval_1|Min Time (sec)",
            ),
            (Role::IncrementSec, "Increment|Incr|Next Increment|Interval N"),
        ] {
            for title in titles.split('|') {
                let layout = layout(&format!("prefix,rate,{title}"), b',');
                let layout = layout.unwrap_or_else(|error| panic!("{title}: {error:?}"));
                assert_eq!(layout.roles[2], role, "{title}");
            }
        }
        assert_eq!(layout("prefix,rate,Effective,Start Date", b',').unwrap_err().0, 3, "two of one meaning");
    }

    #[test]
    fn r10_1_an_interval_is_the_one_that_is_missing_or_both() {
        let roles = |header: &str| layout(header, b',').unwrap().roles;
        assert_eq!(roles("prefix,rate,Min Time,Interval")[2..], [Role::FirstSec, Role::IncrementSec]);
        assert_eq!(roles("prefix,rate,Interval,Increment")[2..], [Role::FirstSec, Role::IncrementSec]);
        assert_eq!(roles("prefix,rate,Interval")[2..], [Role::Billing], "30/6; a number alone is refused");
        assert_eq!(layout("prefix,rate,billing,Interval", b',').unwrap_err().0, 3);
        assert_eq!(layout("prefix,rate,Min Time,Increment,Interval", b',').unwrap_err().0, 4);
    }

    #[test]
    fn r10_1_dates_and_intervals_that_are_not_known_refuse_the_file() {
        for title in [
            "Effective As Of",
            "Expiring",
            "Date",
            "From",
            "Until",
            "Not Until",
            "StartsWhen",
            "End of Term",
            "EndWhen",
            "Interval Type",
            "Call Duration",
            "Second Increment",
            "Min",
            "Min.",
            "MinBlock",
            "Sec",
            "Billing Cycle",
        ] {
            let (column, expected) = layout(&format!("prefix,rate,{title}"), b',').unwrap_err();
            assert_eq!(column, 2, "{title}");
            let lists = ["effective date", "expiry date", "min duration", "billing increment"];
            assert!(lists.iter().all(|known| expected.contains(known)), "{title}: {expected}");
        }
        // Words that only look alike.
        for title in
            ["Vendor", "Prepend", "Terminations", "Section", "Administrator", "Last Updated", "Zone", "To"]
        {
            assert_eq!(layout(&format!("prefix,rate,{title}"), b',').unwrap().ignored, [title]);
        }
    }

    #[test]
    fn r10_1_intervals_are_told_once() {
        assert_eq!(layout("prefix,rate,billing,first interval", b',').unwrap_err().0, 3);
        assert_eq!(layout("prefix,rate,billing", b',').unwrap().unsaid_intervals(), None);
        assert!(layout("prefix,rate,increment", b',').unwrap().unsaid_intervals().is_some());
    }
}
