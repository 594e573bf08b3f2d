//! A call as it is told to `simulate`: by flags, or by a line of JSON with the same names as keys.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use rating_core::class::AniClass;
use rating_core::jurisdiction::Jurisdiction;
use rating_core::lerg::Place;
use rating_core::money::Nano;
use rating_core::number;
use rating_core::snapshot::view::CALL_SEC_MAX;
use rating_node::owners::Scope;
use serde::Deserialize;

/// A call.
#[derive(clap::Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CallArgs {
    /// The calling number.
    #[arg(long, value_name = "N", default_value = "", hide_default_value = true)]
    pub ani: String,
    /// The called number.
    #[arg(
        long,
        value_name = "N",
        required_unless_present = "calls",
        default_value = "",
        hide_default_value = true
    )]
    pub dnis: String,
    /// The called number's LRN, as a dip would give it.
    #[arg(long, value_name = "N")]
    #[serde(alias = "dnis-lrn")]
    pub dnis_lrn: Option<String>,
    /// The calling number's LRN, as a dip would give it; counts where the plan says use_ani_lrn.
    #[arg(long, value_name = "N")]
    #[serde(alias = "ani-lrn")]
    pub ani_lrn: Option<String>,
    /// The trunk that it comes in on.
    #[arg(long, value_name = "T")]
    pub trunk: Option<String>,
    /// The numbers are those of the call's record: without the trunk's tech prefix, and not by its dialling rules.
    #[arg(long, requires = "trunk")]
    pub recorded: bool,
    /// The account that pays, without a trunk.
    #[arg(long, value_name = "A")]
    pub account: Option<String>,
    /// The address that it comes from; the trunk is looked up.
    #[arg(long, value_name = "ADDRESS")]
    pub source: Option<IpAddr>,
    /// The partition, in place of the trunk's or the account's.
    #[arg(long, value_name = "P")]
    pub partition: Option<String>,
    /// When; now if not given.
    #[arg(long, value_name = "RFC3339")]
    pub at: Option<Timestamp>,
    /// Highest buy price a minute, such as 0.0045.
    #[arg(long, value_name = "R")]
    #[serde(alias = "rate-limit")]
    pub rate_limit: Option<String>,
    /// Most routes, 1 to 8.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8))]
    #[serde(alias = "max-results")]
    pub max_results: Option<u32>,
    /// Duration for cost, price and profit; the plan's reference duration if not given.
    #[arg(long, value_name = "SEC", value_parser = clap::value_parser!(u32).range(0..=i64::from(CALL_SEC_MAX)))]
    pub duration: Option<u32>,
    /// The Call-ID.
    #[arg(long, value_name = "ID")]
    #[serde(alias = "call-id")]
    pub call_id: Option<String>,
    /// The jurisdiction for pricing: interstate, intrastate, local, indeterminate, toll_free, zone1, international.
    #[arg(long, value_name = "Z")]
    pub zone: Option<String>,
    /// The called side's OCN.
    #[arg(long, value_name = "O")]
    pub ocn: Option<String>,
    /// The called side's LATA.
    #[arg(long, value_name = "L")]
    pub lata: Option<String>,
    /// The called side's state.
    #[arg(long, value_name = "S")]
    pub state: Option<String>,
    /// The class of the calling number: DOM, DOMTF, INTL.
    #[arg(long, value_name = "C")]
    #[serde(alias = "ani-class")]
    pub ani_class: Option<String>,
    /// The digest user that it comes from; the trunk is looked up.
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// The carrier of a toll-free number: 4 digits.
    #[arg(long, value_name = "CIC")]
    pub cic: Option<String>,
    /// Who is responsible for a toll-free number: 5 letters or digits. Decides nothing.
    #[arg(long, value_name = "R")]
    #[serde(alias = "resp-org")]
    pub resp_org: Option<String>,
    /// The round-robin cursor: the route that the partition chose before.
    #[arg(long, value_name = "ROUTE")]
    pub cursor: Option<String>,
    /// A live score, 0 to 100, in place of the plan's; in a file an object such as {"north_econ":87}.
    #[arg(long, value_name = "ROUTE=SCORE", value_parser = score)]
    #[serde(deserialize_with = "scores")]
    pub quality: Option<Vec<(String, i32)>>,
    /// A limit without room: account:ID, trunk:ID, provider:ID, route:ID, gateway:ID, partition:ID or
    /// membership:PARTITION/ROUTE, which is all of its limits; or one of them, such as route:ID:concurrent_calls.
    #[arg(long, value_name = "SCOPE:ID[:LIMIT]")]
    pub full: Option<Vec<LimitName>>,
    /// What can be held of a wallet, money or seconds; the plan's credit limit if not given. In a file an object
    /// such as {"acme-usd":{"available":"12.5"}}, with "pays" where another node has a part of it.
    #[arg(long = "wallet", value_name = "WALLET=AMOUNT", value_parser = wallet)]
    #[serde(alias = "wallet", deserialize_with = "wallets")]
    pub wallets: Option<Vec<(String, WalletTold)>>,
}

