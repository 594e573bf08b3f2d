//! docs/FIRST_STEPS.md, walked: its plain configuration serves; the ten lines are put where it says; a customer's call and a
//! stranger's come to what it prints.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use tandem_tests::lab::admin::Admin;
use tandem_tests::lab::binaries::{Binaries, root};
use tandem_tests::lab::carrier::{CARRIERS, Carrier};
use tandem_tests::lab::kamailio::free_address;
use tandem_tests::lab::network::Network;
use tandem_tests::lab::process::Process;
use tandem_tests::lab::{Paths, module, script, sip, start_agent, wait};
use tempfile::TempDir;

const CUSTOMER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 99);

/// The page's blocks, in its order.
struct Page {
    plain: String,
    module: String,
    ten_lines: String,
    records: String,
}

impl Page {
    fn read() -> Page {
        let text = std::fs::read_to_string(root().join("docs/FIRST_STEPS.md")).expect("the page");
        let blocks: Vec<&str> = text.split("```\n").skip(1).step_by(2).collect();
        let [plain, _, module, ten_lines, records] = blocks[..] else { panic!("{} blocks", blocks.len()) };
        let [plain, module, ten_lines, records] = [plain, module, ten_lines, records].map(str::to_owned);
        Page { plain, module, ten_lines, records }
    }

    /// The plain configuration with the ten lines, where the page says.
    fn with_tandem(&self) -> String {
        let (modules, rest) =
            self.plain.split_once("\nrequest_route").expect("modules, then the routing logic");
        let (before, _) = rest.split_once("    record_route();").expect("from the INVITE on");
        format!("{modules}{}\nrequest_route{before}{}", self.module, self.ten_lines)
    }
}

/// Kamailio with a configuration out of the page.
struct Proxy {
    process: Process,
    address: SocketAddr,
}

impl Proxy {
    fn start(dir: &Path, network: &Network, text: &str, module: &Path, paths: &Paths) -> Proxy {
        let address = free_address(network.address(Ipv4Addr::LOCALHOST)).expect("an address");
        let (_, north) = CARRIERS[0];
        let text = text
            .replace("192.0.2.1:5060", &address.to_string())
            .replace("carrier.example.com", &format!("{}:5060", network.address(north)))
            .replace("\"tandem.so\"", &format!("\"{}\"", module.display()));
        let file = dir.join("kamailio.cfg");
        std::fs::write(&file, text).expect("the configuration is written");
        let arguments = ["-DD", "-E", "-m", "64", "-Y"].map(OsString::from).into_iter();
        let arguments = arguments.chain([dir.into(), "-f".into(), file.into_os_string()]);
        let environment =
            [("TANDEM_SNAPSHOT", paths.snapshot.as_os_str()), ("TANDEM_STATE", paths.state.as_os_str())];
        let mut process =
            Process::start("kamailio", dir, "kamailio", arguments, &environment).expect("Kamailio");
        let answered = sip::wait_for_answer(address, || process.must_run());
        assert!(answered.is_ok(), "{answered:?}:\n{}", process.printed());
        Proxy { process, address }
    }

    /// Kamailio has complained of nothing, and ends.
    fn stop(mut self) {
        // Looked at first: where TCP is served, processes complain that others have ended.
        let printed = self.process.printed();
        let serious = printed.lines().find(|line| line.contains(" ERROR: ") || line.contains(" CRITICAL: "));
        assert_eq!(serious, None, "{printed}");
        self.process.stop().expect("Kamailio stops as asked");
    }
}

/// A call of half a second; gives its final answer.
fn call(dir: &Path, network: &Network, from: Ipv4Addr, proxy: SocketAddr) -> u16 {
    let log = dir.join(format!("caller-{from}-{}.log", proxy.port()));
    let script = script::write(dir, Path::new(""), "caller", "hangs_up").expect("the caller's script");
    let text = |text: &str| OsString::from(text);
    let arguments = [
        text("-sf"),
        script.into_os_string(),
        text("-i"),
        text(&network.address(from).to_string()),
        text("-s"),
        text("13125550123"),
        text("-key"),
        text("ani"),
        text("12125550142"),
        text("-key"),
        text("network"),
        text(&network.prefix()),
        text("-m"),
        text("1"),
        text("-d"),
        text("500"),
        text("-nostdin"),
        text("-trace_logs"),
        text("-log_file"),
        log.clone().into_os_string(),
        text(&proxy.to_string()),
    ];
    let mut caller = Process::start("caller", dir, "sipp", arguments, &[]).expect("sipp");
    let status = wait::until("the call to be over", || caller.ended()).expect("it ends");
    assert!(status.success(), "{status}:\n{}", caller.printed());
    let log = std::fs::read_to_string(log).expect("the caller's log");
    let answer = log.lines().find_map(|line| line.strip_prefix("final ")).expect("a final answer");
    answer.split('|').next().and_then(|code| code.parse().ok()).expect("a SIP code")
}

