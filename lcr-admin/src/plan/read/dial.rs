//! Dial strings: SIP URIs (RFC 3261, section 19.1) with `${number}` where the called number goes.

/// Where the called number's digits go.
const NUMBER: &str = "${number}";
/// Longest dial string: what a fixed-size decision can carry.
const DIAL_STRING_LEN_MAX: usize = 200;

/// Says what is wrong with a dial string, if anything.
pub(crate) fn check(text: &str) -> Result<(), &'static str> {
    if text.len() > DIAL_STRING_LEN_MAX {
        return Err("at most 200 characters");
    }
    if text.bytes().any(|byte| !byte.is_ascii_graphic() || b"<>\"\\`".contains(&byte)) {
        return Err("a SIP URI without blanks, quotes, angle brackets or characters beyond ASCII");
    }
    let Some(rest) = text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:")) else {
        return Err(EXAMPLE);
    };
    let Some((user, host)) = rest.split_once('@') else { return Err(EXAMPLE) };
    if user.matches(NUMBER).count() != 1 {
        return Err("`${number}` exactly once before the @, such as sip:+${number}@gw1.example.com:5060");
    }
    if user.replace(NUMBER, "").contains('$') || host.contains('$') || host.contains('@') {
        return Err("no other $ than that of `${number}`, and one @");
    }
    check_host(host.split([';', '?']).next().unwrap_or_default())
}

const EXAMPLE: &str = "a SIP URI such as sip:+${number}@gw1.example.com:5060";

fn check_host(host_port: &str) -> Result<(), &'static str> {
    let (host, port) = match host_port.strip_prefix('[') {
        Some(rest) => {
            let Some((address, after)) = rest.split_once(']') else { return Err(EXAMPLE) };
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Err("an IPv6 address between the brackets");
            }
            ("", after.strip_prefix(':').or(if after.is_empty() { None } else { Some("") }))
        }
        None => match host_port.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_port, None),
        },
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if !host_port.starts_with('[') && (host.is_empty() || !host.bytes().all(plain)) {
        return Err("a host name or address after the @");
    }
    match port {
        None => Ok(()),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) && is_port(port) => Ok(()),
        Some(_) => Err("a port from 1 to 65535"),
    }
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn dial_strings_are_sip_uris_with_one_number() {
        for good in [
            "sip:+${number}@gw1.level3.example:5060",
            "sip:${number}@127.0.0.21:5060",
            "sip:9011${number}@gw",
            "sips:${number}@[2001:db8::1]:5061;transport=tls",
            "sip:${number};tgrp=x@host;transport=tcp?X-A=b",
            "sip:${number}@[::1]",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, told) in [
            ("", "SIP URI"),
            ("tel:${number}", "SIP URI"),
            ("sip:${number}", "SIP URI"),
            ("sip:5551234@gw", "exactly once"),
            ("sip:${number}${number}@gw", "exactly once"),
            ("sip:gw@${number}", "exactly once"),
            ("sip:${number}$x@gw", "no other $"),
            ("sip:${number}@a@b", "one @"),
            ("sip:${number}@", "host name"),
            ("sip:${number}@gw:", "port"),
            ("sip:${number}@gw:0", "port"),
            ("sip:${number}@gw:65536", "port"),
            ("sip:${number}@[::1]5060", "port"),
            ("sip:${number}@[gw]", "IPv6"),
            ("sip:${number}@gw one", "blanks"),
            ("<sip:${number}@gw>", "angle"),
        ] {
            let error = check(bad).unwrap_err();
            assert!(error.contains(told), "{bad}: {error}");
        }
    }
}
