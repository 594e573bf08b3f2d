//! `agent`: the node's own service.
//!
//! Every 200 ms it repairs what a worker has left that died in the middle of a change, ends calls whose end nobody has
//! reported for long, writes the calls that have ended to segment files, and publishes the snapshot file, with those
//! that follow it, to the workers when it has changed. Before they end it compiles the plan anew, where it is told
//! where that is. Stopped by SIGTERM or SIGINT it writes once more and books what calls have
//! used of wallets, and ends with 0; with 1 if it could not. The node keeps what it was leased.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rating_node::segments::{SegmentWriter, Sweeper, sweep, write::SEGMENT_BYTES_DEFAULT};
use rating_node::{Config, Node, NodeError};
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};

use self::ahead::{Ahead, Source};
use self::alarms::Alarms;
use self::leases::{Leasing, Terms};
use crate::clock;
use crate::db::DatabaseArgs;
use crate::output::{Output, say, tell};

mod ahead;
mod alarms;
mod leases;
mod reconciling;

/// Arguments of `agent`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The node's state file, that of Kamailio's workers.
    #[arg(long, value_name = "PATH")]
    state: PathBuf,
    /// The snapshot file; published to the workers whenever it changes.
    #[arg(long, value_name = "FILE")]
    snapshot: PathBuf,
    /// The plan directory: compiled anew, as it is then, before the published snapshots end.
    #[arg(long, value_name = "DIR", conflicts_with = "from_database")]
    plan: Option<PathBuf>,
    /// The plan of the database, likewise.
    #[arg(long)]
    from_database: bool,
    /// This node's name in the database: with it the agent leases prepaid wallets for the node from there, and books
    /// what calls have used.
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Where the records of ended calls go.
    #[arg(long, value_name = "DIR")]
    segments: PathBuf,
    /// Time between two rounds, in milliseconds. What a power loss can lose.
    #[arg(long, value_name = "MS", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    interval_ms: u64,
    /// Most calls of the node, where the agent makes the state file; 0 is the default, or what is there.
    #[arg(long, value_name = "N", default_value_t = 0)]
    calls_max: u32,
    /// Compare the node's calls with Kamailio's dialogs so often, as `reconcile --repair` does: calls that have none are
    /// ended, those that have one are known to live. Kamailio must have been started.
    #[arg(long, value_name = "SEC", value_parser = clap::value_parser!(u64).range(1..=86_400), conflicts_with = "once")]
    reconcile_every: Option<u64>,
    /// Kamailio's control socket for that, as `kamcmd -s` takes it; by default kamcmd's own.
    #[arg(long, value_name = "SOCKET", requires = "reconcile_every")]
    ctl: Option<String>,
    /// One round, then end.
    #[arg(long)]
    once: bool,
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let stop = stop_on_signals()?;
    let Some(mut agent) = begin(&args, &stop)? else {
        tell!("agent: stopped before there was a snapshot");
        return Ok(());
    };
    let leasing = leasing_of(&args, &agent.config);
    if let Some(sec) = args.reconcile_every {
        let every = Duration::from_secs(sec);
        reconciling::begin(args.state.clone(), args.ctl.clone(), every, Arc::clone(&stop));
    }
    let mut written = if args.once { agent.round()? } else { agent.try_round() };
    while !args.once && !stop.load(Ordering::Relaxed) {
        rest(Duration::from_millis(args.interval_ms), &stop);
        written += agent.try_round();
    }
    if !args.once {
        written += agent.last_round()?;
    }
    leasing.map_or(Ok(()), Leasing::end)?;
    let generation = agent.node.newest().number();
    match output {
        Output::Json => {
            say!("{}", serde_json::json!({"records_written": written, "generation": generation}))
        }
        Output::Human => say!("{written} records written, snapshot generation {generation} live"),
    }
    Ok(())
}

/// Starts. Where no snapshot is live yet and the file is none that can be, says so and waits for one that can: whoever
/// publishes it next finds the agent at work. `None` if it was told to stop meanwhile.
///
/// # Errors
/// Whatever else keeps it from starting.
fn begin(args: &Args, stop: &AtomicBool) -> anyhow::Result<Option<Agent>> {
    let file = Watched::new(&args.snapshot);
    let (mut pause, mut complaint) = (Rest::default(), String::new());
    loop {
        let tried = file.changed();
        match Agent::start(args) {
            Err(error) if !args.once && wants_a_snapshot(&error) => {
                let text = format!("ALARM: no snapshot is live, and the file is refused: {error:#}");
                if text != complaint {
                    tell!("agent: {text}; waiting for a good one");
                    complaint = text;
                }
            }
            started => return started.map(Some),
        }
        pause.after(false);
        while file.changed() == tried && !pause.is_over() {
            rest(Duration::from_millis(args.interval_ms), stop);
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
    }
}

/// Whether a snapshot file that can be published would help.
fn wants_a_snapshot(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(NodeError::Snapshot(_) | NodeError::NotAsPublished { .. } | NodeError::NotTheNext { .. })
    )
}

