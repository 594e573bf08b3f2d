//! Services that know where numbers were ported to, one over SIP and one over HTTP, and a file of ported numbers.
//!
//! A lab has them whose plan has a file `<plan>.ported.csv` beside it. What the services say is in the number:
//!
//! | last four digits | SIP | HTTP |
//! |---|---|---|
//! | `1…` | LRN 1 720 555 0000 | the same |
//! | `2…` | not ported | the same |
//! | `3…` | silent | LRN 1 720 555 0000 |
//! | others | silent | 429 |
//! | toll-free | not asked | CIC 0288 |

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context;

use super::admin::Admin;

const LRN: &str = "7205550000";

/// Time of a server. On a busy machine an answer may take long; who is silent, is for ever.
const SERVER_MS: u32 = 3000;
/// Time of all of them.
const BUDGET_MS: u32 = 8000;
/// Processes that wait.
const WORKERS: u32 = 4;

/// The services and the file.
pub struct Dips {
    /// The names of `-A`, with their values.
    pub defines: Vec<String>,
    /// The environment of Kamailio.
    pub environment: Vec<(&'static str, OsString)>,
    asked: Asked,
}

/// The numbers that services were asked for: each question once, however often it was sent.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

impl Dips {
    /// Starts the services and makes the file, where the plan wants them. Their threads end with the program.
    ///
    /// # Errors
    /// When a service cannot listen, or the file is refused.
    pub fn start(dir: &Path, ip: Ipv4Addr, plan: &Path, admin: &Admin) -> anyhow::Result<Option<Dips>> {
        let list = plan.with_extension("ported.csv");
        if !list.exists() {
            return Ok(None);
        }
        let file = dir.join("ported");
        admin.import_ported(&list, &file)?;
        let asked = Asked::default();
        let socket = UdpSocket::bind((IpAddr::V4(ip), 0)).context("opening the SIP service's socket")?;
        let listener = TcpListener::bind((IpAddr::V4(ip), 0)).context("opening the HTTP service's socket")?;
        let (sip, http) = (socket.local_addr()?, listener.local_addr()?);
        let (of_sip, of_http) = (Arc::clone(&asked), Arc::clone(&asked));
        thread::spawn(move || serve_sip(&socket, &of_sip));
        thread::spawn(move || serve_http(&listener, &of_http));
        let environment = vec![
            ("TANDEM_PORTED", file.into_os_string()),
            ("TANDEM_LRN_DIPS", format!("sip:{sip} http://{http}/lrn/{{number}}").into()),
            ("TANDEM_TOLL_FREE_DIPS", format!("http://{http}/cicror/{{number}}/{{ani}}/{{lata}}").into()),
            ("TANDEM_DIP_SERVER_MS", SERVER_MS.to_string().into()),
            ("TANDEM_DIP_BUDGET_MS", BUDGET_MS.to_string().into()),
        ];
        Ok(Some(Dips { defines: vec![format!("TANDEM_DIP_WORKERS={WORKERS}")], environment, asked }))
    }

    /// How many questions there were about a number, of ten digits.
    #[must_use]
    pub fn questions(&self, number: &str) -> usize {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|(of, _)| of == number).count()
    }
}

fn note(asked: &Asked, number: &str, question: String) {
    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = (number.to_owned(), question);
    if !asked.contains(&entry) {
        asked.push(entry);
    }
}

/// The first of a number's last four digits.
fn kind(number: &str) -> char {
    number.chars().rev().nth(3).unwrap_or('0')
}

fn serve_sip(socket: &UdpSocket, asked: &Asked) {
    let mut datagram = [0; 8192];
    while let Ok((len, from)) = socket.recv_from(&mut datagram) {
        let request = String::from_utf8_lossy(&datagram[..len]).into_owned();
        let Some(uri) = request.strip_prefix("INVITE sip:+1") else { continue };
        let number: String = uri.chars().take_while(char::is_ascii_digit).collect();
        let line = |name| request.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        note(asked, &number, line("Call-ID:").to_owned());
        let first = match kind(&number) {
            '1' => format!("302 Moved\r\nContact: <sip:+1{number};npdi;rn=+1{LRN}@{from}>"),
            '2' => "404 Not Found".to_owned(),
            _ => continue,
        };
        let to = format!("{};tag=dip", line("To:"));
        let echoed = [line("Via:"), line("From:"), &to, line("Call-ID:"), line("CSeq:")].join("\r\n");
        let reply = format!("SIP/2.0 {first}\r\n{echoed}\r\nContent-Length: 0\r\n\r\n");
        // Who has gone asks no more.
        let _ = socket.send_to(reply.as_bytes(), from);
    }
}

fn serve_http(listener: &TcpListener, asked: &Asked) {
    for (nth, stream) in listener.incoming().flatten().enumerate() {
        // Who has gone asks no more.
        let _ = answer_http(stream, asked, nth);
    }
}

fn answer_http(mut stream: TcpStream, asked: &Asked, nth: usize) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let mut path = request.split(' ').nth(1).unwrap_or_default().split('/').skip(1);
    let (what, number) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
    note(asked, number, nth.to_string());
    let (status, body) = match (what, kind(number)) {
        ("cicror", _) => ("200 OK", r#"{"crn":"1","cic":"0288","ror":"ATX01"}"#.to_owned()),
        (_, '1' | '3') => ("200 OK", format!("{LRN};567G")),
        (_, '2') => ("404 Not Found", String::new()),
        _ => ("429 Too Many Requests", String::new()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