/// The final answer to a customer's INVITE that does not say where he can be reached.
fn call_without_contact(network: &Network, proxy: SocketAddr) -> u16 {
    let socket = UdpSocket::bind((network.address(CUSTOMER), 0)).expect("the customer's socket");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
    let local = socket.local_addr().expect("its address");
    let invite = format!(
        "INVITE sip:13125550123@{proxy} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK-bare\r\n\
         From: <sip:12125550142@{local}>;tag=bare\r\nTo: <sip:13125550123@{proxy}>\r\nCall-ID: bare@lab\r\n\
         CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(invite.as_bytes(), proxy).expect("it is sent");
    let mut room = [0; 4096];
    loop {
        let len = socket.recv(&mut room).expect("an answer");
        let answer = String::from_utf8_lossy(&room[..len]);
        let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a SIP code");
        if code >= 200 {
            return code;
        }
    }
}

/// The words of each line of a table, without its frame.
fn lines_of(table: &str) -> Vec<Vec<String>> {
    let words = |line: &str| -> Vec<String> {
        line.split_whitespace().filter(|word| word.is_ascii()).map(str::to_owned).collect()
    };
    table.lines().map(words).filter(|words| !words.is_empty()).collect()
}

#[test]
fn the_walk_goes_as_the_page_says() {
    let page = Page::read();
    let binaries = Binaries::build().expect("the programs build");
    let module = module::build(&binaries.libtandem).expect("the module builds");
    let network = Network::take().expect("a network");
    let dir = TempDir::with_prefix("tandem-steps-").expect("a directory");
    let paths = Paths::within(dir.path()).expect("its files");
    let admin = Admin::new(&binaries.lcr_admin);
    let plan = network.copy_of(&root().join("examples/wholesale"), dir.path()).expect("the plan");
    let carriers = CARRIERS.map(|(name, address)| {
        Carrier::start(dir.path(), name, network.address(address)).expect("a carrier")
    });

    let plain = Proxy::start(dir.path(), &network, &page.plain, &module, &paths);
    assert_eq!(call(dir.path(), &network, CUSTOMER, plain.address), 200);
    assert_eq!(call(dir.path(), &network, STRANGER, plain.address), 200, "a plain proxy serves anybody");
    plain.stop();

    admin.publish(&plan, &paths.snapshot).expect("the plan is published");
    let mut agent = start_agent(dir.path(), &binaries, &paths, &[]).expect("the agent");
    let with_tandem = page.with_tandem();
    let proxy = Proxy::start(dir.path(), &network, &with_tandem, &module, &paths);
    assert_eq!(call(dir.path(), &network, CUSTOMER, proxy.address), 200);
    assert_eq!(call(dir.path(), &network, STRANGER, proxy.address), 403);
    // The page leaves columns out; what it has stands in this order.
    let page = lines_of(&page.records);
    let records = wait::until("both records", || {
        let records = lines_of(&admin.records_table(&paths.segments)?);
        Ok((records.len() >= page.len()).then_some(records))
    });
    let records = records.expect("records");
    assert_eq!(records.len(), page.len(), "{records:?}");
    for (printed, record) in page.iter().zip(&records) {
        let mut rest = record.iter();
        let missing = printed.iter().find(|word| !rest.any(|other| other == *word));
        assert_eq!(missing, None, "the page says {printed:?}, the table {record:?}");
    }
    proxy.stop();

    // Kamailio complains of it, and keeps no dialog.
    let proxy = Proxy::start(dir.path(), &network, &with_tandem, &module, &paths);
    assert_eq!(call_without_contact(&network, proxy.address), 500, "nobody would hear of its answer");
    agent.stop().expect("the agent stops as asked");
    assert_eq!(carriers[0].invites().expect("its log").len(), 3, "two without Tandem, one with it");
}
