//! What may call and be called (2.6).

use rating_core::plan::*;
use rating_core::reject::Reason;

use super::numbers::{is_exchange_976, is_nanp};
use super::places::{country, is_nanp_premium, is_toll_free, is_us_geographic};

/// The called number, as screening sees it.
pub struct Called<'a> {
    pub number: &'a str,
    pub is_short_code: bool,
}

/// Length of the longest prefix of the number in a list.
fn longest(list: &[rating_core::number::Digits], number: &str) -> usize {
    list.iter().filter(|prefix| number.starts_with(prefix.as_str())).map(|p| p.len()).max().unwrap_or(0)
}

/// Do-not-originate patterns are matched on a NANP ANI after its `1`.
pub fn is_dno(plan: &Plan, ani: &str) -> bool {
    is_nanp(ani) && plan.dno.iter().any(|pattern| ani[1..].starts_with(pattern.as_str()))
}

/// Lists of account and trunk count together: blocked if the longest blocking entry is longer.
pub fn ani_is_blocked(lists: &[&Screening], ani: &str) -> bool {
    let blocked = lists.iter().map(|list| longest(&list.blocked_ani, ani)).max().unwrap_or(0);
    let allowed = lists.iter().map(|list| longest(&list.allowed_ani, ani)).max().unwrap_or(0);
    blocked > allowed
}

/// As [`ani_is_blocked`]; `976` of any NPA counts as 7 digits. Nothing matches a short code.
pub fn dnis_is_blocked(lists: &[&Screening], called: &Called<'_>) -> bool {
    if called.is_short_code {
        return false;
    }
    let blocked_len = |entry: &BlockedPrefix| match entry {
        BlockedPrefix::Prefix(prefix) if called.number.starts_with(prefix.as_str()) => prefix.len(),
        BlockedPrefix::AnyNpa976 if is_exchange_976(called.number) => 7,
        _ => 0,
    };
    let entries = lists.iter().flat_map(|list| &list.blocked_dnis);
    let blocked = entries.map(blocked_len).max().unwrap_or(0);
    let allowed = lists.iter().map(|list| longest(&list.allowed_dnis, called.number)).max().unwrap_or(0);
    blocked > allowed
}

/// What a called number is; a short code has no class.
pub fn class(plan: &Plan, number: &str) -> DestinationClass {
    let by_plan = plan.settings.premium_prefixes.iter().any(|prefix| number.starts_with(prefix.as_str()));
    if is_nanp_premium(number) || by_plan {
        return DestinationClass::Premium;
    }
    if is_toll_free(plan, number) {
        return DestinationClass::TollFree;
    }
    if !is_nanp(number) {
        return DestinationClass::International;
    }
    if is_us_geographic(plan, number) {
        return DestinationClass::Domestic;
    }
    match country(plan, number).as_str() {
        "" | "US" => DestinationClass::Premium,
        _ => DestinationClass::International,
    }
}

/// Whether classes and countries of one list let the call pass.
pub fn destination_is_allowed(plan: &Plan, list: &Screening, called: &Called<'_>) -> bool {
    // No class and no country: the override that names the short code is the permission.
    if called.is_short_code {
        return true;
    }
    let class = class(plan, called.number);
    let by_class = list.destination_classes.as_ref().is_none_or(|classes| classes.contains(&class));
    let by_country = match class {
        DestinationClass::TollFree | DestinationClass::Premium => true,
        DestinationClass::Domestic | DestinationClass::International => {
            let country = country(plan, called.number);
            match &list.countries {
                Countries::All => true,
                Countries::Only(listed) => listed.contains(&country),
                Countries::AllBut(listed) => !listed.contains(&country),
            }
        }
    };
    by_class && by_country
}

/// Whether an exclusion is about this call: who pays, what is called, when.
pub fn exclusion_holds(exclusion: &Exclusion, account: &str, called: &Called<'_>, at: i64) -> bool {
    let by_prefix = exclusion.prefixes.is_empty()
        || !called.is_short_code
            && exclusion.prefixes.iter().any(|prefix| called.number.starts_with(prefix.as_str()));
    exclusion.account.as_deref().is_none_or(|id| id == account)
        && by_prefix
        && exclusion.valid_from.is_none_or(|from| from <= at)
        && exclusion.valid_until.is_none_or(|until| at < until)
}

/// The whole of 2.6.
///
/// # Errors
/// The first reason that forbids the call.
pub fn screen(
    plan: &Plan,
    account: &Account,
    trunk: Option<&Trunk>,
    ani: &str,
    called: &Called<'_>,
    at: i64,
) -> Result<(), Reason> {
    let lists: Vec<&Screening> =
        [Some(&account.screening), trunk.map(|trunk| &trunk.screening)].into_iter().flatten().collect();
    if is_dno(plan, ani) {
        return Err(Reason::Dno);
    }
    if !ani.is_empty() && ani_is_blocked(&lists, ani) {
        return Err(Reason::BlockedAni);
    }
    if dnis_is_blocked(&lists, called) {
        return Err(Reason::BlockedDnis);
    }
    if !lists.iter().all(|list| destination_is_allowed(plan, list, called)) {
        return Err(Reason::DestinationNotAllowed);
    }
    let mut refusing = plan.exclusions.iter().filter(|exclusion| exclusion.provider.is_none());
    if refusing.any(|exclusion| exclusion_holds(exclusion, &account.id, called, at)) {
        return Err(Reason::Excluded);
    }
    Ok(())
}
