//! The server behind the databases.
//!
//! It must end with the binary, and statics are not dropped in Rust. So its postmaster is watched by a shell
//! that reads from a pipe whose other end only this process holds: when the process ends, however it ends, the
//! pipe closes, and the shell stops the postmaster by its process id and removes the directory.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long a start may take on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(120);

/// Runs the postmaster until its input closes. `$1` postgres, `$2` the directory, `$3` its buffers.
const WATCH: &str = r#"
trap '' INT TERM HUP
"$1" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off \
    -c synchronous_commit=off -c max_connections=50 -c shared_buffers="$3" >"$2/log" 2>&1 </dev/null &
pid=$!
while read -r _; do :; done
kill -INT "$pid" 2>/dev/null
wait "$pid"
rm -rf "$2"
"#;

/// A running PostgreSQL.
pub struct Server {
    directory: PathBuf,
    /// Holds the pipe that keeps the server alive.
    _watch: Mutex<Child>,
}

impl Server {
    /// This binary's server, started at the first call.
    pub fn of_this_binary() -> &'static Server {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| Server::start("64MB"))
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let host = self.directory.display().to_string().replace('/', "%2F");
        format!("postgresql://postgres@{host}/{database}")
    }

    /// A server with so much memory for buffers, as PostgreSQL writes it.
    pub fn start(buffers: &str) -> Server {
        let bin = binaries();
        // Short, for a socket's path has at most 107 bytes; and where the other user may go.
        let directory = tempfile::Builder::new().prefix("tandem-pg-").tempdir_in("/tmp").unwrap().keep();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        let user = User::to_run_as(&directory);
        user.own(&directory);
        let mut initdb = user.command(&bin.join("initdb"));
        initdb.args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "-D",
        ]);
        let made = initdb.arg(directory.join("data")).output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut watch = user.command(Path::new("/bin/sh"));
        watch.args(["-c", WATCH, "watch"]).arg(bin.join("postgres")).arg(&directory).arg(buffers);
        let watch = watch.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Server { directory, _watch: Mutex::new(watch) };
        server.wait_until_ready();
        server
    }

    fn wait_until_ready(&self) {
        let deadline = Instant::now() + START_DEADLINE;
        while let Err(error) = postgres::Client::connect(&self.url("postgres"), postgres::NoTls) {
            let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "PostgreSQL does not start: {error}\n{log}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

/// Where PostgreSQL's programs are: the newest version that has a server.
fn binaries() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/initdb").exists() && path.join("bin/postgres").exists())
        .filter_map(|path| Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin"))))
        .collect();
    found.sort();
    found.pop().expect("no PostgreSQL in /usr/lib/postgresql: install the package `postgresql`").1
}

/// Who runs the server.
enum User {
    /// Whoever runs the tests.
    Same,
    /// Root runs the tests, so somebody else: user and group id.
    Other(u32, u32),
}

impl User {
    fn to_run_as(mine: &Path) -> User {
        if fs::metadata(mine).unwrap().uid() != 0 {
            return User::Same;
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        let ids = |name: &str| {
            let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        let (user, group) = ids("postgres").or_else(|| ids("nobody")).expect("a user that is not root");
        User::Other(user, group)
    }

    fn own(&self, directory: &Path) {
        if let User::Other(user, group) = self {
            chown(directory, Some(*user), Some(*group)).unwrap();
        }
    }

    /// The command as this user, and nowhere that the user may not be.
    fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            User::Same => Command::new(program),
            User::Other(user, group) => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
                command.arg(program);
                command
            }
        };
        command.current_dir("/");
        command
    }
}
