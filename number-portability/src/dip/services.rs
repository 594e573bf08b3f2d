//! The services that are asked, one after another, in the time that a call can wait.
//!
//! Worked: `sip:192.0.2.7 http://192.0.2.8/lrn/{number}` with 300 ms each and 500 ms in all. The first is silent: after
//! 300 ms the second is asked, which has the 200 ms that are left. The first one then rests: for five seconds it is asked
//! after the others, so that a dead server costs one call its time, and not each.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::answer::Answer;
use super::ask::{Deadline, Question};
use super::http::HttpServer;
use super::sip::SipServer;
use super::tls::{self, TlsError};
use super::word::{By, Told};
use rustls::ClientConfig;

/// How long a server that did not answer is asked after the others.
const REST_NS: u64 = 5_000_000_000;

/// What services there are, as an administrator writes it.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Services that know LRNs, in the order in which they are asked, with blanks between them: `sip:HOST[:PORT]`, or
    /// `http://HOST[:PORT]/PATH`, or `https://…`, with `{number}` in its path.
    pub lrn: &'a str,
    /// Services that know who serves a toll-free number; `{ani}` and `{lata}` are those of the caller.
    pub toll_free: &'a str,
    /// Sent to HTTP services as `x-api-token`; empty for none.
    pub token: &'a str,
    /// A file of certificate authorities in PEM that `https` services are trusted by, beside those of the system; empty for
    /// none.
    pub authorities: &'a str,
    /// Time of one server.
    pub server_ms: u32,
    /// Time of all servers together.
    pub budget_ms: u32,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Settings { lrn: "", toll_free: "", token: "", authorities: "", server_ms: 300, budget_ms: 700 }
    }
}

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServicesError {
    /// A text that names no service.
    #[error(
        "{0:?} is no service; expected sip:HOST[:PORT], or http://HOST[:PORT]/PATH or https://… with {{number}} in it"
    )]
    NotAService(String),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A name that has no address.
    #[error("{0}: the name has no address")]
    Unknown(String),
}

/// The services.
#[derive(Debug)]
pub struct Services {
    lrn: Vec<Server>,
    toll_free: Vec<Server>,
    server_time: Duration,
    budget: Duration,
}

#[derive(Debug)]
struct Server {
    kind: Kind,
    /// Until when it is asked after the others.
    rests_until_ns: AtomicU64,
}

#[derive(Clone, Debug)]
enum Kind {
    Sip(SipServer),
    Http(HttpServer),
}

impl Kind {
    const fn by(&self) -> By {
        match self {
            Kind::Sip(_) => By::Sip,
            Kind::Http(_) => By::Http,
        }
    }
}

impl Services {
    /// Reads the settings, and finds the servers' addresses.
    ///
    /// # Errors
    /// [`ServicesError`] for the first text that names no service.
    pub fn new(settings: &Settings<'_>) -> Result<Services, ServicesError> {
        let is_https = |list: &str| list.split_whitespace().any(|text| text.starts_with("https://"));
        let has_https = is_https(settings.lrn) || is_https(settings.toll_free);
        let tls = has_https.then(|| tls::trust(settings.authorities)).transpose()?;
        let servers = |list: &str| {
            list.split_whitespace()
                .map(|text| Server::read(text, settings.token, tls.as_ref()))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Services {
            lrn: servers(settings.lrn)?,
            toll_free: servers(settings.toll_free)?,
            server_time: Duration::from_millis(settings.server_ms.into()),
            budget: Duration::from_millis(settings.budget_ms.into()),
        })
    }

    /// Whether anybody knows LRNs.
    #[must_use]
    pub fn know_lrns(&self) -> bool {
        !self.lrn.is_empty()
    }

    /// Whether anybody knows who serves toll-free numbers.
    #[must_use]
    pub fn know_toll_free(&self) -> bool {
        !self.toll_free.is_empty()
    }

