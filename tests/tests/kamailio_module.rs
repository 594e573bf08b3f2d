//! The native module in a real Kamailio: its functions and variables from native cfg, Lua, Python, JavaScript and Ruby, and
//! its RPC commands. The expected values are those of examples/wholesale, worked out by hand from its decks.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use tandem_tests::lab::admin::Admin;
use tandem_tests::lab::binaries::{Binaries, root};
use tandem_tests::lab::kamailio::free_address;
use tandem_tests::lab::network::Network;
use tandem_tests::lab::process::Process;
use tandem_tests::lab::{module, sip, wait};
use tempfile::TempDir;

const LANGUAGES: [(&str, &str); 5] = [
    ("WITH_NATIVE", "module-routes.cfg"),
    ("WITH_LUA", "module.lua"),
    ("WITH_PYTHON", "module.py"),
    ("WITH_JAVASCRIPT", "module.js"),
    ("WITH_RUBY", "module.rb"),
];

#[test]
fn every_language_is_told_the_same() {
    let binaries = Binaries::build().expect("the programs build");
    let module = module::build(&binaries.libtandem).expect("the module builds");
    thread::scope(|scope| {
        for (define, script) in LANGUAGES {
            let (binaries, module) = (&binaries, &module);
            scope.spawn(move || {
                let server = Server::start(binaries, module, define, script);
                asks_as_any_message(&server, script);
                calls_are_decided(&server, script);
                if define == "WITH_NATIVE" {
                    operators_ask(&server);
                }
                server.stop();
            });
        }
    });
}

/// A message for which nothing was asked reads nothing of the call before it.
fn asks_as_any_message(server: &Server, script: &str) {
    assert_eq!(server.ask("OPTIONS", "13125550123", "first", ""), "<null>", "{script}");
}

fn calls_are_decided(server: &Server, script: &str) {
    let prefix = server.network.prefix();
    let told = |ani: &str, jurisdiction: &str, [north, mesa]: [&str; 2], order: [&str; 3]| {
        let price = |route: &str| match route {
            "north" => north.to_owned(),
            "mesa" => mesa.to_owned(),
            _ => "0.0085".to_owned(),
        };
        let place = |route: &str| match route {
            "north" => 21,
            "mesa" => 22,
            _ => 23,
        };
        let name = |route: &str| if route == "atlas" { "atlas_world".into() } else { format!("{route}_std") };
        let [first, second, third] = order;
        let dial = |route: &str| format!("sip:13125550123@{prefix}.{}:5060", place(route));
        let cost = price(first);
        format!(
            "hint 2 decide 1 ok <null> <null> first 1 {} 2 0 of 3 3600 0 1 \
             who acme_main acme wholesale {ani} 13125550123 <null> {jurisdiction} \
             leg {} {first} {}_gw1 {cost} 0.011 {cost} 0.011 ringing 1 next 1 {} 1 {} {} {} {} <null> \
             answered 1 alive 1 due -1 <null> ended 1 next -1 no_leg <null> unknown -1 none -1",
            dial(first),
            name(first),
            name(first),
            dial(second),
            name(second),
            name(first),
            name(third),
            price(third),
        )
    };
    let interstate = told("12125550142", "interstate", ["0.0042", "0.0055"], ["north", "mesa", "atlas"]);
    assert_eq!(server.ask("INVITE", "13125550123", "interstate", ""), interstate, "{script}");
    // The number that the trunk asserts counts, not that of From (RFC 3325).
    let asserted = "P-Asserted-Identity: \"Bob\" <sip:13125550199@example.net>\r\n";
    let intrastate = told("13125550199", "intrastate", ["0.0048", "0.0059"], ["north", "mesa", "atlas"]);
    assert_eq!(server.ask("INVITE", "13125550123", "intrastate", asserted), intrastate, "{script}");
    let refused = "hint 2 decide -1 rejected unknown_trunk 403";
    assert_eq!(server.ask("INVITE", "as", "stranger", ""), refused, "{script}");
    // No service is configured here: nobody asks; an answer that was got elsewhere is read, and decides.
    let dipped = "wanted -1 asked -1 read 1 known lrn=13125559999;by=http decide 1 13125559999";
    let unsigned = server.ask("INVITE", "dip", "dipped", "");
    assert_eq!(unsigned, format!("{dipped} <null> ended 1"), "{script}");
    // The first Identity is of a diverted call, {"dest":{"tn":["1"]},"div":{"tn":"2"}}; the second claims {"attest":"B"}.
    let identities = "Identity: e30.eyJkZXN0Ijp7InRuIjpbIjEiXX0sImRpdiI6eyJ0biI6IjIifX0.c2ln;info=<https://a.example>;ppt=div\r\n\
                      y: e30.eyJhdHRlc3QiOiJCIn0.c2ln;info=<https://a.example>;ppt=shaken\r\n";
    let signed = server.ask("INVITE", "dip", "signed", identities);
    assert_eq!(signed, format!("{dipped} B ended 1"), "{script}");
    assert_eq!(server.ask("OPTIONS", "13125550123", "last", ""), "<null>", "{script}");
}

