//! The same price lists twice: as a plan directory, and as the tables of Kamailio's module `lcr`.
//!
//! Every carrier has a price for every code, and no two of one code are equal: the order by price is one order, and it is
//! what `lcr` gets as priorities, since it knows no prices.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context;
use tandem_tests::us_decks::Rng;

/// Area codes of the US that are in use.
const NPAS: [u32; 130] = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229,
    231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304,
    305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 334, 336, 337,
    347, 351, 352, 360, 361, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419,
    423, 425, 432, 434, 435, 440, 443, 469, 478, 479, 480, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512,
    513, 515, 516, 517, 518, 520, 530, 540, 541, 551, 559, 561, 562, 563, 567, 570, 571, 573, 574, 575, 580,
    585, 586, 601, 602,
];

/// How much to make.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// NPA-NXX codes; `lcr` has as many rules.
    pub codes: usize,
    /// Carriers, each with one gateway and a price for every code.
    pub carriers: usize,
    /// Most legs of a call, which both put into the script.
    pub legs: usize,
}

/// Writes the plan directory, and beside it the directory of `lcr`'s tables.
///
/// # Errors
/// When a file cannot be written.
pub fn write(shape: Shape, plan: &Path, tables: &Path) -> anyhow::Result<()> {
    let ranks = ranks(shape, &mut Rng(0x6c63_7200 + shape.codes as u64));
    write_plan(shape, &ranks, plan, "10.0.0.0/8", gateway).context("writing the plan directory")?;
    fs::create_dir_all(tables)?;
    write_rules(shape, &ranks, tables).context("writing lcr's tables")
}

/// Writes only the plan directory: calls come from `source`, and `gateway` names each carrier's address.
///
/// # Errors
/// When a file cannot be written.
pub fn write_plan_only(
    shape: Shape,
    plan: &Path,
    source: &str,
    gateway: fn(usize) -> String,
) -> anyhow::Result<()> {
    let ranks = ranks(shape, &mut Rng(0x6c63_7200));
    write_plan(shape, &ranks, plan, source, gateway).context("writing the plan directory")
}

/// The places of all carriers in the order by price, for each code.
fn ranks(shape: Shape, rng: &mut Rng) -> Vec<Vec<usize>> {
    (0..shape.codes).map(|_| shuffled(shape.carriers, rng)).collect()
}

/// The `at`th code: area codes in turn, so that any number of codes is spread over all of them.
#[must_use]
pub fn code(at: usize) -> String {
    let exchanges: Vec<u32> = (200..1000).filter(|nxx| nxx % 100 != 11).collect();
    format!("1{}{}", NPAS[at % NPAS.len()], exchanges[at / NPAS.len()])
}

/// Each carrier's place in the order by price.
fn shuffled(count: usize, rng: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        order.swap(at, rng.below(at + 1));
    }
    order
}

fn gateway(carrier: usize) -> String {
    format!("127.0.1.{}", carrier + 1)
}

