//! The data set: a seeded US deck set compiled, its partitions, random calls on it.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

use crate::az_decks;
use anyhow::{Context, ensure};
use rating_core::live::{LiveState, Now};
use rating_core::number::Digits;
use rating_core::plan::{Partition, Plan, Price};
use rating_core::route::{Call, Decision, Lrn, Origin, decide};
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::trace::Silent;
use rating_node::map::{MappedSnapshot, Trust};
use tandem_tests::naive::{Asked, Calls, Naive};
use tandem_tests::us_decks::{self, EFFECTIVE, Rng, Shape};

/// Partitions of random halves of the routes, beside the one of all.
pub const PARTITIONS: usize = 256;
/// Most routes of a call: the k of the figures that are compared with.
const KEPT: u32 = 5;
/// Calls of one data set. Far more than any cache has lines for their rows.
pub const CALLS: usize = 1 << 18;
/// Decisions that are compared with the naive router.
const CHECKED: usize = 2000;

/// A compiled deck set and calls on it.
pub struct Data {
    /// Who prices what.
    pub plan: Plan,
    /// The snapshot, mapped from a file as a worker maps it.
    pub file: MappedSnapshot,
    /// Calls, as text.
    pub calls: Vec<Asked>,
    /// Their numbers, side by side: a call that arrives has been read a moment ago, and does not lie in memory that nobody
    /// has touched for long.
    pub texts: Vec<CallText>,
    /// The number that each call is priced by.
    pub keys: Vec<Digits>,
    /// Prices in the buy decks.
    pub prices: usize,
}

impl Data {
    /// Makes the data set, with `az` A-Z decks beside the others, and checks a sample of decisions on it against the
    /// naive router.
    ///
    /// # Errors
    /// Without the public data, or when a decision is not what the naive router says.
    pub fn new(shape: Shape, az: usize) -> anyhow::Result<Data> {
        let mut plan = us_decks::plan(shape).context("reading the public data beside the repository")?;
        az_decks::add(&mut plan, az, shape.seed)?;
        add_partitions(&mut plan, shape.seed);
        let file = mapped(&compile(&plan, EFFECTIVE)?)?;
        let mut source = Calls::new(&plan, shape.seed);
        let calls: Vec<Asked> = (0..CALLS).map(|_| without_rate_limit(source.next())).collect();
        let key =
            |call: &Asked| if call.dnis_lrn.is_empty() { call.dnis.clone() } else { call.dnis_lrn.clone() };
        let keys = calls.iter().map(|call| Digits::new(key(call).as_bytes()).unwrap_or_default()).collect();
        let prices = count_prices(&plan);
        let texts = calls.iter().map(CallText::of).collect::<Option<_>>().context("numbers are digits")?;
        let data = Data { plan, file, calls, texts, keys, prices };
        data.check()?;
        Ok(data)
    }

    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        self.file.snapshot()
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.file.bytes()
    }

    /// Compares a sample of decisions with the naive router.
    fn check(&self) -> anyhow::Result<()> {
        let snapshot = self.snapshot();
        let naive = Naive::new(&self.plan);
        for asked in self.calls.iter().step_by(CALLS / CHECKED) {
            let decision = decide_call(&snapshot, asked, None, &rating_core::live::Unused, 0);
            let legs = decision.verdict.iter().flat_map(|legs| legs.iter());
            let name = |route: u32| snapshot.text(snapshot.routes()[route as usize].name).to_owned();
            let got: Vec<_> = legs
                .map(|leg| {
                    (
                        name(leg.candidate.route),
                        leg.candidate.rate_per_min.0,
                        usize::from(leg.candidate.matched.number()),
                    )
                })
                .collect();
            let (zone, expected) = naive.decide(asked);
            ensure!(
                decision.facts.jurisdiction.map(|zone| zone.name()) == Some(zone) && got == expected,
                "{asked:?}: core says {got:?}, the naive router {zone} {expected:?}"
            );
        }
        Ok(())
    }
}

