//! `get_lrn_rates` over the same data as the router: the plan is stored by the same COPY as any plan, the function is
//! prepared, and its answers are compared with the router's before anything is measured.
//!
//! Beside the schema's own index the function has one on `deck_row (prefix)`: the best that was found for it. A plan
//! that many import into does without, for it slows every import down.

use std::hint::black_box;

use anyhow::ensure;
use lcr_admin::db;
use postgres::{Client, Statement};
use rating_core::live::Unused;

use tandem_benches::data::{Data, decide_call, partition_of};
use tandem_tests::naive::Asked;
use tandem_tests::us_decks::EFFECTIVE;

/// Calls that are compared before anything is measured.
const CHECKED: usize = 200;

/// The routes that are kept, with their rate, in order.
const QUERY: &str = "SELECT route, (rate * 1000000000)::bigint FROM get_lrn_rates(source_in => '127.0.0.1', ani_in => $1, \
    prefix_in => $2, lrn_in => $3, lrn_dipped_in => false, machineid_in => $4, call_id_in => '', \
    at_in => timestamptz 'epoch' + $5::bigint * interval '1 second') WHERE ordinal IS NOT NULL AND cardinality(gateways) > 0 ORDER BY ordinal";

/// A database that holds the plan, with the function prepared.
pub struct Sql {
    client: Client,
    query: Statement,
}

impl Sql {
    /// Stores the plan and prepares the function.
    ///
    /// # Errors
    /// What the database says.
    pub fn new(mut client: Client, data: &Data) -> anyhow::Result<Sql> {
        db::migrate(&mut client)?;
        db::apply_plan(&mut client, &data.plan, &mut |_| {})?;
        for statement in
            ["CREATE INDEX deck_row_prefix ON deck_row (prefix)", "VACUUM ANALYZE", "SET jit = off"]
        {
            client.batch_execute(statement)?;
        }
        let query = client.prepare(QUERY)?;
        Ok(Sql { client, query })
    }

    /// The routes of a call.
    ///
    /// # Errors
    /// What the database says.
    pub fn routes(&mut self, asked: &Asked, partition: Option<&str>) -> anyhow::Result<Vec<(String, i64)>> {
        let rows = self
            .client
            .query(&self.query, &[&asked.ani, &asked.dnis, &asked.dnis_lrn, &partition, &EFFECTIVE])?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Compares a sample of calls with the router.
    ///
    /// # Errors
    /// The first call that is decided otherwise.
    pub fn check(&mut self, data: &Data) -> anyhow::Result<()> {
        let snapshot = data.snapshot();
        for (at, asked) in data.calls.iter().enumerate().take(CHECKED) {
            let partition = partition_of(at);
            let decision = decide_call(&snapshot, asked, partition, &Unused, 0);
            let legs = decision.verdict.iter().flat_map(|legs| legs.iter());
            let mut core: Vec<(String, i64)> = legs
                .map(|leg| {
                    let name = snapshot.routes()[leg.candidate.route as usize].name;
                    (snapshot.text(name).to_owned(), leg.candidate.rate_per_min.0)
                })
                .collect();
            core.dedup();
            let sql = self.routes(asked, partition.map(|at| name_of(data, at)).as_deref())?;
            ensure!(sql == core, "{asked:?}: SQL says {sql:?}, core {core:?}");
        }
        Ok(())
    }

    /// Asks calls one after the other; how many routes there were.
    ///
    /// # Errors
    /// What the database says.
    pub fn run(&mut self, data: &Data, times: usize) -> anyhow::Result<usize> {
        let mut routes = 0;
        for (at, asked) in data.calls.iter().enumerate().cycle().skip(CHECKED).take(times) {
            routes += self.routes(asked, partition_of(at).map(|at| name_of(data, at)).as_deref())?.len();
        }
        Ok(black_box(routes))
    }
}

/// The partition at a place of the snapshot.
fn name_of(data: &Data, at: u32) -> String {
    let snapshot = data.snapshot();
    snapshot.text(snapshot.partitions()[at as usize].name).to_owned()
}
