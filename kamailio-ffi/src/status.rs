//! What every export returns.

/// Whether a call of the library did what it should. Numbers are only ever added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum TandemStatus {
    /// Done.
    Ok = 0,
    /// The call is refused; reason and SIP code say why. `tandem_decide` only.
    Rejected = 1,
    /// No leg is left, or the answer does not lead to another leg. `tandem_next` only.
    NoLeg = 2,
    /// A pointer that must not be null is null.
    NullPointer = -1,
    /// The `size` of a structure is smaller than what this library writes or reads.
    BadSize = -2,
    /// A text is not UTF-8 or not what it must be; `tandem_last_error` says which.
    BadArgument = -3,
    /// `tandem_attach` has not succeeded in this process or before its fork.
    NotAttached = -4,
    /// The node cannot be attached; `tandem_last_error` says why.
    AttachFailed = -5,
    /// The node is already attached, with other paths.
    AttachedElsewhere = -6,
    /// No call has this handle, or it has none any more.
    UnknownHandle = -7,
    /// The caller's buffer is too short for the text.
    BufferTooShort = -8,
    /// The node failed; `tandem_last_error` says how.
    NodeFailed = -9,
    /// A bug in the library: a panic was caught. The process can go on.
    Panicked = -10,
}

impl TandemStatus {
    /// Every status.
    ///
    /// cbindgen:ignore
    pub const ALL: [TandemStatus; 13] = [
        TandemStatus::Ok,
        TandemStatus::Rejected,
        TandemStatus::NoLeg,
        TandemStatus::NullPointer,
        TandemStatus::BadSize,
        TandemStatus::BadArgument,
        TandemStatus::NotAttached,
        TandemStatus::AttachFailed,
        TandemStatus::AttachedElsewhere,
        TandemStatus::UnknownHandle,
        TandemStatus::BufferTooShort,
        TandemStatus::NodeFailed,
        TandemStatus::Panicked,
    ];

    /// The name that C and Lua show, NUL-terminated.
    #[must_use]
    pub const fn name(self) -> &'static core::ffi::CStr {
        match self {
            TandemStatus::Ok => c"ok",
            TandemStatus::Rejected => c"rejected",
            TandemStatus::NoLeg => c"no_leg",
            TandemStatus::NullPointer => c"null_pointer",
            TandemStatus::BadSize => c"bad_size",
            TandemStatus::BadArgument => c"bad_argument",
            TandemStatus::NotAttached => c"not_attached",
            TandemStatus::AttachFailed => c"attach_failed",
            TandemStatus::AttachedElsewhere => c"attached_elsewhere",
            TandemStatus::UnknownHandle => c"unknown_handle",
            TandemStatus::BufferTooShort => c"buffer_too_short",
            TandemStatus::NodeFailed => c"node_failed",
            TandemStatus::Panicked => c"panicked",
        }
    }

    /// The status with this number.
    #[must_use]
    pub fn from_number(number: i32) -> Option<TandemStatus> {
        TandemStatus::ALL.into_iter().find(|status| *status as i32 == number)
    }
}

#[cfg(test)]
mod tests {
    use super::TandemStatus;

    /// Programs are compiled against these: a number never changes its meaning.
    #[test]
    fn numbers_and_names_are_append_only() {
        let shipped = [
            (0, "ok"),
            (1, "rejected"),
            (2, "no_leg"),
            (-1, "null_pointer"),
            (-2, "bad_size"),
            (-3, "bad_argument"),
            (-4, "not_attached"),
            (-5, "attach_failed"),
            (-6, "attached_elsewhere"),
            (-7, "unknown_handle"),
            (-8, "buffer_too_short"),
            (-9, "node_failed"),
            (-10, "panicked"),
        ];
        for (number, name) in shipped {
            let status = TandemStatus::from_number(number).expect("a shipped number stays");
            assert_eq!(status.name().to_str(), Ok(name));
        }
    }
}