fn operators_ask(server: &Server) {
    let status = server.kamcmd(&["tandem.status"]);
    for line in
        ["generation: 1", "answered: 0", "calls_max: 1000", "admitted: 4", "rejected_unknown_trunk: 1"]
    {
        assert!(status.lines().any(|told| told.trim() == line), "{line} in {status}");
    }
    let source = server.network.address(Ipv4Addr::new(127, 0, 0, 10)).to_string();
    let route = server.kamcmd(&["tandem.route", &source, "s:12125550142", "s:13125550123"]);
    let of = |name: &str| -> Vec<&str> {
        route.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": ")).collect()
    };
    assert_eq!(
        [of("decision"), of("trunk"), of("jurisdiction")],
        [["routed"], ["acme_main"], ["interstate"]]
    );
    assert_eq!(of("route"), ["north_std", "mesa_std", "atlas_world"], "{route}");
    assert_eq!(of("rate"), ["0.0042", "0.0055", "0.0085"], "{route}");
    // Asking holds nothing and counts nothing.
    assert_eq!(server.kamcmd(&["tandem.status"]), status);
    assert!(server.kamcmd(&["tandem.route", "192.0.2.1", "s:1", "s:2"]).contains("unknown_trunk"));
    assert!(server.kamcmd(&["tandem.route", "nobody", "s:1", "s:2"]).contains("400 - bad_argument"));

    assert!(server.kamcmd(&["tandem.reload"]).contains("generation: 1"), "the same plan changes nothing");
    let refused = server.kamcmd(&["tandem.reload", "/nowhere/plan.snapshot"]);
    assert!(refused.contains("500 - node_failed") && refused.contains("/nowhere/plan.snapshot"), "{refused}");
    let plan = server.network.copy_of(&root().join("examples/wholesale"), server.dir.path()).expect("a copy");
    let settings = std::fs::read_to_string(plan.join("plan.toml")).expect("plan.toml");
    let shorter = settings.replace("max_duration_sec = 3600", "max_duration_sec = 60");
    std::fs::write(plan.join("plan.toml"), shorter).expect("plan.toml is written");
    server.admin.publish(&plan, &server.snapshot).expect("a new plan");
    assert!(server.kamcmd(&["tandem.reload"]).contains("generation: 2"));
    assert!(
        server.ask("INVITE", "13125550123", "after", "").contains(" of 3 60 0 2 "),
        "workers decide by it"
    );
}

/// Kamailio with the module and one language, and who calls it.
struct Server {
    process: std::sync::Mutex<Process>,
    address: SocketAddr,
    caller: UdpSocket,
    network: Network,
    admin: Admin,
    snapshot: PathBuf,
    dir: TempDir,
}

impl Server {
    fn start(binaries: &Binaries, module: &Path, define: &str, script: &str) -> Server {
        let network = Network::take().expect("a network");
        let dir = TempDir::with_prefix("tandem-module-").expect("a directory");
        let (snapshot, state) = (dir.path().join("plan.snapshot"), dir.path().join("node.state"));
        let admin = Admin::new(&binaries.lcr_admin);
        let plan = network.copy_of(&root().join("examples/wholesale"), dir.path()).expect("the plan");
        admin.publish(&plan, &snapshot).expect("the plan is published");
        let address = free_address(network.address(Ipv4Addr::LOCALHOST)).expect("an address");
        let files = root().join("tests/module");
        let text = |name: &str, path: &Path| format!("{name}=\"{}\"", path.display());
        let defines = [
            define.to_owned(),
            format!("TANDEM_LISTEN=udp:{address}"),
            text("TANDEM_MODULE", module),
            text("TANDEM_SCRIPT", &files.join(script)),
            text("TANDEM_SNAPSHOT", &snapshot),
            text("TANDEM_STATE", &state),
        ];
        let mut arguments: Vec<String> = ["-DD", "-E", "-m", "64"].map(String::from).to_vec();
        arguments.extend(["-Y".into(), dir.path().display().to_string()]);
        arguments.extend(defines.into_iter().flat_map(|define| ["-A".to_owned(), define]));
        arguments.extend(["-f".into(), files.join("module.cfg").display().to_string()]);
        let process = Process::start("kamailio", dir.path(), "kamailio", arguments, &[]).expect("Kamailio");
        let caller = UdpSocket::bind((network.address(Ipv4Addr::new(127, 0, 0, 10)), 0)).expect("a socket");
        caller.set_read_timeout(Some(Duration::from_millis(500))).expect("a time-out");
        let mut process = process;
        let answered = sip::wait_for_answer(address, || process.must_run());
        assert!(answered.is_ok(), "{script}: {answered:?}:\n{}", process.printed());
        Server { process: process.into(), address, caller, network, admin, snapshot, dir }
    }

    /// Sends a request until it is answered; gives the header X-Tandem.
    fn ask(&self, method: &str, number: &str, call_id: &str, headers: &str) -> String {
        let (to, from) = (self.address, self.caller.local_addr().expect("an address"));
        let request = format!(
            "{method} sip:{number}@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK-{call_id}\r\n\
             From: <sip:12125550142@{from}>;tag=one\r\nTo: <sip:{number}@{to}>\r\nCall-ID: {call_id}@lab\r\n\
             CSeq: 1 {method}\r\nMax-Forwards: 10\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        self.caller.send_to(request.as_bytes(), to).expect("sent");
        wait::until(&format!("an answer to {call_id}"), || {
            let mut answer = [0; 4096];
            let Ok((len, _)) = self.caller.recv_from(&mut answer) else { return Ok(None) };
            let answer = String::from_utf8_lossy(&answer[..len]).into_owned();
            if !answer.contains(call_id) {
                return Ok(None);
            }
            Ok(answer.lines().find_map(|line| line.strip_prefix("X-Tandem: ")).map(str::to_owned))
        })
        .unwrap_or_else(|error| panic!("{error:#}\n{}", self.process.lock().expect("unpoisoned").printed()))
    }

    fn kamcmd(&self, command: &[&str]) -> String {
        let socket = format!("unix:{}", self.dir.path().join("kamailio_ctl").display());
        let told = Command::new("kamcmd").args(["-s", &socket]).args(command).output().expect("kamcmd");
        String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned()
    }

    fn stop(self) {
        self.process.into_inner().expect("unpoisoned").stop().expect("Kamailio stops as asked");
    }
}
