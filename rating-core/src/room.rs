//! Room in the limits of a call's account, trunk and partition (2.7, 2.9), and of a leg's targets (section 5).
//!
//! Deciding takes the CPS of account and trunk, of both or of none; everything else is only asked here and taken at
//! admission. An owner's limits stand in the snapshot in the order of their reasons: CPS, concurrency, volume, spend.

use crate::funds::FirstHold;
use crate::limit::{Dimension, Gcra, Limit};
use crate::live::{Full, LiveState, Now};
use crate::reject::{Reason, Reject};
use crate::snapshot::layout::Range;
use crate::snapshot::view::Snapshot;
use crate::trunk::Payer;

fn is_cps(limit: &Limit) -> bool {
    matches!(limit.dimension, Dimension::Cps(_))
}

fn reject(limit: &Limit, full: Full) -> Reject {
    Reject { reason: limit.dimension.reject_reason(), retry_after_ns: full.retry_after_ns }
}

/// Takes the CPS of account and trunk, then asks what else they limit, the account first (2.7).
pub(crate) fn take_of_payer<L: LiveState>(
    snapshot: &Snapshot<'_>,
    payer: &Payer<'_>,
    now: Now,
    live: &L,
) -> Result<(), Reject> {
    let ranges = [payer.account.limits, payer.trunk_limits()];
    // Asked first: a flood on a full trunk must not take, even for an instant, what its account has left.
    for range in ranges {
        for (at, limit) in cps_of(snapshot, range) {
            live.has_room(at, &limit, now).map_err(|full| reject(&limit, full))?;
        }
    }
    let mut taken = 0usize;
    for range in ranges {
        for (at, limit) in cps_of(snapshot, range) {
            if let Err(full) = live.take_cps(at, &limit, now) {
                let all = ranges.into_iter().flat_map(|range| cps_of(snapshot, range));
                all.take(taken).for_each(|(at, limit)| live.undo_cps(at, &limit));
                return Err(reject(&limit, full));
            }
            taken = taken.wrapping_add(1);
        }
    }
    for range in ranges {
        for (at, limit) in snapshot.limits_of(range).filter(|(_, limit)| !is_cps(limit)) {
            live.has_room(at, &limit, now).map_err(|full| reject(&limit, full))?;
        }
    }
    Ok(())
}

fn cps_of<'a>(snapshot: &Snapshot<'a>, range: Range) -> impl Iterator<Item = (u32, Limit)> + use<'a> {
    snapshot.limits_of(range).take_while(|(_, limit)| is_cps(limit))
}

/// The partition's own limits: asked here, taken at admission (2.9).
pub(crate) fn check_partition<L: LiveState>(
    snapshot: &Snapshot<'_>,
    limits: Range,
    now: Now,
    live: &L,
) -> Result<(), Reject> {
    for (at, limit) in snapshot.limits_of(limits) {
        live.has_room(at, &limit, now).map_err(|full| reject(&limit, full))?;
    }
    Ok(())
}

/// Whether one target of a leg would admit it, and what it takes of minutes and spend at first; else its first reason in
/// the order of section 5.
#[inline]
pub(crate) fn check_target<L: LiveState>(
    snapshot: &Snapshot<'_>,
    limits: Range,
    hold: &impl Fn() -> FirstHold,
    now: Now,
    live: &L,
) -> Result<(), Reason> {
    // Most targets have no limits.
    if limits.count.get() == 0 { Ok(()) } else { check_limits(snapshot, limits, hold, now, live) }
}

#[inline(never)]
fn check_limits<L: LiveState>(
    snapshot: &Snapshot<'_>,
    limits: Range,
    hold: &impl Fn() -> FirstHold,
    now: Now,
    live: &L,
) -> Result<(), Reason> {
    for (at, record) in snapshot.numbered(snapshot.limits(), limits) {
        let (key, zone, max) = (record.key.get(), record.zone.get(), record.max.get());
        // The two that most limits are, straight from the record.
        if record.dimension == 1 {
            let limit = Limit { key, dimension: Dimension::Concurrency { calls_max: max }, zone };
            live.has_room(at, &limit, now).map_err(|_| limit.dimension.drop_reason())?;
        } else if record.dimension == 0 {
            let gcra = Gcra { interval_ns: record.amount.get(), burst: max };
            let limit = Limit { key, dimension: Dimension::Cps(gcra), zone };
            live.has_room(at, &limit, now).map_err(|_| limit.dimension.drop_reason())?;
        } else {
            let limit = record.to_limit();
            let room = match limit.dimension {
                Dimension::Minutes { .. } | Dimension::Spend { .. } => {
                    live.has_room_for(at, &limit, &hold(), now)
                }
                _ => live.has_room(at, &limit, now),
            };
            room.map_err(|_| limit.dimension.drop_reason())?;
        }
    }
    Ok(())
}
