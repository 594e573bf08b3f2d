//! The whole decision, on random calls, with the node's limits.

use criterion::{Criterion, criterion_group, criterion_main};
use rating_core::live::Unused;
use tandem_benches::data::{Data, PARTITIONS, decide_call};
use tandem_benches::limits::State;
use tandem_tests::us_decks::Shape;

fn bench(criterion: &mut Criterion) {
    let data = Data::new(Shape { providers: 10, codes: 150_000, seed: 1 }, 10).expect("the data set");
    let snapshot = data.snapshot();
    let state = State::new(&snapshot).expect("a state file");
    let mut group = criterion.benchmark_group("decision");
    let mut calls = (0u64..).zip(data.calls.iter().cycle());
    group.bench_function("with_limits_of_the_node", |bencher| {
        bencher.iter(|| {
            let (number, asked) = calls.next().expect("endless");
            let partition = u32::try_from(number as usize % PARTITIONS).ok();
            decide_call(&snapshot, asked, partition, &state.limits(), number * 1000)
        });
    });
    let mut calls = (0u64..).zip(data.calls.iter().cycle());
    group.bench_function("without_limits", |bencher| {
        bencher.iter(|| {
            let (number, asked) = calls.next().expect("endless");
            let partition = u32::try_from(number as usize % PARTITIONS).ok();
            decide_call(&snapshot, asked, partition, &Unused, 0)
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
