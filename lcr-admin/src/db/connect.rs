//! Getting to the database: one URL, from `--database` or the environment.

use std::time::Duration;

use postgres::config::Host;
use postgres::{Client, Config, NoTls};

use super::error::{DbError, explain};

/// The database's machine is gone when it has acknowledged nothing for so long: one that is off says nothing at all, and TCP
/// waits a quarter of an hour for it, or two hours for its answer.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// What the library takes where a URL does not name it.
const KEEPALIVES_IDLE_DEFAULT: Duration = Duration::from_secs(2 * 3600);

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
    let config = config_of(url)?;
    config.connect(NoTls).map_err(|error| DbError::Connect { place: place(&config), why: explain(&error) })
}

/// What the URL says, and what it leaves open. It may name `tcp_user_timeout` and `keepalives_idle` itself.
fn config_of(url: &str) -> Result<Config, DbError> {
    let mut config: Config = url.parse().map_err(|error| DbError::BadUrl(explain(&error)))?;
    if config.get_application_name().is_none() {
        config.application_name("lcr-admin");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE_MAX);
    }
    if config.get_keepalives_idle() == KEEPALIVES_IDLE_DEFAULT {
        config.keepalives_idle(SILENCE_MAX / 3).keepalives_interval(SILENCE_MAX / 3);
    }
    Ok(config)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_says_nothing_is_gone_after_half_a_minute_unless_the_url_says_otherwise() {
        let times = |url: &str| {
            let config = config_of(url).unwrap();
            let user_timeout = config.get_tcp_user_timeout().copied();
            [user_timeout, Some(config.get_keepalives_idle()), config.get_keepalives_interval()]
        };
        let sec = |sec| Some(Duration::from_secs(sec));
        let url = "postgresql://tandem@db.example/tandem";
        assert_eq!(times(url), [sec(30), sec(10), sec(10)]);
        let told = format!("{url}?tcp_user_timeout=90&keepalives_idle=60");
        assert_eq!(times(&told), [sec(90), sec(60), None]);
    }
}
