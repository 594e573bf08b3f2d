//! The LCR look-up on random codes and partitions, with the pointer chase beside it.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tandem_benches::chase::Chase;
use tandem_benches::data::Data;
use tandem_benches::lookup::Lookup;
use tandem_tests::us_decks::Shape;

fn bench(criterion: &mut Criterion) {
    let data = Data::new(Shape { providers: 10, codes: 150_000, seed: 1 }).expect("the data set");
    let chase = Chase::new(&data.bytes, 1);
    let lookup = Lookup::new(data.snapshot());
    let mut group = criterion.benchmark_group("lcr_lookup");
    const TIMES: usize = 10_000;
    group.throughput(criterion::Throughput::Elements(TIMES as u64));
    let mut from = 0;
    let keys = &data.keys;
    let mut next = || {
        from = (from + TIMES) % (keys.len() - TIMES);
        from
    };
    group.bench_function("cheapest_8_of_10_decks", |bencher| {
        bencher.iter_batched(&mut next, |from| lookup.run(&keys[from..], TIMES), BatchSize::SmallInput);
    });
    group.bench_function("pointer_chase", |bencher| bencher.iter(|| chase.run(TIMES)));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