/// A limit by its name, or all limits of an owner: `route:north_econ`, `route:north_econ:concurrent_calls`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct LimitName {
    pub scope: Scope,
    pub owner: String,
    /// All of the owner's, if not given.
    pub dimension: Option<String>,
}

impl FromStr for LimitName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scope, rest) = text.split_once(':').ok_or("expected SCOPE:ID, such as route:north_econ")?;
        let known = Scope::ALL.into_iter().find(|known| known.name() == scope);
        let scope = known.ok_or_else(|| {
            format!("expected one of the scopes {}", Scope::ALL.map(Scope::name).join(", "))
        })?;
        let (owner, dimension) = match rest.split_once(':') {
            Some((owner, dimension)) => (owner, Some(dimension.to_owned())),
            None => (rest, None),
        };
        Ok(Self { scope, owner: owner.to_owned(), dimension })
    }
}

impl TryFrom<String> for LimitName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|error| format!("full: {text}: {error}"))
    }
}

/// A wallet, as a call is told of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WalletTold {
    /// Whether it pays; if not given, whether what is available is more than its threshold.
    pub pays: Option<bool>,
    /// Money in the plan's currency, or seconds.
    pub available: Option<String>,
}

/// A wallet, as a flag writes it.
fn wallet(text: &str) -> Result<(String, WalletTold), String> {
    let (wallet, amount) = text.split_once('=').ok_or("expected WALLET=AMOUNT, such as acme-usd=12.5")?;
    Ok((wallet.to_owned(), WalletTold { pays: None, available: Some(amount.to_owned()) }))
}

/// Wallets, as a line of a file writes them.
fn wallets<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Vec<(String, WalletTold)>>, D::Error> {
    Ok(Some(BTreeMap::<String, WalletTold>::deserialize(from)?.into_iter().collect()))
}

/// A route's live score, as a flag writes it.
fn score(text: &str) -> Result<(String, i32), String> {
    let read = text.split_once('=').and_then(|(route, score)| Some((route.to_owned(), score.parse().ok()?)));
    read.filter(|(_, score)| (0..=100).contains(score))
        .ok_or("expected ROUTE=SCORE, such as north_econ=87".into())
}

/// Live scores, as a line of a file writes them.
fn scores<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Vec<(String, i32)>>, D::Error> {
    let scores = BTreeMap::<String, i32>::deserialize(from)?;
    match scores.iter().find(|(_, score)| !(0..=100).contains(*score)) {
        Some((route, score)) => {
            Err(serde::de::Error::custom(format!("quality of {route}: {score} is not 0 to 100")))
        }
        None => Ok(Some(scores.into_iter().collect())),
    }
}

impl CallArgs {
    /// How many things it says to come from.
    fn origins(&self) -> usize {
        let given =
            [self.trunk.is_some(), self.account.is_some(), self.source.is_some(), self.user.is_some()];
        given.into_iter().filter(|given| *given).count()
    }

