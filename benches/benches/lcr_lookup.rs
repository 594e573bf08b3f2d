//! The LCR look-up on random codes and partitions, with the pointer chase beside it.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tandem_benches::chase::Chase;
use tandem_benches::data::Data;
use tandem_benches::lookup::Lookup;
use tandem_tests::us_decks::Shape;

fn bench(criterion: &mut Criterion) {
    let data = Data::new(Shape { providers: 10, codes: 150_000, seed: 1 }, 10).expect("the data set");
    let chase = Chase::new(data.bytes(), 1);
    let lookup = Lookup::new(data.snapshot());
    let mut group = criterion.benchmark_group("lcr_lookup");
    const TIMES: usize = 10_000;
    group.throughput(criterion::Throughput::Elements(TIMES as u64));
    // Each measurement starts behind the one before, so that no row is still in a cache.
    let keys = &data.keys;
    let starts = (0..keys.len() - TIMES).step_by(TIMES).cycle();
    let mut from = starts.clone();
    group.bench_function("cheapest_5_of_10_decks", |bencher| {
        let next = || from.next().expect("endless");
        bencher.iter_batched(next, |from| lookup.run(&keys[from..], TIMES), BatchSize::SmallInput);
    });
    let mut from = starts;
    group.bench_function("pointer_chase", |bencher| {
        let next = || from.next().expect("endless");
        bencher.iter_batched(next, |from| chase.run(from, TIMES), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
