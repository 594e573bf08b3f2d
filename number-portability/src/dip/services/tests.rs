#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rating_core::number::Digits;

use super::{Question, Services, ServicesError, Settings};

const NOBODY_WAITS_SO_LONG_MS: u32 = 60_000;

fn lrn_of(number: &str) -> Question {
    Question::Lrn(Digits::new(number.as_bytes()).unwrap())
}

fn services(lrn: &str) -> Services {
    let time = NOBODY_WAITS_SO_LONG_MS;
    Services::new(&Settings { lrn, server_ms: time, budget_ms: time, ..Settings::default() }).unwrap()
}

fn asked(services: &Services, question: &Question) -> Option<String> {
    services.ask(question, 7, 0, &|_| ()).map(|told| told.word.to_string())
}

/// An HTTP server that answers one request after another so, and gives what it was asked.
fn http(answers: &[&str]) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let (sender, requests) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                request.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            sender.send(String::from_utf8(request).unwrap()).unwrap();
        }
    });
    (address, requests)
}

/// A SIP server that sends these answers to an INVITE, and gives all that it gets until nobody is there any more.
fn sip(answers: &[&str]) -> (SocketAddr, Receiver<String>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let (sender, requests) = channel();
    thread::spawn(move || {
        let mut datagram = [0; 8192];
        while let Ok((len, from)) = socket.recv_from(&mut datagram) {
            let request = String::from_utf8_lossy(datagram.get(..len).unwrap()).into_owned();
            if request.starts_with("INVITE") {
                let header = |name| request.lines().find(|line| line.starts_with(name)).unwrap();
                let echoed = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].map(header).join("\r\n");
                let echoed = echoed.replace("\r\nCall-ID:", ";tag=dip\r\nCall-ID:");
                for answer in &answers {
                    let answer = answer.replace("\r\n", &format!("\r\n{echoed}\r\n"));
                    socket.send_to(format!("{answer}Content-Length: 0\r\n\r\n").as_bytes(), from).unwrap();
                }
            }
            if sender.send(request).is_err() {
                break;
            }
        }
    });
    (address, requests)
}

const PORTED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n7205550000;567G";
const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";

#[test]
fn an_http_service_is_asked_for_ten_digits_with_the_token() {
    let (address, requests) = http(&[PORTED]);
    let settings = Settings {
        lrn: &format!("http://{address}/v1/telique/lrn/{{number}}"),
        token: "secret",
        server_ms: NOBODY_WAITS_SO_LONG_MS,
        budget_ms: NOBODY_WAITS_SO_LONG_MS,
        ..Settings::default()
    };
    let services = Services::new(&settings).unwrap();
    assert_eq!(asked(&services, &lrn_of("17207081999")).as_deref(), Some("lrn=17205550000"));
    let request = requests.recv().unwrap();
    assert!(request.starts_with("GET /v1/telique/lrn/7207081999 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nHost: {address}\r\nx-api-token: secret\r\n")), "{request}");
}

#[test]
fn a_toll_free_number_is_asked_for_with_the_caller() {
    let body = r#"{"crn":"8005551212","cic":"0288","ror":"ATX01"}"#;
    let (address, requests) =
        http(&[&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())]);
    let settings = Settings {
        toll_free: &format!("http://{address}/cicror/{{number}}/{{ani}}/{{lata}}"),
        server_ms: NOBODY_WAITS_SO_LONG_MS,
        budget_ms: NOBODY_WAITS_SO_LONG_MS,
        ..Settings::default()
    };
    let services = Services::new(&settings).unwrap();
    let question = Question::read("toll_free/18005551212/13035550100/656").unwrap();
    assert_eq!(asked(&services, &question).as_deref(), Some("cic=0288;ror=ATX01"));
    assert!(requests.recv().unwrap().starts_with("GET /cicror/8005551212/3035550100/656 HTTP"));
    assert!(!services.know_lrns() && services.know_toll_free());
}

#[test]
fn r3_9_a_sip_service_redirects_and_gets_its_ack() {
    let (address, requests) = sip(&[
        "SIP/2.0 100 Trying\r\n",
        "SIP/2.0 302 Moved Temporarily\r\nContact: <sip:+17207081999;npdi;rn=+17205550000@192.0.2.7>\r\n",
    ]);
    assert_eq!(
        asked(&services(&format!("sip:{address}")), &lrn_of("17207081999")).as_deref(),
        Some("lrn=17205550000")
    );
    let invite = requests.recv().unwrap();
    assert!(invite.starts_with(&format!("INVITE sip:+17207081999@{address} SIP/2.0\r\n")), "{invite}");
    let ack = requests.recv().unwrap();
    assert!(ack.starts_with("ACK ") && ack.contains(">;tag=dip\r\n"), "{ack}");
    let via = |text: &str| text.lines().find(|line| line.starts_with("Via:")).unwrap().to_owned();
    assert_eq!(via(&invite), via(&ack));
}

#[test]
fn r3_9_404_is_the_answer_not_ported() {
    let (address, _requests) = sip(&["SIP/2.0 404 Not Found\r\n"]);
    let word = asked(&services(&format!("sip:{address}")), &lrn_of("17207081999"));
    assert_eq!(word.as_deref(), Some("lrn=17207081999"));
}

#[test]
fn a_question_taken_for_a_call_is_hung_up_and_is_no_answer() {
    let (address, requests) = sip(&["SIP/2.0 200 OK\r\nContact: <sip:7205550000@192.0.2.7>\r\n"]);
    assert_eq!(asked(&services(&format!("sip:{address}")), &lrn_of("17207081999")), None);
    let methods = [(); 3].map(|()| requests.recv().unwrap().split(' ').next().unwrap().to_owned());
    assert_eq!(methods, ["INVITE", "ACK", "BYE"]);
}