    /// When the call is decided.
    pub fn at(&self) -> Timestamp {
        self.at.unwrap_or_else(Timestamp::now)
    }

    /// Refuses what would be passed over in silence: a call without a called number, an LRN that is no number,
    /// a rule that this version does not have.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.dnis.trim().is_empty() {
            bail!("dnis: expected the called number");
        }
        for (name, lrn) in [("dnis-lrn", &self.dnis_lrn), ("ani-lrn", &self.ani_lrn)] {
            if let Some(text) = lrn
                && number::normalise(text.as_bytes()).is_none()
            {
                bail!("--{name} {text:?}: expected a number such as 12125550000");
            }
        }
        if let Some(text) = &self.resp_org
            && capitals::<5>(text).is_none()
        {
            bail!("--resp-org {text:?}: expected 5 letters or digits");
        }
        Ok(())
    }

    /// The class of the calling number.
    pub fn ani_class(&self) -> anyhow::Result<Option<AniClass>> {
        let Some(text) = &self.ani_class else { return Ok(None) };
        let found = AniClass::from_name(&text.to_ascii_uppercase());
        Ok(Some(found.with_context(|| format!("--ani-class {text:?}: expected DOM, DOMTF or INTL"))?))
    }

    /// The carrier of a toll-free number.
    pub fn cic(&self) -> anyhow::Result<Option<[u8; 4]>> {
        let Some(text) = &self.cic else { return Ok(None) };
        let digits = capitals(text).filter(|code: &[u8; 4]| code.iter().all(u8::is_ascii_digit));
        Ok(Some(digits.with_context(|| format!("--cic {text:?}: expected 4 digits, such as 0288"))?))
    }

    /// The highest buy price a minute.
    pub fn rate_limit(&self) -> anyhow::Result<Option<Nano>> {
        let Some(text) = &self.rate_limit else { return Ok(None) };
        let limit = Nano::parse(text.as_bytes()).with_context(|| format!("--rate-limit {text:?}"))?;
        if limit < Nano::ZERO {
            bail!("--rate-limit {text:?}: expected 0 or more");
        }
        Ok(Some(limit))
    }

    /// The jurisdiction for pricing.
    pub fn zone(&self) -> anyhow::Result<Option<Jurisdiction>> {
        let Some(text) = &self.zone else { return Ok(None) };
        let found = Jurisdiction::ALL.into_iter().find(|zone| zone.name() == text);
        let all = || Jurisdiction::ALL.map(Jurisdiction::name).join(", ");
        Ok(Some(found.with_context(|| format!("--zone {text:?}: expected one of {}", all()))?))
    }

    /// What is said of the called side.
    pub fn called(&self) -> anyhow::Result<Place> {
        let mut place = Place::default();
        if let Some(text) = &self.ocn {
            place.ocn =
                capitals(text).with_context(|| format!("--ocn {text:?}: expected 4 letters or digits"))?;
        }
        if let Some(text) = &self.state {
            place.state =
                capitals(text).with_context(|| format!("--state {text:?}: expected two letters"))?;
        }
        if let Some(text) = &self.lata {
            let lata = text.parse().ok().filter(|lata| (1..=99_999).contains(lata));
            place.lata = lata.with_context(|| format!("--lata {text:?}: expected up to 5 digits"))?;
        }
        Ok(place)
    }
}

/// A code of exactly `N` letters or digits, in capitals.
fn capitals<const N: usize>(text: &str) -> Option<[u8; N]> {
    let code: [u8; N] = text.as_bytes().try_into().ok()?;
    code.iter().all(u8::is_ascii_alphanumeric).then(|| code.map(|byte| byte.to_ascii_uppercase()))
}

/// A call, and where it was told.
pub(super) struct TracedCall {
    /// Its line; 0 for the flags.
    pub line: usize,
    pub call: CallArgs,
}

/// The calls of a file, and what is wrong with its lines.
#[derive(Default)]
pub(super) struct Calls {
    pub calls: Vec<TracedCall>,
    pub bad: BadLines,
}

