//! The margin that an account must bring (section 5, `margin_protected`).
//!
//! Worked: an account that must bring 10 % of the sell price pays 0.02 for the reference call. A route of 0.018 leaves
//! exactly that and passes, one of 0.019 does not. So what a route may cost at most is known before any is looked at,
//! wherever the sell price is.

use crate::money::Atto;
use crate::snapshot::layout::AccountRec;

/// What a call of the reference duration may cost at most, in the plan's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HighestCost(Atto);

/// 100 % in nano-percent.
const WHOLE: i128 = 100_000_000_000;

impl HighestCost {
    /// Any: no minimum at all.
    pub const ANY: HighestCost = HighestCost(Atto(i128::MAX));

    /// Of a call that the account pays so much for. (Whatever saturates is far beyond the range of an amount.)
    pub fn of(account: &AccountRec, price_in_plan: Atto) -> HighestCost {
        let least = account.min_margin_nano.get();
        match account.min_margin_kind {
            0 => HighestCost(price_in_plan.saturating_sub(Atto::of_plan_currency(least))),
            1 => {
                let share = WHOLE.saturating_sub(i128::from(least));
                // Down to a whole one: costs are.
                HighestCost(Atto(price_in_plan.0.saturating_mul(share).div_euclid(WHOLE)))
            }
            _ => HighestCost::ANY,
        }
    }

    /// Whether a route of this cost leaves the margin.
    #[inline]
    pub fn admits(&self, cost_in_plan: Atto) -> bool {
        cost_in_plan <= self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANO: i128 = 1_000_000_000;

    fn highest(kind: u8, least: i64, price: i128) -> HighestCost {
        let account =
            AccountRec { min_margin_kind: kind, min_margin_nano: least.into(), ..AccountRec::default() };
        HighestCost::of(&account, Atto(price))
    }

    #[test]
    fn r5_a_margin_is_an_amount_a_share_or_none() {
        // Price 20 000 nano; least 2 000 nano: up to 18 000.
        let amount = highest(0, 2_000, 20_000 * NANO);
        assert!(amount.admits(Atto(18_000 * NANO)) && !amount.admits(Atto(18_000 * NANO + 1)));
        // Least 10 %: the same. Of 7 atto 10 % is 0.7: 6.3 may be spent, so 6.
        let share = highest(1, 10_000_000_000, 20_000 * NANO);
        assert!(share.admits(Atto(18_000 * NANO)) && !share.admits(Atto(18_000 * NANO + 1)));
        let odd = highest(1, 10_000_000_000, 7);
        assert!(odd.admits(Atto(6)) && !odd.admits(Atto(7)));
        // A loss of up to 50 %: less than nothing must be brought.
        let loss = highest(1, -50_000_000_000, 100);
        assert!(loss.admits(Atto(150)) && !loss.admits(Atto(151)));
        // More than all of it: only what is paid for being taken.
        assert!(!highest(1, 150_000_000_000, 100).admits(Atto(0)));
        assert!(highest(2, i64::MAX, 0).admits(Atto(i128::MAX)), "no minimum at all");
    }

    #[test]
    fn any_amounts_give_some_answer() {
        for price in [i128::MIN, -1, 0, 1, i128::MAX] {
            for least in [i64::MIN, -1, 0, 1, i64::MAX] {
                for kind in [0, 1, 2, 255] {
                    let highest = highest(kind, least, price);
                    let _ = (highest.admits(Atto(i128::MIN)), highest.admits(Atto(i128::MAX)));
                }
            }
        }
    }
}