/// A file in memory, mapped and verified.
fn mapped(bytes: &[u8]) -> anyhow::Result<MappedSnapshot> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    MappedSnapshot::open(file.path(), Trust::Nothing).context("the compiled snapshot does not open")
}

/// The call that a text says, in a partition or in that of its account.
#[must_use]
pub fn call(asked: &Asked, partition: Option<u32>) -> Call<'_> {
    call_between(asked.ani.as_bytes(), asked.dnis.as_bytes(), asked.dnis_lrn.as_bytes(), partition)
}

fn call_between<'a>(ani: &'a [u8], dnis: &'a [u8], dnis_lrn: &'a [u8], partition: Option<u32>) -> Call<'a> {
    let source = Origin::Source(IpAddr::V4(Ipv4Addr::LOCALHOST));
    Call { dnis_lrn: Lrn::Given(dnis_lrn), partition, ..Call::new(source, ani, dnis) }
}

/// The partition of the call at a place: as good as random.
#[must_use]
pub fn partition_of(at: usize) -> Option<u32> {
    u32::try_from((at.wrapping_mul(0x9e37_79b9) >> 7) % PARTITIONS).ok()
}

/// The numbers of a call, as short as they can be kept.
#[derive(Clone, Copy, Debug)]
pub struct CallText {
    ani: Digits,
    dnis: Digits,
    dnis_lrn: Digits,
}

impl CallText {
    /// The numbers of a call; none if one has other characters than digits.
    #[must_use]
    pub fn of(asked: &Asked) -> Option<CallText> {
        let [ani, dnis, dnis_lrn] =
            [&asked.ani, &asked.dnis, &asked.dnis_lrn].map(|text| Digits::new(text.as_bytes()));
        Some(CallText { ani: ani?, dnis: dnis?, dnis_lrn: dnis_lrn? })
    }

    /// The call, in a partition or in that of its account.
    #[must_use]
    pub fn call(&self, partition: Option<u32>) -> Call<'_> {
        call_between(self.ani.as_bytes(), self.dnis.as_bytes(), self.dnis_lrn.as_bytes(), partition)
    }
}

/// Decides a call, in a partition or in that of its account.
pub fn decide_call<L: LiveState>(
    snapshot: &Snapshot<'_>,
    asked: &Asked,
    partition: Option<u32>,
    live: &L,
    monotonic_ns: u64,
) -> Decision {
    let call = call(asked, partition);
    decide(snapshot, &call, Now { utc_ns: 0, monotonic_ns }, live, &mut Silent)
}

fn without_rate_limit(call: Asked) -> Asked {
    Asked { rate_limit: None, ..call }
}

fn add_partitions(plan: &mut Plan, seed: u64) {
    let mut rng = Rng(seed ^ 0x7061_7274);
    let ids: Vec<String> = plan.routes.iter().map(|route| route.id.clone()).collect();
    for number in 0..PARTITIONS {
        let mut half: Vec<String> = ids.iter().filter(|_| rng.chance(1, 2)).cloned().collect();
        if half.is_empty() {
            half.push(rng.pick(&ids).clone());
        }
        let partition = us_decks::partition(&format!("mix{number:03}"), &half);
        plan.partitions.push(Partition { max_results: KEPT, ..partition });
    }
}

/// Prices written in the buy decks of a plan.
#[must_use]
pub fn count_prices(plan: &Plan) -> usize {
    let rows = plan.decks.iter().filter(|deck| deck.id != "sell").flat_map(|deck| &deck.versions);
    let prices = rows.flat_map(|version| &version.rows).flat_map(|row| row.prices.columns());
    prices.filter(|price| *price != Price::Missing).count()
}

/// A snapshot with limits and next to no prices.
///
/// # Errors
/// Without the public data.
pub fn small_snapshot() -> anyhow::Result<Vec<u8>> {
    let plan = us_decks::plan(Shape { providers: 2, codes: 100, seed: 1 })?;
    Ok(compile(&plan, EFFECTIVE)?)
}