/// What is wrong, by line.
#[derive(Default)]
pub(super) struct BadLines(Vec<(usize, String)>);

impl BadLines {
    /// Notes what is wrong with a line.
    pub fn note(&mut self, line: usize, what: String) {
        self.0.push((line, what));
    }

    /// Refuses the file if a line is bad, naming all that are.
    pub fn refuse(mut self, file: &Path) -> anyhow::Result<()> {
        self.0.sort_by_key(|(line, _)| *line);
        let file = file.display();
        let text = |(line, what): &(usize, String)| format!("{file}:{line}:{what}");
        let all: Vec<_> = self.0.iter().map(text).collect();
        match all.len() {
            0 => Ok(()),
            1 => bail!("1 bad line; no call was decided:\n{}", all.join("\n")),
            count => bail!("{count} bad lines; no call was decided:\n{}", all.join("\n")),
        }
    }
}

/// Reads calls, one a line; what a line does not say is as the flags say.
pub(super) fn read_calls(file: &Path, flags: &CallArgs) -> anyhow::Result<Calls> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let mut read = Calls::default();
    for (index, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let line = index + 1;
        match serde_json::from_str::<CallArgs>(text) {
            Ok(call) => {
                let checked = check_line(&call);
                let call = with_defaults(call, flags);
                match checked.and_then(|()| call.check()) {
                    Ok(()) => read.calls.push(TracedCall { line, call }),
                    Err(error) => read.bad.note(line, format!(" {error:#}")),
                }
            }
            Err(error) => {
                let (column, error) = (error.column(), error.to_string());
                let what = error.split(" at line ").next().unwrap_or_default();
                read.bad.note(line, format!("{column}: {what}"));
            }
        }
    }
    Ok(read)
}

/// What clap checks of flags.
fn check_line(call: &CallArgs) -> anyhow::Result<()> {
    if call.max_results.is_some_and(|most| !(1..=8).contains(&most)) {
        bail!("max_results: expected 1 to 8");
    }
    if call.duration.is_some_and(|duration| duration > CALL_SEC_MAX) {
        bail!("duration: expected at most {CALL_SEC_MAX} seconds");
    }
    if call.origins() > 1 {
        bail!("trunk, account, source and user: expected one of them");
    }
    Ok(())
}

fn with_defaults(call: CallArgs, flags: &CallArgs) -> CallArgs {
    let origin = if call.origins() > 0 { &call } else { flags }.clone();
    let text = |own: String, flag: &String| if own.is_empty() { flag.clone() } else { own };
    CallArgs {
        ani: text(call.ani, &flags.ani),
        dnis: text(call.dnis, &flags.dnis),
        dnis_lrn: call.dnis_lrn.or(flags.dnis_lrn.clone()),
        ani_lrn: call.ani_lrn.or(flags.ani_lrn.clone()),
        trunk: origin.trunk,
        recorded: call.recorded || flags.recorded,
        account: origin.account,
        source: origin.source,
        user: origin.user,
        partition: call.partition.or(flags.partition.clone()),
        at: call.at.or(flags.at),
        rate_limit: call.rate_limit.or(flags.rate_limit.clone()),
        max_results: call.max_results.or(flags.max_results),
        duration: call.duration.or(flags.duration),
        call_id: call.call_id.or(flags.call_id.clone()),
        zone: call.zone.or(flags.zone.clone()),
        ocn: call.ocn.or(flags.ocn.clone()),
        lata: call.lata.or(flags.lata.clone()),
        state: call.state.or(flags.state.clone()),
        ani_class: call.ani_class.or(flags.ani_class.clone()),
        cic: call.cic.or(flags.cic.clone()),
        resp_org: call.resp_org.or(flags.resp_org.clone()),
        cursor: call.cursor.or(flags.cursor.clone()),
        quality: call.quality.or(flags.quality.clone()),
        full: call.full.or(flags.full.clone()),
        wallets: call.wallets.or(flags.wallets.clone()),
    }
}