    /// Asks one server after another until one answers; `None` if none did in time. Waits for it: call it where waiting
    /// keeps nobody else from work. What is wrong with a service's certificate is told through `tell`. `unique` is a number that no other question has; `now_ns` is of a clock that nobody
    /// sets.
    #[must_use]
    pub fn ask(&self, question: &Question, unique: u64, now_ns: u64, tell: &dyn Fn(&str)) -> Option<Told> {
        let servers = match question {
            Question::Lrn(_) => &self.lrn,
            Question::TollFree { .. } => &self.toll_free,
        };
        let whole = Deadline::within(self.budget);
        // Who begins to rest in this very call has been asked.
        let (resting, awake): (Vec<_>, Vec<_>) = servers.iter().partition(|server| server.rests(now_ns));
        for server in awake.into_iter().chain(resting) {
            whole.left()?;
            let answer = server.ask(question, unique, whole.at_most(self.server_time));
            let answer = answer.unwrap_or_else(|error| {
                if let Some(text) = server.distrust(&error) {
                    tell(&text);
                }
                Answer::None
            });
            if let Some(word) = answer.word(question.number()) {
                return Some(Told::now(word, server.kind.by()));
            }
            server.rest(now_ns);
        }
        None
    }
}

impl Server {
    fn read(text: &str, token: &str, tls: Option<&Arc<ClientConfig>>) -> Result<Server, ServicesError> {
        let not_one = || ServicesError::NotAService(text.to_owned());
        let kind = if let Some(host) = text.strip_prefix("sip:") {
            Kind::Sip(SipServer {
                address: address(host, 5060).ok_or_else(|| ServicesError::Unknown(text.into()))?,
            })
        } else if let Some((rest, tls)) = url_of(text, tls) {
            let at = rest.find('/').filter(|_| rest.contains("{number}")).ok_or_else(not_one)?;
            let (host, path) = rest.split_at(at);
            let port = if tls.is_some() { 443 } else { 80 };
            let named = |config| tls::name_of(host).map(|name| (config, name)).map_err(|_| not_one());
            let tls = tls.map(named).transpose()?;
            let address = address(host, port).ok_or_else(|| ServicesError::Unknown(text.into()))?;
            Kind::Http(HttpServer { address, host: host.into(), path: path.into(), token: token.into(), tls })
        } else {
            return Err(not_one());
        };
        Ok(Server { kind, rests_until_ns: AtomicU64::new(0) })
    }

    fn ask(&self, question: &Question, unique: u64, deadline: Deadline) -> std::io::Result<Answer> {
        match &self.kind {
            Kind::Sip(server) => server.ask(question, unique, deadline),
            Kind::Http(server) => server.ask(question, deadline),
        }
    }

    /// What is to be told of a service that TLS does not trust. A rest follows, so that it is not told for each call.
    fn distrust(&self, error: &std::io::Error) -> Option<String> {
        let Kind::Http(HttpServer { host, tls: Some(_), .. }) = &self.kind else { return None };
        let fault = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        Some(format!(
            "dips: https://{host} is not asked: {fault}; if it is who it should be, name its authority in TANDEM_DIP_CA"
        ))
    }

    fn rests(&self, now_ns: u64) -> bool {
        // ORDERING: orders nothing else; a thread that sees it late asks in another order once.
        self.rests_until_ns.load(Ordering::Relaxed) > now_ns
    }

    fn rest(&self, now_ns: u64) {
        // ORDERING: as in `rests`.
        self.rests_until_ns.store(now_ns.saturating_add(REST_NS), Ordering::Relaxed);
    }
}

/// What follows `http://` or `https://`, and how TLS is spoken there.
fn url_of<'a>(
    text: &'a str,
    tls: Option<&Arc<ClientConfig>>,
) -> Option<(&'a str, Option<Arc<ClientConfig>>)> {
    match text.strip_prefix("http://") {
        Some(rest) => Some((rest, None)),
        None => Some((text.strip_prefix("https://")?, Some(Arc::clone(tls?)))),
    }
}

/// The first address of `HOST`, `HOST:PORT` or `[V6]:PORT`.
fn address(host: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let has_port =
        host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) && !host.ends_with(']');
    let host = if has_port { host.to_owned() } else { format!("{host}:{port}") };
    host.to_socket_addrs().ok()?.next()
}

#[cfg(test)]
mod tests;
