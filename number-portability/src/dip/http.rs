//! One question to an HTTP service: a GET on a connection of its own, and its answer.
//!
//! Plain, or over TLS. A proxy on this machine would keep connections open, which this does not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rating_core::number::Digits;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::answer::{Answer, read_http};
use super::ask::{Deadline, Question};
use super::tls;

/// More of an answer is not read.
const ANSWER_MAX: usize = 64 * 1024;

/// A service.
#[derive(Clone, Debug)]
pub(super) struct HttpServer {
    pub address: SocketAddr,
    /// What stands in the URL for host and port.
    pub host: String,
    /// What stands behind it, with `{number}`, `{ani}` and `{lata}`.
    pub path: String,
    /// What is sent as `x-api-token`; empty for nothing.
    pub token: String,
    /// Whom to trust, and whose certificate is wanted; `None` for plain HTTP.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

/// A connection that gives up at its deadline, however many steps it takes.
struct Timed {
    stream: TcpStream,
    deadline: Deadline,
}

impl Timed {
    fn connect(address: &SocketAddr, deadline: Deadline) -> std::io::Result<Timed> {
        let stream = TcpStream::connect_timeout(address, left(deadline)?)?;
        stream.set_nodelay(true)?;
        Ok(Timed { stream, deadline })
    }
}

fn left(deadline: Deadline) -> std::io::Result<Duration> {
    deadline.left().ok_or_else(|| std::io::ErrorKind::TimedOut.into())
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        self.stream.read(into)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.deadline)?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

impl HttpServer {
    /// Asks; an error is no answer.
    pub fn ask(&self, question: &Question, deadline: Deadline) -> std::io::Result<Answer> {
        let stream = Timed::connect(&self.address, deadline)?;
        match &self.tls {
            None => self.talk(stream, question),
            Some((config, name)) => self.talk(tls::over(stream, config, name.clone())?, question),
        }
    }

    fn talk(&self, mut stream: impl Read + Write, question: &Question) -> std::io::Result<Answer> {
        stream.write_all(self.request(question).as_bytes())?;
        stream.flush()?;

        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        while answer.len() < ANSWER_MAX && !is_whole(&answer) {
            let len = stream.read(&mut chunk)?;
            if len == 0 {
                break;
            }
            answer.extend(chunk.get(..len).unwrap_or_default());
        }
        Ok(Response::read(&answer).map_or(Answer::None, |response| {
            read_http(&question.number(), response.status, &response.body())
        }))
    }

    fn request(&self, question: &Question) -> String {
        let national = |number: &Digits| {
            let digits = number.as_str();
            if number.is_nanp() { digits.get(1..).unwrap_or_default() } else { digits }.to_owned()
        };
        let (ani, lata) = match question {
            Question::Lrn(_) => (String::new(), 0),
            Question::TollFree { ani, lata, .. } => (national(ani), *lata),
        };
        let path = self.path.replace("{number}", &national(&question.number()));
        let path = path.replace("{ani}", &ani).replace("{lata}", &lata.to_string());
        let token = match self.token.as_str() {
            "" => String::new(),
            token => format!("x-api-token: {token}\r\n"),
        };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\n{token}Accept: */*\r\nConnection: close\r\n\r\n",
            self.host
        )
    }
}

/// An answer taken apart.
struct Response<'a> {
    status: u16,
    len: Option<usize>,
    is_chunked: bool,
    body: &'a [u8],
}

impl<'a> Response<'a> {
    fn read(bytes: &'a [u8]) -> Option<Response<'a>> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        let (mut len, mut is_chunked) = (None, false);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                len = Some(value.trim().parse().ok()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                is_chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        Some(Response { status, len, is_chunked, body: bytes.get(end + 4..)? })
    }

    fn is_whole(&self) -> bool {
        match self.len {
            _ if self.is_chunked => self.body.ends_with(b"0\r\n\r\n"),
            Some(len) => self.body.len() >= len,
            None => false,
        }
    }

    fn body(&self) -> Vec<u8> {
        if !self.is_chunked {
            return self.body.to_vec();
        }
        let (mut whole, mut rest) = (Vec::new(), self.body);
        while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
            let len = rest.get(..at).and_then(|len| std::str::from_utf8(len).ok());
            let len = len.and_then(|len| usize::from_str_radix(len.split(';').next()?.trim(), 16).ok());
            let chunk = len.and_then(|len| rest.get(at + 2..)?.get(..len));
            match chunk {
                None | Some([]) => break,
                Some(chunk) => whole.extend(chunk),
            }
            rest = rest.get(at + 4 + chunk.map_or(0, <[u8]>::len)..).unwrap_or_default();
        }
        whole
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    Response::read(bytes).is_some_and(|response| response.is_whole())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Response;

    #[test]
    fn bodies_whole_in_chunks_and_cut_off() {
        let read = |text: &str| {
            let response = Response::read(text.as_bytes())?;
            Some((response.status, response.is_whole(), String::from_utf8(response.body()).unwrap()))
        };
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
        assert_eq!(read(&format!("{head}7205")), Some((200, true, "7205".into())));
        assert_eq!(read(&format!("{head}720")), Some((200, false, "720".into())));
        assert_eq!(read("HTTP/1.0 404 Not Found\r\nServer: x\r\n\r\nno"), Some((404, false, "no".into())));
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3;a=b\r\n720\r\n4\r\n5550\r\n";
        assert_eq!(read(&format!("{chunked}0\r\n\r\n")), Some((200, true, "7205550".into())));
        assert_eq!(read(chunked), Some((200, false, "7205550".into())));
        assert_eq!(read(&format!("{chunked}ffffffffffffffff\r\n7")), Some((200, false, "7205550".into())));
        for broken in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
