//! A private PostgreSQL for a test binary: made in a temporary directory, on a Unix socket only, and gone when
//! the binary ends, also when a test panics.
//!
//! ```ignore
//! mod common;
//! let url = common::Database::new();          // an empty database of its own
//! let mut client = postgres::Client::connect(url.url(), postgres::NoTls).unwrap();
//! ```
//!
//! One server a binary, one database a test. PostgreSQL refuses to run as root, so root runs it as `postgres`
//! or, without such a user, `nobody`. It depends on nothing of the crate under test.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod plans;
pub mod program;
mod server;

use std::sync::atomic::{AtomicU32, Ordering};

pub use server::Server;

/// A database of one test. It goes with its server.
pub struct Database {
    url: String,
}

impl Database {
    /// An empty database. Starts the binary's server if it is the first.
    pub fn new() -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let server = Server::of_this_binary();
        // ORDERING: a count that orders nothing else.
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut client = postgres::Client::connect(&server.url("postgres"), postgres::NoTls).unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        Database { url: server.url(&name) }
    }

    /// Its URL, for `--database`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection to it.
    pub fn client(&self) -> postgres::Client {
        postgres::Client::connect(&self.url, postgres::NoTls).unwrap()
    }
}
