//! The two SIP messages that the lab itself sends. Everything else is sipp's.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::Context;

use super::wait;

/// Waits until `server` answers OPTIONS with 200: it listens, and its workers run the configuration.
///
/// # Errors
/// When it does not answer in time.
pub fn wait_for_answer(
    server: SocketAddr,
    mut alive: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("opening a UDP socket on 127.0.0.1")?;
    socket.set_read_timeout(Some(Duration::from_millis(100)))?;
    let options = options(server, socket.local_addr()?);
    wait::until(&format!("SIP on {server}"), || {
        alive()?;
        // A port without a listener answers with ICMP, which shows as an error here: not yet.
        let _ = socket.send_to(options.as_bytes(), server);
        let mut answer = [0; 2048];
        let received = socket.recv_from(&mut answer).map_or(0, |(length, _)| length);
        Ok(answer[..received].starts_with(b"SIP/2.0 200").then_some(()))
    })
}

/// Tells the caller at `caller` to hang up the call: an INFO that only the lab sends.
///
/// # Errors
/// When it cannot be sent.
pub fn tell_to_hang_up(caller: SocketAddr, call_id: &str) -> anyhow::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("opening a UDP socket on 127.0.0.1")?;
    let info = request("INFO", caller, socket.local_addr()?, call_id);
    socket.send_to(info.as_bytes(), caller).with_context(|| format!("sending INFO to {caller}"))?;
    Ok(())
}

fn options(server: SocketAddr, local: SocketAddr) -> String {
    request("OPTIONS", server, local, &format!("ping-{}@lab", local.port()))
}

fn request(method: &str, to: SocketAddr, from: SocketAddr, call_id: &str) -> String {
    format!(
        "{method} sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK-{call_id}-{method}\r\n\
         From: <sip:lab@{from}>;tag=lab\r\nTo: <sip:{to}>\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\n\
         Max-Forwards: 10\r\nContent-Length: 0\r\n\r\n"
    )
}
