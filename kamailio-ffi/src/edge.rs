//! From C's pointers to Rust's references, and back. All that can be checked is checked here.

use std::ffi::c_char;
use std::slice;

use crate::instance::Request;
use crate::panic::Failure;
use crate::status::TandemStatus;
use crate::types::{TandemCall, TandemText};

/// What the caller passes, if it is there and large enough.
///
/// # Safety
/// `pointer` is null or readable for the `size` that its first four bytes give, and `T` begins with that `u32`.
pub(crate) unsafe fn input<'a, T>(pointer: *const T) -> Result<&'a T, Failure> {
    // SAFETY: by this function's contract.
    unsafe { check(pointer) }?;
    // SAFETY: not null, aligned, and readable for a whole `T`: checked above.
    Ok(unsafe { &*pointer })
}

/// Checks a structure that is about to be written.
///
/// # Safety
/// As for [`input`].
pub(crate) unsafe fn check<T>(pointer: *const T) -> Result<(), Failure> {
    if pointer.is_null() {
        return Err(TandemStatus::NullPointer.into());
    }
    if !pointer.is_aligned() {
        return Err(Failure::new(TandemStatus::BadArgument, "a structure is not aligned"));
    }
    // SAFETY: not null, aligned for `T` and so for its first field; four bytes are always readable, by contract.
    let size = unsafe { pointer.cast::<u32>().read() };
    // A caller compiled against a later header has larger structures, whose ends this library leaves alone.
    if (size as usize) < size_of::<T>() {
        let text = format!("size is {size}, should be {}", size_of::<T>());
        return Err(Failure::new(TandemStatus::BadSize, text));
    }
    Ok(())
}

/// The bytes of a text.
///
/// # Safety
/// `text.data` is null or readable for `text.len` bytes, for as long as the result is used.
pub(crate) unsafe fn bytes<'a>(text: TandemText) -> &'a [u8] {
    if text.data.is_null() || text.len == 0 || text.len > isize::MAX as usize {
        return &[];
    }
    // SAFETY: not null, readable for `len` bytes by this function's contract, and `len` is within `isize`.
    unsafe { slice::from_raw_parts(text.data.cast(), text.len) }
}

/// Room for a text, as bytes.
pub(crate) const fn as_bytes(room: &mut [c_char]) -> &mut [u8] {
    // SAFETY: `c_char` is `i8` or `u8`: of the same size and alignment as `u8`, and all bytes are values of each. The room is
    // borrowed for as long as the result.
    unsafe { slice::from_raw_parts_mut(room.as_mut_ptr().cast(), room.len()) }
}

/// A text that must be a path.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn path<'a>(text: TandemText, what: &str) -> Result<&'a str, Failure> {
    // SAFETY: by this function's contract.
    match std::str::from_utf8(unsafe { bytes(text) }) {
        Ok(path) if !path.is_empty() => Ok(path),
        _ => Err(Failure::new(TandemStatus::BadArgument, format!("{what}: not a path"))),
    }
}

/// A call as the node is asked about it.
///
/// # Safety
/// As for [`bytes`], for every text of the call.
pub(crate) unsafe fn request<'a>(call: &TandemCall) -> Request<'a> {
    let of = |text: TandemText| {
        // SAFETY: by this function's contract.
        unsafe { bytes(text) }
    };
    Request {
        source: of(call.source),
        ani: of(call.ani),
        dnis: of(call.dnis),
        ani_lrn: of(call.ani_lrn),
        dnis_lrn: of(call.dnis_lrn),
        lrn_dipped: call.lrn_dipped != 0,
        call_id: of(call.call_id),
        from_tag: of(call.from_tag),
        cseq: of(call.cseq),
        branch: of(call.branch),
        dip: of(call.dip),
        identity: of(call.identity),
    }
}

/// Copies a text into the caller's buffer; gives its length, or 0 where there is no room.
///
/// # Safety
/// `buffer` is null or writable for `len` bytes.
pub(crate) unsafe fn copy_out(text: &str, buffer: *mut c_char, len: usize) -> usize {
    if buffer.is_null() || text.len() > len {
        return 0;
    }
    // SAFETY: `text` is readable for its length, `buffer` writable for at least as much; a text of this library
    // and a buffer of the caller do not overlap.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), buffer, text.len()) };
    text.len()
}
