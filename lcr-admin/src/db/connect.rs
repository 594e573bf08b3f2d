//! Getting to the database: one URL, from `--database` or the environment.

use std::time::Duration;

use postgres::config::Host;
use postgres::{Client, Config, NoTls};

use super::error::{DbError, explain};

/// Which database; flattened into the commands that need one.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DatabaseArgs {
    /// PostgreSQL, such as postgresql://tandem@db.example/tandem (or the environment's DATABASE_URL).
    #[arg(long = "database", value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub url: Option<String>,
}

/// Connects.
///
/// # Errors
/// [`DbError::NoUrl`], [`DbError::BadUrl`] or [`DbError::Connect`]; none of them repeats the password.
pub fn connect(args: &DatabaseArgs) -> Result<Client, DbError> {
    let url = args.url.as_deref().filter(|url| !url.trim().is_empty()).ok_or(DbError::NoUrl)?;
    let mut config: Config = url.parse().map_err(|error| DbError::BadUrl(explain(&error)))?;
    if config.get_application_name().is_none() {
        config.application_name("lcr-admin");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    config.connect(NoTls).map_err(|error| DbError::Connect { place: place(&config), why: explain(&error) })
}

/// Where the database is, without who asks.
fn place(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    format!("{host}, port {}", config.get_ports().first().unwrap_or(&5432))
}
