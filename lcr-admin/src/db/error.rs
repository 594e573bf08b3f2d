//! What can go wrong with the database, and what to do about it.

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// No URL was given.
    #[error("which database? Give --database postgresql://user@host/name or set DATABASE_URL")]
    NoUrl,
    /// The URL cannot be read.
    #[error("the database URL cannot be read ({0}); expected postgresql://user:password@host:port/name")]
    BadUrl(String),
    /// There is no connection.
    #[error(
        "no connection to the database at {place}: {why}; is PostgreSQL running there, and may you log in?"
    )]
    Connect {
        /// Host and port, without user and password.
        place: String,
        /// What the other side or the operating system said.
        why: String,
    },
    /// There is no schema.
    #[error("the database has no Tandem schema yet; run `lcr-admin migrate`")]
    NotMigrated,
    /// The schema is older than this program.
    #[error("the database schema is at {found:04}, this program needs {needed:04}; run `lcr-admin migrate`")]
    SchemaOlder {
        /// The database's last migration.
        found: i32,
        /// This program's last migration.
        needed: i32,
    },
    /// The schema is newer than this program.
    #[error(
        "the database schema is at {found:04}, newer than this program, which knows {known:04}; \
         use the lcr-admin that migrated it, or a later one"
    )]
    SchemaNewer {
        /// The database's last migration.
        found: i32,
        /// This program's last migration.
        known: i32,
    },
    /// A migration failed.
    #[error("the schema was not changed: {0}")]
    Migrate(String),
    /// There is a schema, but nothing in it.
    #[error("the database holds no plan yet; run `lcr-admin plan apply DIR`")]
    NoPlan,
    /// A value that the database has no place for.
    #[error("{owner}: {what}")]
    OutOfRange {
        /// Where: `deck level3 version 2 prefix 1212`.
        owner: String,
        /// What was found, and what was expected.
        what: String,
    },
    /// What the database holds is no plan.
    #[error(
        "the database holds what lcr-admin did not write: {0}; restore it from a backup or apply the plan again"
    )]
    Corrupt(String),
    /// What was asked for would change what others have: prices, money.
    #[error("{0}")]
    Refused(String),
    /// PostgreSQL refused.
    #[error("{doing}: {why}")]
    Postgres {
        /// What was being done.
        doing: String,
        /// What PostgreSQL said.
        why: String,
    },
}

impl DbError {
    /// Says what was being done when PostgreSQL refused.
    pub(super) fn doing(doing: impl Into<String>) -> impl FnOnce(postgres::Error) -> DbError {
        let doing = doing.into();
        move |error| DbError::Postgres { doing, why: explain(&error) }
    }

    /// As [`doing`](Self::doing), for errors that came out of a COPY stream.
    pub(super) fn copying(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> DbError {
        let doing = doing.into();
        move |error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<postgres::Error>());
            let why = inner.map_or_else(|| error.to_string(), explain);
            DbError::Postgres { doing, why }
        }
    }
}

/// What PostgreSQL says, with its detail: the message alone seldom names the row.
pub(super) fn explain(error: &postgres::Error) -> String {
    let Some(server) = error.as_db_error() else {
        let source = std::error::Error::source(error);
        return source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    };
    match server.detail() {
        Some(detail) => format!("{} ({detail})", server.message()),
        None => server.message().to_owned(),
    }
}