#[test]
fn a_silent_server_rests_for_a_while() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let list = format!("sip:{}", silent.local_addr().unwrap());
    let settings =
        Settings { lrn: &list, server_ms: 1000, budget_ms: NOBODY_WAITS_SO_LONG_MS, ..Settings::default() };
    let services = Services::new(&settings).unwrap();
    assert_eq!(services.ask(&lrn_of("17207081999"), 1, 1_000, &|_| ()), None);
    let server = services.lrn.first().unwrap();
    assert!(server.rests(1_000) && !server.rests(1_000 + super::REST_NS));
    silent.set_nonblocking(true).unwrap();
    assert!(silent.recv(&mut [0; 2048]).is_ok(), "it was asked");
}

#[test]
fn fail_over_in_the_order_of_the_list() {
    let (address, requests) = http(&[BUSY, PORTED, PORTED]);
    let services = services(&format!("http://{address}/a/{{number}} http://{address}/b/{{number}}"));
    let question = lrn_of("17207081999");
    assert_eq!(services.ask(&question, 1, 1_000, &|_| ()).unwrap().to_string(), "lrn=17205550000;by=http");
    let path = |request: String| request.split(' ').nth(1).unwrap().to_owned();
    assert_eq!(path(requests.recv().unwrap()), "/a/7207081999");
    assert_eq!(path(requests.recv().unwrap()), "/b/7207081999");
    // The first one rests: the second is asked at once.
    assert_eq!(services.ask(&question, 2, 2_000, &|_| ()).unwrap().to_string(), "lrn=17205550000;by=http");
    assert_eq!(path(requests.recv().unwrap()), "/b/7207081999");
}

#[test]
fn nobody_answers_and_the_budget_is_for_all_together() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let list = format!("sip:{} ", silent.local_addr().unwrap()).repeat(3);
    let services =
        Services::new(&Settings { lrn: &list, server_ms: 60_000, budget_ms: 1000, ..Settings::default() })
            .unwrap();
    assert_eq!(asked(&services, &lrn_of("17207081999")), None);
    let rests: Vec<bool> = services.lrn.iter().map(|server| server.rests(1)).collect();
    assert_eq!(rests, [true, false, false], "no time was left for the others");
}

#[test]
fn settings_that_name_no_service() {
    let error = |lrn| Services::new(&Settings { lrn, ..Settings::default() }).unwrap_err();
    for text in ["http://127.0.0.1/lrn", "127.0.0.1", "http://{number}", "enum:127.0.0.1"] {
        assert_eq!(error(text), ServicesError::NotAService(text.into()));
    }
    assert_eq!(error("sip:127.0.0.1:99999"), ServicesError::Unknown("sip:127.0.0.1:99999".into()));
    assert!(!Services::new(&Settings::default()).unwrap().know_lrns());
}

#[test]
fn a_question_is_read_as_it_is_written() {
    for text in ["lrn/17207081999", "toll_free/18005551212/13035550100/656", "toll_free/18005551212//0"] {
        assert_eq!(Question::read(text).unwrap().to_string(), text);
    }
    for text in
        ["", "lrn", "lrn/", "lrn/442079460000", "lrn/17207081999/", "toll_free/18005551212", "x/17207081999"]
    {
        assert_eq!(Question::read(text), None, "{text}");
    }
}

/// An HTTPS server that shows a certificate for this name, and its authority in PEM.
fn https(name: &str) -> (SocketAddr, String) {
    let certified = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let connection = rustls::ServerConnection::new(std::sync::Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                request.push(byte[0]);
            }
            // Who does not trust this has gone.
            let _ = stream.write_all(PORTED.as_bytes()).and_then(|()| stream.flush());
        }
    });
    (address, certified.cert.pem())
}

/// What a service at `https://localhost` answers to who trusts this authority, and what is told of it.
fn asked_over_tls(address: SocketAddr, authority: &str) -> (Option<String>, Vec<String>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority).unwrap();
    let settings = Settings {
        lrn: &format!("https://localhost:{}/lrn/{{number}}", address.port()),
        authorities: file.path().to_str().unwrap(),
        server_ms: NOBODY_WAITS_SO_LONG_MS,
        budget_ms: NOBODY_WAITS_SO_LONG_MS,
        ..Settings::default()
    };
    let (services, said) = (Services::new(&settings).unwrap(), std::cell::RefCell::new(Vec::new()));
    let told = services.ask(&lrn_of("17207081999"), 1, 0, &|text| said.borrow_mut().push(text.to_owned()));
    (told.map(|told| told.to_string()), said.into_inner())
}

#[test]
fn over_tls_only_who_is_trusted_is_asked() {
    let (address, authority) = https("localhost");
    assert_eq!(asked_over_tls(address, &authority), (Some("lrn=17205550000;by=http".to_owned()), vec![]));
    // The authority of somebody else; the right one, for another name.
    let (elsewhere, other) = https("other.example");
    for (address, authority, why) in
        [(address, &other, "invalid peer certificate"), (elsewhere, &other, "other.example")]
    {
        let (told, said) = asked_over_tls(address, authority);
        assert_eq!(told, None);
        let [text] = said.try_into().unwrap();
        assert!(text.contains(why) && text.contains("TANDEM_DIP_CA") && text.contains("localhost"), "{text}");
    }
}

#[test]
fn authorities_that_are_none_are_refused_at_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    for authorities in ["/nowhere/ca.pem", path] {
        let lrn = "https://127.0.0.1/{number}";
        let refused = Services::new(&Settings { lrn, authorities, ..Settings::default() }).unwrap_err();
        assert!(refused.to_string().starts_with(authorities), "{refused}");
    }
}
