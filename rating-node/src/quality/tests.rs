//! Figures and scores, worked by hand.

use super::{Figures, Minute, QualityTable, ROUTES_MAX, Ring, Score};

/// 2026-06-01T00:00:00Z, the beginning of a minute.
const T0_NS: i64 = 1_780_272_000_000_000_000;
const MIN_NS: i64 = 60_000_000_000;

struct Table {
    scores: Vec<Score>,
    rings: Vec<Ring>,
}

impl Table {
    fn new(routes: usize) -> Table {
        let ring = |_| Ring { minutes: std::array::from_fn(|_| Minute::default()) };
        Table {
            scores: (0..routes).map(|_| Score::default()).collect(),
            rings: (0..routes).map(ring).collect(),
        }
    }

    fn of(&self) -> QualityTable<'_> {
        QualityTable::new(&self.scores, &self.rings)
    }
}

fn attempts(table: &QualityTable<'_>, route: u64, at_ns: i64, answered: u32, failed: u32) {
    (0..answered).for_each(|_| table.answered(route, at_ns));
    (0..failed).for_each(|_| table.failed(route, at_ns));
}

fn figures(table: &QualityTable<'_>, at_ns: i64) -> [Figures; 3] {
    table.routes(at_ns).next().unwrap().windows
}

fn published(table: &QualityTable<'_>, route: u64, at_ns: i64) -> Option<i32> {
    table.publish(at_ns);
    table.scored(route).map(|(_, score)| score)
}

#[test]
fn r5_quality_is_sixty_points_for_asr_twenty_for_acd_twenty_for_pdd() {
    let of = |answered, ended, talk_sec, rang, ring_ms| {
        let figures = Figures { attempts: 60, answered, ended, talk_sec, rang, ring_ms };
        figures.score()
    };
    // Half answered: 30. 90 s of 180: 10. 3 s, of 2 to 12: nine tenths of 20.
    assert_eq!(of(30, 20, 1800, 40, 120_000), 58);
    assert_eq!(of(60, 1, 180, 1, 2_000), 100);
    // Longer than 180 s and quicker than 2 s is not better.
    assert_eq!(of(60, 1, 3600, 1, 100), 100);
    // 12 s and more: no points for it.
    assert_eq!(of(60, 1, 180, 1, 12_000), 80);
    assert_eq!(of(60, 1, 180, 1, 60_000), 80);
    // None answered, none rang: nothing.
    assert_eq!(of(0, 0, 0, 0, 0), 0);
    // None of the answered has ended yet: long ones.
    assert_eq!(of(60, 0, 0, 1, 2_000), 100);
    // A third of 60 is 20; 20 s of 180, 2.22; 7 s: 10. 32.22 points, rounded down.
    assert_eq!(of(20, 3, 60, 2, 14_000), 32);
}

#[test]
fn r5_quality_needs_fifty_attempts_in_five_fifteen_or_sixty_minutes() {
    let own = Table::new(64);
    let table = own.of();
    attempts(&table, 7, T0_NS, 49, 0);
    assert_eq!(published(&table, 7, T0_NS), None, "49 are too few");
    attempts(&table, 7, T0_NS, 1, 0);
    assert_eq!(
        published(&table, 7, T0_NS),
        Some(80),
        "all answered: 60; none ended: 20; nobody said it rang: 0"
    );

    // Eight minutes later 50 more, all of which fail. In five minutes only those, in fifteen both.
    let later = T0_NS + 8 * MIN_NS;
    attempts(&table, 7, later, 0, 49);
    let [five, fifteen, sixty] = figures(&table, later).map(|found| (found.attempts, found.answered));
    assert_eq!((five, fifteen, sixty), ((49, 0), (99, 50), (99, 50)));
    // 50 of 99: 505 thousandths of 60 points are 30.3, and 20.
    assert_eq!(published(&table, 7, later), Some(50), "five minutes have too few: fifteen decide");
    attempts(&table, 7, later, 0, 1);
    assert_eq!(published(&table, 7, later), Some(0), "five minutes decide");
}

