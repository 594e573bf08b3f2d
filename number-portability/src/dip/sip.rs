//! One question to a SIP service: an INVITE over UDP, and its final answer.
//!
//! The INVITE is our own: nothing of the customer's goes to the service but the called number.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::answer::{Answer, read_sip};
use super::ask::{Deadline, Question};

/// How long an INVITE waits before it is sent again (RFC 3261, T1).
const SEND_EVERY: Duration = Duration::from_millis(500);

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SipServer {
    pub address: SocketAddr,
}

impl SipServer {
    /// Asks; an error is no answer.
    pub fn ask(&self, question: &Question, unique: u64, deadline: Deadline) -> std::io::Result<Answer> {
        let any = if self.address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
        let socket = UdpSocket::bind(any)?;
        socket.connect(self.address)?;
        let call = Call { server: self.address, own: socket.local_addr()?, question, unique };
        let mut is_proceeding = false;
        let mut datagram = [0; 8192];
        let mut sent_at: Option<Instant> = None;
        while let Some(left) = deadline.left() {
            let since = sent_at.map_or(SEND_EVERY, |at| at.elapsed());
            if since >= SEND_EVERY && !is_proceeding {
                socket.send(call.request("INVITE", 1, "").as_bytes())?;
                sent_at = Some(Instant::now());
            }
            let wait = if is_proceeding { left } else { left.min(SEND_EVERY) };
            socket.set_read_timeout(Some(wait))?;
            let len = match socket.recv(&mut datagram) {
                Ok(len) => len,
                Err(error) if is_time_out(&error) => continue,
                Err(error) => return Err(error),
            };
            let Some(reply) = datagram.get(..len).and_then(|text| Reply::read(text, &call)) else { continue };
            if reply.sip_code < 200 {
                is_proceeding = true;
                continue;
            }
            socket.send(call.request("ACK", 1, reply.to_tag).as_bytes())?;
            if reply.sip_code < 300 {
                // It has taken the question for a call.
                socket.send(call.request("BYE", 2, reply.to_tag).as_bytes())?;
            }
            return Ok(read_sip(&question.number(), reply.sip_code, reply.contact.as_bytes()));
        }
        if is_proceeding {
            socket.send(call.request("CANCEL", 1, "").as_bytes())?;
        }
        Ok(Answer::None)
    }
}

fn is_time_out(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted)
}

/// What names one question.
struct Call<'a> {
    server: SocketAddr,
    own: SocketAddr,
    question: &'a Question,
    unique: u64,
}

impl Call<'_> {
    fn call_id(&self) -> String {
        format!("dip-{:016x}@{}", self.unique, self.own.ip())
    }

    fn request(&self, method: &str, cseq: u32, to_tag: &str) -> String {
        let Call { server, own, unique, .. } = self;
        let number = self.question.number();
        let uri = format!("sip:+{number}@{server}");
        let tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
        let user = match self.question {
            Question::TollFree { ani, .. } if !ani.is_empty() => format!("+{ani}"),
            _ => "dip".to_owned(),
        };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{unique:016x}{cseq};rport\r\n\
             Max-Forwards: 1\r\nFrom: <sip:{user}@{own}>;tag={unique:016x}\r\nTo: <{uri}>{tag}\r\n\
             Call-ID: {}\r\nCSeq: {cseq} {method}\r\nContact: <sip:{user}@{own}>\r\n\
             User-Agent: Tandem\r\nContent-Length: 0\r\n\r\n",
            self.call_id()
        )
    }
}

/// An answer to the INVITE.
struct Reply<'a> {
    sip_code: u16,
    contact: &'a str,
    to_tag: &'a str,
}

impl<'a> Reply<'a> {
    /// Reads it, if it is one to this question.
    fn read(datagram: &'a [u8], call: &Call<'_>) -> Option<Reply<'a>> {
        let text = std::str::from_utf8(datagram).ok()?;
        let head = text.split("\r\n\r\n").next()?;
        let mut lines = head.split("\r\n");
        let sip_code = lines.next()?.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
        let header = |names: [&str; 2]| {
            head.split("\r\n").skip(1).find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let name = name.trim();
                names.iter().any(|known| name.eq_ignore_ascii_case(known)).then_some(value.trim())
            })
        };
        let is_ours =
            header(["Call-ID", "i"])? == call.call_id() && header(["CSeq", "CSeq"])?.ends_with("INVITE");
        let to_tag = header(["To", "t"])?.rsplit_once(";tag=").map_or("", |(_, tag)| tag);
        let contact = header(["Contact", "m"]).unwrap_or("");
        is_ours.then_some(Reply { sip_code, contact, to_tag })
    }
}
