//! What the agent's log says loudly: calls that were refused and records that were dropped, because nobody had written
//! what had ended and the call table was full.
//!
//! Worked: the disk was full overnight. In the morning the first round says how many calls were refused since the state
//! was made; while it goes on, a line a minute says how many more.
//!
//! It will not say why: what cannot be written is told by who cannot write it.

use std::time::{Duration, Instant};

use rating_node::Losses;

/// Time between two lines.
const PAUSE: Duration = Duration::from_secs(60);

/// Watches over what is lost.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    /// What was told last, and when.
    told: Option<(Losses, Instant)>,
}

impl Alarms {
    /// What is to be told, if anything.
    pub fn look(&mut self, losses: Losses, now: Instant) -> Option<String> {
        let (before, is_over) = match self.told {
            None => (Losses::default(), true),
            Some((before, at)) => (before, now.saturating_duration_since(at) >= PAUSE),
        };
        if losses == before || !is_over {
            return None;
        }
        let since = if self.told.is_none() { "since the state was made" } else { "since the last alarm" };
        self.told = Some((losses, now));
        let refused = losses.calls_refused.saturating_sub(before.calls_refused);
        let dropped = losses.records_dropped.saturating_sub(before.records_dropped);
        Some(format!(
            "ALARM: the call table was full: {refused} calls refused, {dropped} records of ended calls dropped {since}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_told_at_once_and_then_once_a_minute() {
        let (mut alarms, start) = (Alarms::default(), Instant::now());
        let losses = |calls_refused, records_dropped| Losses { calls_refused, records_dropped };
        let at = |sec| start + Duration::from_secs(sec);
        assert_eq!(alarms.look(losses(0, 0), at(0)), None);
        let told = alarms.look(losses(3, 0), at(1)).unwrap();
        assert!(told.contains("3 calls refused, 0 records") && told.contains("was made"), "{told}");
        assert_eq!(alarms.look(losses(4, 5), at(60)), None, "not yet");
        let told = alarms.look(losses(4, 5), at(61)).unwrap();
        assert!(told.contains("1 calls refused, 5 records") && told.contains("last alarm"), "{told}");
        assert_eq!(alarms.look(losses(4, 5), at(1000)), None, "nothing new");
    }
}
