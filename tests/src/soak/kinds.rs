//! What goes wrong in a soak, and what the record of each call must say then.
//!
//! The carriers are of all kinds (`carrier-of-all-kinds.xml`): how one behaves is in the last two digits of the number.
//! The plan is `tests/plans/every_call`.

use crate::model_gen::Rng;

/// A kind of call.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// How many of a thousand calls are of it; the first kind has the rest.
    pub of_thousand: usize,
    /// What the caller does: `caller-<what>.xml`.
    pub caller: &'static str,
    /// The last octet of where it comes from.
    pub from: u8,
    /// Whether it comes to the socket where trunks authenticate.
    pub by_digest: bool,
    /// The calling number.
    pub ani: &'static str,
    /// The called number, as dialled.
    pub dnis: &'static str,
    /// How many records each call has.
    pub records: u8,
    /// Whether an INVITE that is repeated is recorded again: strangers get no transaction.
    pub again: bool,
    /// What they may say: the disposition, and the route that answered or the reason of the refusal.
    pub says: &'static [&'static str],
    /// No more of them, in all, were answered.
    pub answered_max: u64,
}

const ORDINARY: Kind = Kind {
    name: "ordinary",
    of_thousand: 10,
    caller: "hangs_up",
    from: 10,
    by_digest: false,
    ani: "12125550142",
    dnis: "13125550120",
    records: 1,
    again: false,
    says: &["answered north_std"],
    answered_max: u64::MAX,
};

/// A fault of the called side: the two digits say which.
const fn called(name: &'static str, dnis: &'static str, says: &'static [&'static str]) -> Kind {
    Kind { name, dnis, says, ..ORDINARY }
}

/// Something that the calling side does.
const fn calling(
    name: &'static str,
    caller: &'static str,
    dnis: &'static str,
    says: &'static [&'static str],
) -> Kind {
    Kind { name, caller, dnis, says, ..ORDINARY }
}

/// A call from a trunk of its own.
const fn from(name: &'static str, from: u8, dnis: &'static str, says: &'static [&'static str]) -> Kind {
    Kind { name, from, dnis, says, ..ORDINARY }
}

/// The kind of calls that two plans send to two carriers.
pub const BY_PLAN: &str = "where the plan of its instant sends it";

/// All kinds.
pub const KINDS: &[Kind] = &[
    ORDINARY,
    called("busy", "13125550121", &["busy north_std"]),
    called("all carriers refuse", "13125550122", &["failed atlas_std"]),
    called("all carriers are deaf", "13125550123", &["failed atlas_std"]),
    called("fail-over twice", "13125550126", &["answered atlas_std"]),
    called("forked ringing", "13125550129", &["answered north_std"]),
    Kind { records: 2, ..called("loop", "13125550131", &["answered mesa_std", "rejected loop_detected"]) },
    called("not a number", "13121550123", &["rejected invalid_number"]),
    called("toll-free", "18005550150", &["answered atlas_std"]),
    called(BY_PLAN, "14155550120", &["answered north_std", "answered mesa_std"]),
    called("campaign's number", "13035550107", &["answered client_a"]),
    called("closed campaign", "13035550106", &["rejected no_partition"]),
    Kind {
        answered_max: 1,
        ..called(
            "campaign of one call in total",
            "13035550103",
            &["answered client_b", "rejected volume_exceeded"],
        )
    },
    called(
        "campaign of one call at once for each link",
        "13035550104",
        &["answered client_a", "answered client_c", "rejected target_concurrency_exceeded"],
    ),
    Kind { ani: "18005550100", ..called("do not originate", "13125550120", &["rejected dno"]) },
    calling("cancelled while ringing", "cancels", "13125550124", &["cancelled north_std"]),
    calling(
        "cancel crosses the answer",
        "cancels_too_late",
        "13125550128",
        // Where the machine stands still between the two, the cancel comes in time.
        &["answered north_std", "cancelled north_std"],
    ),
    calling("the callee hangs up", "is_hung_up", "13125550125", &["answered north_std"]),
    calling("the caller vanishes", "vanishes", "13125550125", &["answered north_std"]),
    calling("never acknowledged", "never_acks", "13125550127", &["answered north_std"]),
    calling("INVITE repeated", "repeats", "13125550132", &["answered north_std"]),
    Kind { records: 2, ..calling("busy, tried again", "tries_again", "13125550121", &["busy north_std"]) },
    Kind {
        records: 2,
        ..calling(
            "two INVITEs of one call",
            "doubles",
            "13125550132",
            &["answered north_std", "failed north_std"],
        )
    },
    calling("changed while talking", "changes", "13125550130", &["answered north_std"]),
    calling("late BYE", "hangs_up_twice", "13125550120", &["answered north_std"]),
    Kind { records: 0, ..calling("no hops left", "has_no_hops_left", "13125550120", &[]) },
    Kind {
        by_digest: true,
        from: 99,
        ..calling("trunk that authenticates", "authenticates", "13125550120", &["answered north_std"])
    },
    Kind {
        by_digest: true,
        from: 99,
        records: 0,
        ..calling("wrong password", "guesses", "13125550120", &[])
    },
    from("prepaid", 11, "13125550120", &["answered north_std"]),
    from("wallet of seconds", 33, "13125550120", &["answered north_std"]),
    Kind {
        caller: "is_hung_up",
        ..from(
            "prepaid that runs out",
            12,
            "13125550120",
            &["answered north_std", "rejected insufficient_balance"],
        )
    },
    from("no funds", 14, "13125550120", &["rejected insufficient_balance"]),
    from("suspended", 15, "13125550120", &["rejected account_suspended"]),
    from("emergency while suspended", 15, "911", &["answered psap"]),
    from("over its CPS", 16, "13125550120", &["rejected cps_exceeded", "rejected concurrency_exceeded"]),
    from("emergency over every cap", 16, "911", &["answered psap"]),
    from("disabled trunk", 17, "13125550120", &["rejected trunk_disabled"]),
    from("ported", 18, "+13125550140;npdi;rn=+17205550000", &["answered mesa_std"]),
    from("abroad from a trunk that may not", 19, "442079460120", &["rejected destination_not_allowed"]),
    from("hairpin", 21, "13035550107", &["answered client_a"]),
    from("in turn", 31, "13125550120", &["answered client_a", "answered client_b", "answered client_c"]),
    from("by weight", 32, "13125550120", &["answered client_a", "answered client_b", "answered client_c"]),
    from("with a tech prefix", 36, "77#13125550120", &["answered north_std"]),
    Kind { again: true, ..from("without its tech prefix", 36, "13125550120", &["rejected unknown_trunk"]) },
    Kind { again: true, ..from("unknown source", 99, "13125550120", &["rejected unknown_trunk"]) },
];

/// Draws a kind: its place in [`KINDS`].
pub fn draw(rng: &mut Rng) -> usize {
    let mut at = rng.below(1000);
    for (nth, kind) in KINDS.iter().enumerate().skip(1) {
        if at < kind.of_thousand {
            return nth;
        }
        at -= kind.of_thousand;
    }
    0
}
