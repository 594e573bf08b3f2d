//! Dips: whether a call's number is to be asked about, the file of ported numbers, and the services.
//!
//! What there is comes from the environment, as the paths of Lua's and Python's configurations do, and is read once,
//! when the process attaches: `docs/DIPS.md`. A call is dipped only where an LRN can change its decision: a stranger's,
//! a blocked one, one that goes to a client's DID costs no dip.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use number_portability::dip::{
    Answer, By, Question, Services, Settings, Told, Word, read_enum, read_http, read_sip,
};
use once_cell::sync::OnceCell;
use rating_core::class::DestinationClass;
use rating_core::number;
use rating_core::reject::Reason;
use rating_core::route::Decision;
use rating_node::ported::PortedFile;

use crate::instance::{self, Request};
use crate::panic::{Failure, complain};
use crate::status::TandemStatus;

/// What is known of a call's number before it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, and nobody is to be asked.
    Nothing,
    /// Services are to be asked this.
    Ask(Question),
    /// This: the file has it, or a service has answered.
    Known(Told),
}

/// Who has answered, to those who ask services themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Sip,
    Http,
    Enum,
}

struct Dips {
    file: Option<Mutex<PortedFile>>,
    services: Services,
}

static DIPS: OnceCell<Dips> = OnceCell::new();

/// Reads the environment, once; a fork inherits what was read.
pub(crate) fn configure() -> Result<(), Failure> {
    DIPS.get_or_try_init(|| read_settings(|name| std::env::var(name).unwrap_or_default())).map(|_| ())
}

/// Reads what there is; `text` gives the value of a name.
fn read_settings(text: impl Fn(&str) -> String) -> Result<Dips, Failure> {
    let refused = |text: String| Failure::new(TandemStatus::AttachFailed, text);
    let ms = |name, otherwise: u32| match text(name).as_str() {
        "" => Ok(otherwise),
        ms => ms.parse().map_err(|_| refused(format!("{name}: {ms:?} is no number of milliseconds"))),
    };
    let (lrn, toll_free, token, authorities) = (
        text("TANDEM_LRN_DIPS"),
        text("TANDEM_TOLL_FREE_DIPS"),
        text("TANDEM_DIP_TOKEN"),
        text("TANDEM_DIP_CA"),
    );
    let otherwise = Settings::default();
    let settings = Settings {
        lrn: &lrn,
        toll_free: &toll_free,
        token: &token,
        authorities: &authorities,
        server_ms: ms("TANDEM_DIP_SERVER_MS", otherwise.server_ms)?,
        budget_ms: ms("TANDEM_DIP_BUDGET_MS", otherwise.budget_ms)?,
    };
    let services = Services::new(&settings).map_err(|error| refused(format!("dips: {error}")))?;
    let file = match text("TANDEM_PORTED") {
        path if path.is_empty() => None,
        path => Some(PortedFile::open(&PathBuf::from(path)).map_err(|error| refused(error.to_string()))?),
    };
    Ok(Dips { file: file.map(Mutex::new), services })
}

/// What is known of the call's number, or whom to ask.
pub(crate) fn wanted(request: &Request<'_>) -> Result<Found, Failure> {
    let dips = DIPS.get().ok_or(TandemStatus::NotAttached)?;
    if dips.file.is_none() && !dips.services.know_lrns() && !dips.services.know_toll_free() {
        return Ok(Found::Nothing);
    }
    let (decision, _) = instance::simulate(request)?;
    Ok(match question(&decision) {
        None => Found::Nothing,
        Some(question @ Question::TollFree { .. }) if dips.services.know_toll_free() => Found::Ask(question),
        Some(Question::TollFree { .. }) => Found::Nothing,
        Some(question @ Question::Lrn(number)) => match dips.look_up(&number) {
            Some(told) => Found::Known(told),
            None if dips.services.know_lrns() => Found::Ask(question),
            None => Found::Nothing,
        },
    })
}

impl Dips {
    fn look_up(&self, number: &number::Digits) -> Option<Told> {
        let mut file = self.file.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.refresh(instance::now().monotonic_ns) {
            complain(format_args!("{error}; going on with the numbers that are live"));
        }
        file.look_up(number).map(|to| Told::now(Word::Lrn(to.lrn), By::File))
    }
}

