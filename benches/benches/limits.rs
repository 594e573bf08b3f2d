//! One limit, uncontended: a concurrent call taken and released, a CPS slot taken.

use criterion::{Criterion, criterion_group, criterion_main};
use rating_core::limit::Gcra;
use rating_core::snapshot::view::Snapshot;
use tandem_benches::data::small_snapshot;
use tandem_benches::limits::State;

fn bench(criterion: &mut Criterion) {
    let bytes = small_snapshot().expect("a small plan");
    let snapshot = Snapshot::open(&bytes).expect("it opens");
    let state = State::new(&snapshot).expect("a state file");
    let limits = state.limits();
    let mut group = criterion.benchmark_group("limits");
    // An account's limits are CPS, then concurrency.
    let (cps, gauge) = (limits.slot(0), limits.slot(1));
    group.bench_function("gauge_taken_and_released", |bencher| {
        bencher.iter(|| {
            limits.table.take_gauge(gauge, 1000).expect("room");
            limits.table.release_gauge(gauge);
        });
    });
    let mut now_ns = 0;
    group.bench_function("cps_taken", |bencher| {
        bencher.iter(|| {
            now_ns += 1000;
            limits.table.take_cps(cps, Gcra { interval_ns: 1000, burst: 10 }, now_ns)
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