/// Waits between two rounds, in short steps: told to stop, the agent does not sleep a long interval out.
fn rest(interval: Duration, stop: &AtomicBool) {
    let step = Duration::from_millis(50);
    let mut left = interval;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(left.min(step));
        left = left.saturating_sub(step);
    }
}

fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("registering for signals")?;
    }
    // A file that may not grow further is then an error of the write, as a full disk is, and not the end of the agent.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).context("registering for signals")?;
    Ok(stop)
}

struct Agent {
    config: Config,
    segments: PathBuf,
    node: Node,
    sweeper: Sweeper,
    writer: SegmentWriter,
    snapshot: Watched,
    ahead: Ahead,
    /// Whether a round waits for all that it has started.
    is_once: bool,
    /// After a sweep that failed.
    rest: Rest,
    /// After a repair that a stopped process has held up: each attempt holds up all others for two seconds.
    repair_rest: Rest,
    /// After a snapshot file that could not be published: what it is, and until when it is left alone.
    refused: Option<Seen>,
    refused_rest: Rest,
    alarms: Alarms,
    /// The last complaint, so that it is not repeated five times a second.
    complaint: String,
}

impl Agent {
    fn start(args: &Args) -> anyhow::Result<Agent> {
        let snapshot = Watched::new(&args.snapshot);
        let config =
            Config { snapshot: args.snapshot.clone(), state: args.state.clone(), calls_max: args.calls_max };
        let (node, writer) = attach(&config, &args.segments)?;
        if let Some(warning) = clock::warning() {
            tell!("agent: {warning}");
        }
        Ok(Agent {
            config,
            segments: args.segments.clone(),
            node,
            sweeper: Sweeper::default(),
            writer,
            snapshot,
            ahead: Ahead::new(source_of(args)),
            is_once: args.once,
            rest: Rest::default(),
            repair_rest: Rest::default(),
            refused: None,
            refused_rest: Rest::default(),
            alarms: Alarms::default(),
            complaint: String::new(),
        })
    }

    /// Publishes what has changed and writes what has ended. Neither keeps the other from being done.
    fn round(&mut self) -> anyhow::Result<u64> {
        self.refused = None;
        let published = self.publish();
        let written = self.look_after();
        both(published, written)
    }

    /// What is done when it is told to stop. A snapshot file that is no good is no reason to end badly.
    fn last_round(&mut self) -> anyhow::Result<u64> {
        self.refused = None;
        if let Err(error) = self.publish() {
            self.complain(&error);
        }
        self.look_after()
    }

    /// A round that may fail: what it could not do is done by a later one.
    fn try_round(&mut self) -> u64 {
        if self.node.shm().is_replaced() {
            return if self.rest.is_over() { self.move_over() } else { 0 };
        }
        let published = self.publish();
        let written = if self.rest.is_over() { self.look_after() } else { Ok(0) };
        let count = *written.as_ref().unwrap_or(&0);
        match both(published, written) {
            Ok(_) if self.rest.is_over() && self.refused.is_none() => self.complaint.clear(),
            Ok(_) => {}
            Err(error) => self.complain(&error),
        }
        count
    }

    fn publish(&mut self) -> anyhow::Result<()> {
        // A file that is no good is no reason not to compile a better one.
        let published = self.publish_file();
        let ahead = self.ahead.round(&self.node, &self.snapshot.path, clock::now().utc_ns, self.is_once);
        let again = self.publish_file();
        // What could not be published has been replaced, if a second look finds something that can.
        let published = if self.refused.is_none() { again } else { published.and(again) };
        both(published, ahead.map(|()| 0)).map(drop)
    }

    /// Publishes the file if it has changed. One that was refused is left alone for a while unless it is another by
    /// now: to verify all of it takes a second and the lock that workers attach under.
    fn publish_file(&mut self) -> anyhow::Result<()> {
        let Some(changed) = self.snapshot.changed() else { return Ok(()) };
        if self.refused == Some(changed) && !self.refused_rest.is_over() {
            return Ok(());
        }
        let before = self.node.newest().number();
        let published = self.node.publish(&self.snapshot.path);
        if self.refused != Some(changed) {
            self.refused_rest = Rest::default();
        }
        self.refused_rest.after(published.is_ok());
        self.refused = published.is_err().then_some(changed);
        let live =
            published.context("ALARM: the published snapshot is refused, the one before stays live")?;
        self.snapshot.seen = Some(changed);
        if live != before {
            tell!("agent: snapshot generation {live} is live");
        }
        Ok(())
    }

