//! Kamailio's database: its dialogs, and the users of the digest socket, in a private PostgreSQL.
//!
//! One server for all labs of a test, one database for each lab. It does not sync: it outlives Kamailio, not the machine.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::Context;
use tempfile::TempDir;

use super::process::Process;
use super::{unique, wait};

/// Where Debian keeps the tables of Kamailio.
const TABLES: &str = "/usr/share/kamailio/postgres";

/// The digest user `bella`, with MD5 of `bella:tandem:open-sesame`.
const USERS: &str = "CREATE TABLE digest AS SELECT * FROM htable;
INSERT INTO version (table_name, table_version) VALUES ('digest', 2);
INSERT INTO digest VALUES (1, 'bella', 0, 0, 'ef27410c26a3fcf2c2dab6fe56e8c83e', 0);";

/// What a lab has a database for: the users of the digest socket and, perhaps, dialogs.
#[derive(Clone, Copy)]
pub struct Database<'a> {
    /// Where it is.
    pub server: &'a Server,
    /// Whether calls outlive Kamailio.
    pub keeps_dialogs: bool,
}

/// A running server. It ends with the thread that started it.
pub struct Server {
    _process: Process,
    port: u16,
    programs: PathBuf,
    _dir: TempDir,
}

impl Server {
    /// Starts it.
    ///
    /// # Errors
    /// When it does not start, with what it printed.
    pub fn start() -> anyhow::Result<Server> {
        let programs = programs()?;
        let dir = TempDir::with_prefix("tandem-pg-").context("creating a private directory")?;
        let as_user = as_user(dir.path())?;
        let data = dir.path().join("data").display().to_string();
        let initdb = programs.join("initdb").display().to_string();
        let options =
            ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"];
        let mut command = Command::new("setpriv");
        command.args(&as_user).arg(initdb).args(options).arg(&data).current_dir("/");
        done("initdb", command.output())?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr())?.port();
        let mut arguments = as_user;
        arguments.push(programs.join("postgres").display().to_string());
        arguments.extend(
            ["-D", &data, "-k", "", "-c", "fsync=off", "-c", "max_connections=500"].map(str::to_owned),
        );
        arguments.extend(["-c", "listen_addresses=127.0.0.1", "-p"].map(str::to_owned));
        arguments.push(port.to_string());
        let mut process = Process::start("postgres", dir.path(), "setpriv", arguments, &[])?;
        wait::until("PostgreSQL to serve", || {
            process.must_run()?;
            let mut command = Command::new(programs.join("pg_isready"));
            command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
            Ok(command.output()?.status.success().then_some(()))
        })?;
        Ok(Server { _process: process, port, programs, _dir: dir })
    }

    /// Makes a database with Kamailio's tables; gives its URL, as Kamailio writes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(&self) -> anyhow::Result<String> {
        let name = format!("lab_{}", unique());
        // As docs/OPERATIONS.md says: what SIP writes is bytes.
        let encoding = "ENCODING 'SQL_ASCII' TEMPLATE template0";
        self.run("postgres", &format!("CREATE DATABASE {name} {encoding}"))?;
        for table in ["standard", "dialog", "htable"] {
            let file = Path::new(TABLES).join(format!("{table}-create.sql"));
            let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            self.run(&name, &text)?;
        }
        self.run(&name, USERS)?;
        Ok(format!("postgres://postgres@127.0.0.1:{}/{name}", self.port))
    }

    fn run(&self, database: &str, commands: &str) -> anyhow::Result<()> {
        let port = self.port.to_string();
        let options = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-d"];
        let asked =
            Command::new(self.programs.join("psql")).args(options).args([database, "-c", commands]).output();
        done("psql", asked)
    }
}

fn done(what: &str, output: std::io::Result<Output>) -> anyhow::Result<()> {
    let output = output.with_context(|| format!("running {what}"))?;
    anyhow::ensure!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Where PostgreSQL's programs are: the newest version that has a server.
fn programs() -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin"));
    let newest = found.filter(|programs| programs.join("initdb").exists()).max();
    newest.context("no PostgreSQL in /usr/lib/postgresql: install the package `postgresql`")
}

/// `setpriv`'s options to run as somebody who is not root, to whom the directory is given: PostgreSQL demands it.
fn as_user(dir: &Path) -> anyhow::Result<Vec<String>> {
    if fs::metadata(dir)?.uid() != 0 {
        return Ok(Vec::new());
    }
    let users = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse::<u32>().ok()?, fields.next()?.parse::<u32>().ok()?))
    };
    let (user, group) = ids("postgres").or_else(|| ids("nobody")).context("no user that is not root")?;
    chown(dir, Some(user), Some(group))?;
    Ok(vec![format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into()])
}
