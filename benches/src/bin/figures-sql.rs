//! `sql_over_decision`: PostgreSQL's function over the router's whole decision, on the same plan, in the same run.
//!
//! It starts a PostgreSQL of its own and removes it. `figures-sql` takes 10 providers × 150,000 codes;
//! `--full` 50 × 177,000. The last line is one JSON object.

#[allow(dead_code, reason = "the tests start theirs otherwise")]
#[path = "../../../lcr-admin/tests/common/server.rs"]
mod server;
#[path = "../sql.rs"]
mod sql;

use std::time::Instant;

use clap::Parser;
use rating_core::live::Unused;
use serde_json::json;
use tandem_benches::data::{Data, decide_call, partition_of};
use tandem_benches::rounds::median;
use tandem_tests::us_decks::Shape;

use sql::Sql;

/// Rounds, of which the median counts; each asks both sides.
const ROUNDS: usize = 7;
/// Calls that SQL is asked in a round.
const SQL_TIMES: usize = 500;
/// Decisions of a round.
const TIMES: usize = 100_000;

/// Measures, and prints the figure as one JSON object in the last line.
#[derive(Parser, Debug)]
struct Args {
    /// 50 providers of 177,000 codes each.
    #[arg(long)]
    full: bool,
    /// Providers, in place of 10 or 50.
    #[arg(long)]
    providers: Option<usize>,
    /// Codes of each provider, in place of 150,000 or 177,000.
    #[arg(long)]
    codes: Option<usize>,
    /// The same seed gives the same data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let (providers, codes) = if args.full { (50, 177_000) } else { (10, 150_000) };
    let shape = Shape {
        providers: args.providers.unwrap_or(providers),
        codes: args.codes.unwrap_or(codes),
        seed: args.seed,
    };
    println!("data: {shape:?}");
    let data = Data::new(shape, 0)?;
    let server = server::Server::start("2GB");
    let mut client = postgres::Client::connect(&server.url("postgres"), postgres::NoTls)?;
    client.batch_execute("CREATE DATABASE bench")?;
    let client = postgres::Client::connect(&server.url("bench"), postgres::NoTls)?;
    let began = Instant::now();
    let mut sql = Sql::new(client, &data)?;
    println!("stored and indexed in {:.1} s", began.elapsed().as_secs_f64());
    sql.check(&data)?;
    println!("sampled calls are decided alike");
    sql.run(&data, SQL_TIMES)?;
    let (mut of_sql, mut of_core, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        sql.run(&data, SQL_TIMES)?;
        let sql_ns = began.elapsed().as_nanos() as f64 / SQL_TIMES as f64;
        let core_ns = decisions_ns(&data);
        of_sql.push(sql_ns);
        of_core.push(core_ns);
        ratios.push(sql_ns / core_ns);
    }
    println!("get_lrn_rates {:.0} us, decision {:.0} ns", median(of_sql) / 1000.0, median(of_core));
    println!("{}", json!({ "sql_over_decision": median(ratios).round() }));
    Ok(())
}

fn decisions_ns(data: &Data) -> f64 {
    let snapshot = data.snapshot();
    let began = Instant::now();
    for (at, asked) in data.calls.iter().enumerate().cycle().take(TIMES) {
        std::hint::black_box(decide_call(&snapshot, asked, partition_of(at), &Unused, 0));
    }
    began.elapsed().as_nanos() as f64 / TIMES as f64
}