    /// Repairs what a dead worker has left, ends what nobody has reported the end of, and writes what has ended.
    fn look_after(&mut self) -> anyhow::Result<u64> {
        let repaired = if self.repair_rest.is_over() { self.repair() } else { Ok(()) };
        self.node.expire(clock::now());
        let written = self.sweep();
        both(repaired, written)
    }

    fn repair(&mut self) -> anyhow::Result<()> {
        let repaired = self.node.repair_dead();
        self.repair_rest.after(repaired.is_ok());
        if repaired? {
            tell!("agent: a process has died while it changed the state: repaired");
        }
        Ok(())
    }

    fn sweep(&mut self) -> anyhow::Result<u64> {
        if let Some(alarm) = self.alarms.look(self.node.losses(), Instant::now()) {
            tell!("agent: {alarm}");
        }
        let written = sweep(&self.node, &mut self.sweeper, &mut self.writer, clock::now().utc_ns);
        self.rest.after(written.is_ok());
        written.with_context(|| self.how_full())
    }

    /// What it means that records cannot be written.
    fn how_full(&self) -> String {
        let newest = self.node.newest();
        let then = match newest.snapshot().plan().when_table_full.get() {
            1 => "records are dropped",
            _ => "calls are refused",
        };
        let (taken, calls_max) = (self.node.calls().taken(), self.node.calls().calls_max());
        format!(
            "ALARM: records cannot be written; {taken} of {calls_max} entries are taken, when all are, {then}"
        )
    }

    /// Somebody has put another state file in place: writes what the old one has, then goes on with the new.
    fn move_over(&mut self) -> u64 {
        let written = self.sweep().and_then(|written| {
            (self.node, self.writer) = attach(&self.config, &self.segments)?;
            self.sweeper = Sweeper::default();
            (self.snapshot.seen, self.refused) = (None, None);
            tell!("agent: state {} was replaced; going on with the new one", self.config.state.display());
            Ok(written)
        });
        written.unwrap_or_else(|error| {
            self.complain(&error);
            0
        })
    }

    fn complain(&mut self, error: &anyhow::Error) {
        let text = format!("{error:#}");
        if text != self.complaint {
            tell!("agent: {text}");
            self.complaint = text;
        }
    }
}

/// Leases wallets, if the node has a name.
fn leasing_of(args: &Args, config: &Config) -> Option<Leasing> {
    let node = args.node.clone()?;
    let (database, config, segments) = (args.database.clone(), config.clone(), args.segments.clone());
    Some(Leasing::begin(Terms { node, database, config, segments }, args.once))
}

fn source_of(args: &Args) -> Option<Source> {
    let database = args.from_database.then(|| Source::Database(args.database.clone()));
    args.plan.clone().map(Source::Directory).or(database)
}

/// The state that is in place now, and a writer of its records.
fn attach(config: &Config, segments: &Path) -> anyhow::Result<(Node, SegmentWriter)> {
    let node = Node::attach_agent(config)?;
    if let Some(warning) = node.warning() {
        tell!("agent: ALARM: {warning}; going on with the snapshot that is live");
    }
    let node_start_ns = node.shm().header().node_start_ns.get();
    let writer = SegmentWriter::new(segments, node_start_ns, SEGMENT_BYTES_DEFAULT)?;
    Ok((node, writer))
}

/// What both halves of a round came to: no error hides the other.
fn both(published: anyhow::Result<()>, written: anyhow::Result<u64>) -> anyhow::Result<u64> {
    match (published, written) {
        (Ok(()), written) => written,
        (Err(error), Ok(_)) => Err(error),
        (Err(publishing), Err(writing)) => Err(anyhow::anyhow!("{publishing:#}; and {writing:#}")),
    }
}

/// The pause after something that failed: 1 s, then twice as long each time, up to 30 s.
#[derive(Default)]
struct Rest {
    pause: Duration,
    until: Option<Instant>,
}

impl Rest {
    fn is_over(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() >= until)
    }

    fn after(&mut self, well: bool) {
        if well {
            *self = Rest::default();
            return;
        }
        self.pause = (self.pause * 2).clamp(Duration::from_secs(1), Duration::from_secs(30));
        self.until = Some(Instant::now() + self.pause);
    }
}

/// A file whose change is noticed.
struct Watched {
    path: PathBuf,
    seen: Option<Seen>,
}

/// Inode, length and time of change.
type Seen = (u64, u64, i64, i64);

impl Watched {
    fn new(path: &Path) -> Watched {
        Watched { path: path.to_owned(), seen: None }
    }

    /// What the file is now, if that is not what was seen last. A file that is away has not changed.
    fn changed(&self) -> Option<Seen> {
        use std::os::unix::fs::MetadataExt;
        let meta = std::fs::metadata(&self.path).ok()?;
        let now = (meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec());
        (self.seen != Some(now)).then_some(now)
    }
}