fn write_plan(
    shape: Shape,
    ranks: &[Vec<usize>],
    plan: &Path,
    source: &str,
    gateway: fn(usize) -> String,
) -> anyhow::Result<()> {
    fs::create_dir_all(plan.join("decks"))?;
    fs::write(plan.join("plan.toml"), "name = \"lcr\"\ncurrency = \"USD\"\nmax_duration_sec = 3600\n")?;
    fs::write(
        plan.join("accounts.toml"),
        "[[account]]\nid = \"customer\"\ncost_plus = { margin_percent = \"10\" }\npartitions = [\"all\"]\n\
         limits = { cps = 1000000, concurrent_calls_max = 1000000 }\n",
    )?;
    fs::write(
        plan.join("trunks.toml"),
        format!(
            "[[trunk]]\nid = \"in\"\naccount = \"customer\"\nsources = [\"{source}\"]\n\
             limits = {{ cps = 1000000, concurrent_calls_max = 1000000 }}\n"
        ),
    )?;
    let mut providers = String::new();
    let mut decks = String::new();
    let mut members = format!(
        "[[partition]]\nid = \"all\"\nstrategy = \"least_cost\"\nmax_results = {}\ndial_timeout_sec = 20\n",
        shape.legs
    );
    let codes: Vec<String> = (0..shape.codes).map(code).collect();
    for carrier in 0..shape.carriers {
        let id = format!("carrier{:02}", carrier + 1);
        write!(
            providers,
            "[[provider]]\nid = \"{id}\"\nkind = \"dnis\"\n\n[[provider.route]]\nid = \"{id}\"\ndeck = \"{id}\"\n\n\
             [[provider.route.gateway]]\nid = \"{id}\"\ndial_string = \"sip:${{number}}@{}:5060\"\n\n",
            gateway(carrier)
        )?;
        write!(members, "\n[[partition.member]]\nroute = \"{id}\"\n")?;
        write!(
            decks,
            "[[deck]]\nid = \"{id}\"\n\n[[deck.version]]\nnumber = 1\neffective_from = 2026-01-01T00:00:00Z\n\
             scope = \"full\"\nfile = \"decks/{id}.csv\"\n\n"
        )?;
        let mut list =
            "Destination,Prefix,First Interval,Sub Interval,Rate,Status,Start Date,End Date\n".to_owned();
        for (code, ranks) in codes.iter().zip(ranks) {
            let micro = 1_000 + ranks[carrier] * 100;
            writeln!(list, "USA,{code},6,6,0.{micro:06},Current,2026-01-01 00:00:00,")?;
        }
        fs::write(plan.join(format!("decks/{id}.csv")), list)?;
    }
    fs::write(plan.join("providers.toml"), providers)?;
    fs::write(plan.join("partitions.toml"), members)?;
    Ok(fs::write(plan.join("decks.toml"), decks)?)
}

/// The tables as db_text reads them; their versions are those of Kamailio 5.6.
fn write_rules(shape: Shape, ranks: &[Vec<usize>], tables: &Path) -> anyhow::Result<()> {
    fs::write(
        tables.join("version"),
        "id(int,auto) table_name(string) table_version(int)\n1:lcr_gw:3\n2:lcr_rule:3\n3:lcr_rule_target:1\n4:uris:2\n5:tails:2\n",
    )?;
    let mut gateways = "id(int,auto) lcr_id(int) gw_name(string,null) ip_addr(string,null) hostname(string,null) \
                        port(int,null) params(string,null) uri_scheme(int,null) transport(int,null) strip(int,null) \
                        prefix(string,null) tag(string,null) flags(int) defunct(int,null)\n"
        .to_owned();
    for carrier in 0..shape.carriers {
        let id = carrier + 1;
        writeln!(gateways, "{id}:1:gw{id}:{}::5060::1:::::0:", gateway(carrier))?;
    }
    fs::write(tables.join("lcr_gw"), gateways)?;
    let mut rules =
        "id(int,auto) lcr_id(int) prefix(string,null) from_uri(string,null) request_uri(string,null) \
                     mt_tvalue(string,null) stopper(int) enabled(int)\n"
            .to_owned();
    let mut targets =
        "id(int,auto) lcr_id(int) rule_id(int) gw_id(int) priority(int) weight(int)\n".to_owned();
    for (at, ranks) in ranks.iter().enumerate() {
        let rule = at + 1;
        writeln!(rules, "{rule}:1:{}::::1:1", code(at))?;
        for (carrier, rank) in ranks.iter().enumerate() {
            writeln!(targets, "{}:1:{rule}:{}:{rank}:1", at * shape.carriers + carrier + 1, carrier + 1)?;
        }
    }
    fs::write(tables.join("lcr_rule"), rules)?;
    Ok(fs::write(tables.join("lcr_rule_target"), targets)?)
}

/// Random numbers of the codes, one for each call.
#[must_use]
pub fn numbers(shape: Shape, calls: usize) -> Vec<String> {
    let mut rng = Rng(0x6e75_6d62 + shape.codes as u64);
    let number = |_| format!("{}{:04}", code(rng.below(shape.codes)), rng.below(10_000));
    (0..calls).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_all_different_and_a_carrier_has_each_place_once() {
        let mut codes: Vec<String> = (0..100_000).map(code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 100_000);
        let mut ranks = shuffled(50, &mut Rng(1));
        ranks.sort_unstable();
        assert_eq!(ranks, (0..50).collect::<Vec<_>>());
    }
}
