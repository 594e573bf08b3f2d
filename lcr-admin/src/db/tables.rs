//! Makes a table hold exactly what a plan says: new rows come, changed ones change, the rest goes.
//!
//! The plan's rows are copied into a temporary table beside the real one, and two statements compare the two.
//! What is the same is not touched, so applying the same plan again writes nothing.

use std::io::Write;

use postgres::Transaction;
use rating_core::plan::Plan;

use super::copy::TextRows;
use super::error::DbError;

/// A table and what it holds of a plan.
pub(super) struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns that say which row it is.
    pub key: &'static [&'static str],
    /// All its columns, in the order of `rows`.
    pub columns: &'static [&'static str],
    /// Its rows of a plan.
    pub rows: fn(&Plan, &mut TextRows),
}

impl Table {
    /// Copies the plan's rows beside the table. A row that is there twice is refused here.
    pub(super) fn stage(&self, transaction: &mut Transaction<'_>, plan: &Plan) -> Result<(), DbError> {
        let name = self.name;
        let doing = || format!("reading the plan's {name} rows");
        let statement =
            format!("CREATE TEMPORARY TABLE staged_{name} (LIKE {name} INCLUDING INDEXES) ON COMMIT DROP");
        transaction.batch_execute(&statement).map_err(DbError::doing(doing()))?;
        let mut rows = TextRows::new();
        (self.rows)(plan, &mut rows);
        let statement = format!("COPY staged_{name} ({}) FROM STDIN", quoted(self.columns, ""));
        let mut writer = transaction.copy_in(statement.as_str()).map_err(DbError::doing(doing()))?;
        writer.write_all(rows.as_bytes()).map_err(DbError::copying(doing()))?;
        writer.finish().map_err(DbError::doing(doing()))?;
        Ok(())
    }

    /// Inserts and updates what differs; how many of each.
    pub(super) fn upsert(&self, transaction: &mut Transaction<'_>) -> Result<(u64, u64), DbError> {
        let rest: Vec<&str> =
            self.columns.iter().filter(|column| !self.key.contains(column)).copied().collect();
        let on_conflict = if rest.is_empty() {
            "DO NOTHING".to_owned()
        } else {
            let columns = quoted(&rest, "");
            let new = quoted(&rest, "excluded.");
            let old = quoted(&rest, "kept.");
            format!("DO UPDATE SET ({columns}) = ROW ({new}) WHERE ROW ({old}) IS DISTINCT FROM ROW ({new})")
        };
        let statement = format!(
            "WITH done AS (INSERT INTO {name} AS kept ({columns}) SELECT {columns} FROM staged_{name} \
             ON CONFLICT ({key}) {on_conflict} RETURNING kept.xmax = 0 AS is_new) \
             SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM done",
            name = self.name,
            columns = quoted(self.columns, ""),
            key = quoted(self.key, ""),
        );
        let row = transaction
            .query_one(statement.as_str(), &[])
            .map_err(DbError::doing(format!("storing the plan's {} rows", self.name)))?;
        Ok((count(&row, 0), count(&row, 1)))
    }

    /// Deletes what the plan does not have; how many.
    pub(super) fn delete(&self, transaction: &mut Transaction<'_>) -> Result<u64, DbError> {
        let statement = format!(
            "DELETE FROM {name} AS kept WHERE NOT EXISTS (SELECT 1 FROM staged_{name} AS staged \
             WHERE ({staged}) = ({kept}))",
            name = self.name,
            staged = quoted(self.key, "staged."),
            kept = quoted(self.key, "kept."),
        );
        transaction
            .execute(statement.as_str(), &[])
            .map_err(DbError::doing(format!("deleting {} rows that the plan does not have", self.name)))
    }
}

/// `excluded."id", excluded."active"`.
fn quoted(columns: &[&str], of: &str) -> String {
    columns.iter().map(|column| format!("{of}\"{column}\"")).collect::<Vec<_>>().join(", ")
}

fn count(row: &postgres::Row, index: usize) -> u64 {
    u64::try_from(row.get::<_, i64>(index)).unwrap_or(0)
}