#[test]
fn r5_quality_is_frozen_between_two_publications() {
    let own = Table::new(64);
    let table = own.of();
    attempts(&table, 7, T0_NS, 50, 0);
    assert_eq!(table.scored(7).map(|(_, score)| score), None);
    table.publish(T0_NS);
    attempts(&table, 7, T0_NS, 0, 50);
    assert_eq!(table.scored(7).map(|(_, score)| score), Some(80));
    table.publish(T0_NS);
    // 50 of 100: 30 and 20.
    assert_eq!(table.scored(7).map(|(_, score)| score), Some(50));
}

#[test]
fn r5_a_bad_route_is_tried_again_after_ten_minutes_without_an_attempt() {
    let own = Table::new(64);
    let table = own.of();
    attempts(&table, 7, T0_NS, 0, 60);
    assert_eq!(published(&table, 7, T0_NS), Some(0));
    // The ninth minute after: still known. The tenth: forgotten.
    assert_eq!(published(&table, 7, T0_NS + 9 * MIN_NS), Some(0));
    let again = T0_NS + 10 * MIN_NS;
    assert_eq!(published(&table, 7, again), None);
    // The attempts that it then gets are judged alone, not with those before the pause.
    attempts(&table, 7, again + MIN_NS, 20, 0);
    assert_eq!(figures(&table, again + MIN_NS).map(|found| found.attempts), [20; 3]);
    assert_eq!(published(&table, 7, again + MIN_NS), None);
    attempts(&table, 7, again + MIN_NS, 30, 0);
    assert_eq!(published(&table, 7, again + MIN_NS), Some(80));
}

#[test]
fn a_window_slides_by_the_minute_and_a_minute_is_used_again_after_an_hour() {
    let own = Table::new(64);
    let table = own.of();
    for minute in 0..120 {
        attempts(&table, 7, T0_NS + minute * MIN_NS, 1, 1);
        table.ended(7, T0_NS + minute * MIN_NS, 10);
        table.rang(7, T0_NS + minute * MIN_NS, 2_500);
    }
    let found = figures(&table, T0_NS + 119 * MIN_NS);
    assert_eq!(found.map(|window| (window.attempts, window.answered)), [(10, 5), (30, 15), (120, 60)]);
    assert_eq!(found.map(|window| window.acd_sec()), [Some(10); 3]);
    assert_eq!(found.map(|window| window.pdd_ms()), [Some(2_500); 3]);
    assert_eq!(found.map(|window| window.asr_permille()), [Some(500); 3]);
    // Nothing of a minute that is over by an hour, whether anybody has written there since or not.
    assert_eq!(figures(&table, T0_NS + 300 * MIN_NS), [Figures::default(); 3]);
}

#[test]
fn a_full_minute_takes_no_more_and_spoils_nothing() {
    let own = Table::new(64);
    let table = own.of();
    table.ended(7, T0_NS, (1 << 28) - 1);
    table.ended(7, T0_NS, 1);
    table.rang(7, T0_NS, 1 << 40);
    table.answered(7, T0_NS);
    let found = figures(&table, T0_NS)[0];
    assert_eq!((found.ended, found.talk_sec), (1, (1 << 28) - 1));
    assert_eq!((found.rang, found.ring_ms, found.answered), (0, 0, 1));
}

#[test]
fn routes_have_places_of_their_own_and_none_when_there_is_no_more_room() {
    let own = Table::new(16);
    let table = own.of();
    // All keys want the same place.
    for route in 1..=20 {
        attempts(&table, route * 16, T0_NS, 50, 0);
    }
    table.publish(T0_NS);
    let scored =
        (1..=20).filter(|route| table.scored(route * 16).map(|(_, score)| score) == Some(80)).count();
    assert_eq!(scored, 16);
    assert_eq!(table.routes(T0_NS).count(), 16);
    assert_eq!(ROUTES_MAX, 4096);
}

#[test]
fn four_threads_lose_no_count() {
    let own = Table::new(64);
    let table = own.of();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10_000).for_each(|_| table.answered(7, T0_NS)));
        }
    });
    assert_eq!(figures(&table, T0_NS)[0].answered, 40_000);
}