/// What an answer would change the decision by, if anything (3.1, 3.3, 3.9).
fn question(decision: &Decision) -> Option<Question> {
    let facts = &decision.facts;
    let is_open = match &decision.verdict {
        // Endpoints of a campaign match every number (4.1).
        Ok(legs) => legs.iter().any(|leg| leg.candidate.deck_version > 0),
        Err(reject) => depends_on_lrn(reject.reason),
    };
    if facts.is_emergency || !is_open || !facts.dnis.is_nanp() {
        return None;
    }
    match facts.destination? {
        DestinationClass::TollFree => {
            let question =
                Question::TollFree { number: facts.dnis, ani: facts.ani, lata: facts.calling.lata };
            facts.cic.is_none().then_some(question)
        }
        // Given by a customer who is trusted with it.
        _ if !facts.dnis_lrn.is_empty() => None,
        DestinationClass::Domestic | DestinationClass::International => Some(Question::Lrn(facts.dnis)),
        DestinationClass::Premium => None,
    }
}

/// Whether a call that is refused so may be carried with an LRN.
fn depends_on_lrn(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::NoRoute
            | Reason::NoSellRate
            | Reason::OverRateLimit
            | Reason::MarginProtected
            | Reason::InsufficientBalance
            | Reason::TargetCpsExceeded
            | Reason::TargetConcurrencyExceeded
            | Reason::TargetVolumeExceeded
            | Reason::TargetSpendExceeded
    )
}

/// Asks the services, and waits for them: where waiting keeps nobody else from work.
pub(crate) fn ask(question: &[u8]) -> Result<Found, Failure> {
    let dips = DIPS.get().ok_or(TandemStatus::NotAttached)?;
    let read = std::str::from_utf8(question).ok().and_then(Question::read);
    let question = read
        .ok_or_else(|| Failure::new(TandemStatus::BadArgument, "dip: not a question that dip_wanted gave"))?;
    let now = instance::now().monotonic_ns;
    let Some(told) = dips.services.ask(&question, unique(now), now, &|text| complain(format_args!("{text}")))
    else {
        return Ok(Found::Nothing);
    };
    // The decision follows, and by the LRN it looks where nobody has looked yet.
    if let Word::Lrn(lrn) = told.word {
        instance::hint(lrn.as_bytes(), 1)?;
        instance::hint(lrn.as_bytes(), 2)?;
    }
    Ok(Found::Known(told))
}

/// A number that no other question of this machine has.
fn unique(now_ns: u64) -> u64 {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    // ORDERING: counts; nothing is published with it.
    let nth = ASKED.fetch_add(1, Ordering::Relaxed);
    (now_ns << 24) ^ (u64::from(std::process::id()) << 8) ^ (nth & 0xff)
}

/// Reads an answer that the configuration has got by itself.
pub(crate) fn read(number: &[u8], how: How, code: u16, text: &[u8]) -> Result<Found, Failure> {
    let number = number::normalise(number)
        .ok_or_else(|| Failure::new(TandemStatus::BadArgument, "dip_read: the number is none"))?;
    let (answer, by): (Answer, By) = match how {
        How::Sip => (read_sip(&number, code, text), By::Sip),
        How::Http => (read_http(&number, code, text), By::Http),
        How::Enum => (read_enum(&number, text), By::Enum),
    };
    Ok(answer.word(number).map_or(Found::Nothing, |word| Found::Known(Told::now(word, by))))
}

/// How an answer has come, by its name.
pub(crate) fn how(name: &[u8]) -> Result<How, Failure> {
    match name {
        b"sip" => Ok(How::Sip),
        b"http" => Ok(How::Http),
        b"enum" => Ok(How::Enum),
        _ => Err(Failure::new(TandemStatus::BadArgument, "dip_read: expected sip, http or enum")),
    }
}

#[cfg(test)]
mod tests {
    use super::read_settings;

    /// The text of the refusal, of settings with these.
    fn refused(name: &str, value: &str) -> String {
        let read = read_settings(|asked| if asked == name { value.to_owned() } else { String::new() });
        read.err().map(|failure| failure.text).unwrap_or_default()
    }

    #[test]
    fn a_wrong_setting_is_told_at_the_start() {
        for (name, value, told) in [
            ("TANDEM_LRN_DIPS", "sip:127.0.0.1:5060", ""),
            ("TANDEM_LRN_DIPS", "127.0.0.1", "sip:HOST"),
            ("TANDEM_LRN_DIPS", "https://127.0.0.1", "with {number}"),
            ("TANDEM_DIP_SERVER_MS", "0.3", "TANDEM_DIP_SERVER_MS"),
            ("TANDEM_DIP_BUDGET_MS", "-1", "TANDEM_DIP_BUDGET_MS"),
            ("TANDEM_PORTED", "/nowhere/ported", "/nowhere/ported"),
        ] {
            let text = refused(name, value);
            assert_eq!(text.is_empty(), told.is_empty(), "{name}={value}: {text}");
            assert!(text.contains(told), "{name}={value}: {text}");
        }
    }
}
