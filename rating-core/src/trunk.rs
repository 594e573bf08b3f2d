//! Which trunk takes a call, and who pays (2.1, 2.3).
//!
//! `77#12125556789` from 192.0.2.10 is taken by the trunk of tech prefix `77#` in the longest network around that
//! address; if none of that network has it, by one of a network farther out; a trunk without tech prefix takes any
//! call.

use core::net::IpAddr;

use crate::number::{Dialled, Digits};
use crate::reject::{Reason, Reject};
use crate::snapshot::layout::{AccountRec, NONE, Range, SourceRec, TrunkRec};
use crate::snapshot::view::{Snapshot, record_at};

/// Where a call comes from (2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// A source address; the trunk is looked up.
    Source(IpAddr),
    /// A digest user that proved who it is; the trunk is looked up.
    User(&'a [u8]),
    /// A trunk that `simulate` names: its place in the snapshot. It too takes only calls that carry its tech prefix.
    Trunk(u32),
    /// The trunk of a call that is decided again, with the numbers of its record: they are read already, without tech prefix
    /// and by the trunk's dialling rules.
    Recorded(u32),
    /// An account without a trunk: `simulate` only.
    Account(u32),
}

/// Who pays for a call, and on which trunk it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payer<'a> {
    /// The place of `account`.
    pub account_at: u32,
    pub account: &'a AccountRec,
    /// The place of `trunk`, or [`NONE`].
    pub trunk_at: u32,
    pub trunk: Option<&'a TrunkRec>,
    /// Whether the number was dialled as the trunk's customer does; else it is read already.
    is_dialled: bool,
}

impl<'a> Payer<'a> {
    /// The trunk that takes a call, and its account.
    pub fn find(snapshot: &Snapshot<'a>, origin: Origin<'_>, dialled: &Dialled<'_>) -> Option<Payer<'a>> {
        let trunk_at = match origin {
            Origin::Source(address) => by_source(snapshot, address, dialled)?,
            Origin::User(user) => by_user(snapshot, user, dialled)?,
            Origin::Trunk(at) => Some(at).filter(|at| takes(snapshot, *at, dialled))?,
            Origin::Recorded(at) => at,
            Origin::Account(_) => NONE,
        };
        let trunk = record_at(snapshot.trunks(), trunk_at);
        let account_at = match (origin, trunk) {
            (Origin::Account(at), _) => at,
            (_, Some(trunk)) => trunk.account.get(),
            (_, None) => return None,
        };
        let account = record_at(snapshot.accounts(), account_at)?;
        let is_dialled = !matches!(origin, Origin::Recorded(_));
        Some(Payer { account_at, account, trunk_at, trunk, is_dialled })
    }

    /// The same trunk with another account to pay: the owner of a DID (2.5).
    pub fn with_account(self, snapshot: &Snapshot<'a>, account_at: u32) -> Option<Payer<'a>> {
        Some(Payer { account_at, account: record_at(snapshot.accounts(), account_at)?, ..self })
    }

    /// 2.3
    pub fn check_active(&self) -> Result<(), Reject> {
        if self.account.active != 1 {
            return Err(Reject::because(Reason::AccountSuspended));
        }
        if self.trunk.is_some_and(|trunk| trunk.active != 1) {
            return Err(Reject::because(Reason::TrunkDisabled));
        }
        Ok(())
    }

    /// The trunk whose tech prefix and dialling rules say what was dialled.
    pub fn dialled_on(&self) -> Option<&'a TrunkRec> {
        self.trunk.filter(|_| self.is_dialled)
    }

    /// What was dialled, without the trunk's tech prefix.
    pub fn without_tech_prefix<'d>(&self, snapshot: &Snapshot<'_>, dialled: &'d Dialled<'_>) -> &'d [u8] {
        let prefix = self.dialled_on().map(|trunk| snapshot.bytes_of(trunk.tech_prefix)).unwrap_or_default();
        if prefix.is_empty() {
            return dialled.as_bytes();
        }
        dialled.as_bytes().strip_prefix(prefix).unwrap_or(dialled.as_bytes())
    }

    pub fn trunk_limits(&self) -> Range {
        self.trunk.map(|trunk| trunk.limits).unwrap_or_default()
    }

    pub fn trunk_partitions(&self) -> Range {
        self.trunk.map(|trunk| trunk.partitions).unwrap_or_default()
    }

    pub fn trunk_overrides(&self) -> Range {
        self.trunk.map(|trunk| trunk.overrides).unwrap_or_default()
    }

    /// Whether the customer's word on LRNs counts (3.9).
    pub fn is_trusted_with_lrns(&self) -> bool {
        self.trunk.is_some_and(|trunk| trunk.trust_lrn == 1)
    }

    /// The provider that the call came from, or [`NONE`].
    pub fn provider(&self) -> u32 {
        self.trunk.map_or(NONE, |trunk| trunk.provider.get())
    }
}

/// Whether a trunk takes what was dialled: all, if it has no tech prefix; else what carries it, and emergencies.
fn takes(snapshot: &Snapshot<'_>, trunk: u32, dialled: &Dialled<'_>) -> bool {
    let Some(trunk) = record_at(snapshot.trunks(), trunk) else { return false };
    let prefix = snapshot.bytes_of(trunk.tech_prefix);
    prefix.is_empty() || dialled.as_bytes().starts_with(prefix) || is_emergency(snapshot, dialled.as_bytes())
}

/// Whether these digits are an emergency number (2.2).
pub(crate) fn is_emergency(snapshot: &Snapshot<'_>, dialled: &[u8]) -> bool {
    let list = snapshot.plan().emergency_numbers;
    list.count.get() != 0 && Digits::new(dialled).is_some_and(|digits| snapshot.lists(list, &digits))
}

/// The trunk that takes a call from an address: of the longest network; of equal ones, of the longest tech prefix;
/// then the lower id. The sources stand in the order in which this walk meets them.
fn by_source(snapshot: &Snapshot<'_>, address: IpAddr, dialled: &Dialled<'_>) -> Option<u32> {
    let sources = snapshot.sources();
    let address = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    // Addresses of IPv4 stand mapped into ::ffff:0:0/96: a network of IPv6 that is wider than that is not around them.
    let shortest = if address >> 32 == 0xffff { 96 } else { 0 };
    let contains =
        |source: &SourceRec| source.prefix_len >= shortest && address & source.mask() == source.network.get();
    // All networks around an address stand before it; the last of those before it is in the innermost of them,
    // or is it.
    let mut at = sources.partition_point(|source| source.network.get() <= address).checked_sub(1)?;
    loop {
        let source = sources.get(at)?;
        if contains(source) && takes(snapshot, source.trunk.get(), dialled) {
            return Some(source.trunk.get());
        }
        // A parent stands before its children: the walk ends.
        at = usize::try_from(source.parent.get()).ok().filter(|parent| *parent < at)?;
    }
}

/// The trunk that takes a call of a digest user: of the longest tech prefix, then the lower id.
fn by_user(snapshot: &Snapshot<'_>, user: &[u8], dialled: &Dialled<'_>) -> Option<u32> {
    let users = snapshot.users();
    let first = users.partition_point(|record| snapshot.bytes_of(record.user) < user);
    let own = users.get(first..)?.iter().take_while(|record| snapshot.bytes_of(record.user) == user);
    own.map(|record| record.trunk.get()).find(|trunk| takes(snapshot, *trunk, dialled))
}
