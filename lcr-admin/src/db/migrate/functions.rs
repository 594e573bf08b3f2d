//! The functions of the database: `get_lrn_rates`, `decide_call` and what they stand on.
//!
//! They are files of `sql/functions` and `sql/data`, built into the program. Unlike migrations they hold nothing of
//! the operator's, so they are not changed step by step: where the database has other ones than this program, all
//! of them are made anew, in one transaction. The schema `oracle` carries the checksum that tells.

use postgres::Client;
use sha2::{Digest, Sha256};

use crate::db::error::DbError;

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../sql/", $path, ".sql")))),+]
    };
}

/// Every file, in the order in which they build on each other.
const FILES: &[(&str, &str)] = files![
    "data/npa",
    "data/country_code",
    "functions/010_types",
    "functions/020_numbers",
    "functions/030_places",
    "functions/040_schedules",
    "functions/050_arrival",
    "functions/060_admission",
    "functions/070_jurisdiction",
    "functions/080_prices",
    "functions/090_candidates",
    "functions/100_routes",
    "functions/110_order",
    "functions/120_decide",
    "functions/130_get_lrn_rates",
];

/// Takes away what an earlier program made. Functions of these names are ours, whatever their parameters.
const REMOVE: &str = "
    DROP SCHEMA IF EXISTS oracle CASCADE;
    DO $$
    DECLARE
        former regprocedure;
    BEGIN
        FOR former IN
            SELECT oid FROM pg_proc
            WHERE proname IN ('get_lrn_rates', 'decide_call') AND pronamespace = 'public'::regnamespace
        LOOP
            EXECUTE 'DROP FUNCTION ' || former;
        END LOOP;
    END
    $$;
    CREATE SCHEMA oracle;
";

/// Makes the functions anew if the database has other ones.
pub fn install(client: &mut Client) -> Result<(), DbError> {
    let checksum = checksum();
    let found = client
        .query_one("SELECT obj_description(to_regnamespace('oracle'), 'pg_namespace')", &[])
        .map_err(DbError::doing("reading the version of the functions"))?;
    if found.get::<_, Option<String>>(0).is_some_and(|found| found.ends_with(&checksum)) {
        return Ok(());
    }
    let doing = || DbError::doing("making the functions of the database");
    let mut transaction = client.transaction().map_err(doing())?;
    transaction.batch_execute(REMOVE).map_err(doing())?;
    for (path, text) in FILES {
        let failed = |error| DbError::Migrate(format!("{path}: {}", crate::db::error::explain(&error)));
        transaction.batch_execute(text).map_err(failed)?;
    }
    let comment = format!(
        "COMMENT ON SCHEMA oracle IS 'The rules of decisions in SQL. Made by lcr-admin migrate: {checksum}'"
    );
    transaction.batch_execute(&comment).map_err(doing())?;
    transaction.commit().map_err(doing())
}

/// Of all files, in hexadecimal.
fn checksum() -> String {
    let mut hash = Sha256::new();
    for (path, text) in FILES {
        hash.update(path);
        hash.update([0]);
        hash.update(text);
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn every_file_is_built_in() {
        for folder in ["data", "functions"] {
            let path = format!("{}/../sql/{folder}", env!("CARGO_MANIFEST_DIR"));
            let names = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
            let mut found: Vec<String> =
                names.map(|name| format!("{folder}/{}", name.into_string().unwrap())).collect();
            found.sort();
            let mut built_in: Vec<String> = FILES
                .iter()
                .filter(|(path, _)| path.starts_with(folder))
                .map(|(path, _)| format!("{path}.sql"))
                .collect();
            built_in.sort();
            assert_eq!(found, built_in);
        }
    }
}
