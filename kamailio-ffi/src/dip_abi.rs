//! The exports for dips.

use std::ffi::c_char;

use crate::dip::{self, Found, How};
use crate::edge::{bytes, check, input, request};
use crate::panic::{Failure, guard};
use crate::status::TandemStatus;
use crate::types::{TandemCall, TandemText};

/// Longest text of a `TandemDip`.
pub const TANDEM_DIP_LEN: usize = 64;

/// What is known of a call's number. Numbers are only ever added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum TandemDipFound {
    /// Nothing, and nobody is to be asked: the call is routed on DNIS.
    Nothing = 0,
    /// Services are to be asked: the text is the question, for `tandem_dip` and as the key of a cache.
    Ask = 1,
    /// The text is what is known: the `dip` of a `TandemCall`.
    Known = 2,
}

/// What is known of a call's number. Set `size` before the call; everything else is written.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemDip {
    /// `sizeof(TandemDip)`, set by the caller.
    pub size: u32,
    /// A `TandemDipFound`.
    pub found: u32,
    /// Bytes of the text.
    pub text_len: u32,
    /// A question, or what is known. Not NUL-terminated.
    pub text: [c_char; TANDEM_DIP_LEN],
}

/// Whether the number of a call is to be asked about before `tandem_decide`: not where no LRN could change the decision. The
/// file of ported numbers has been looked into. Takes nothing, and waits for nobody.
///
/// # Safety
/// `call` is null or points to a `TandemCall` whose texts are readable for their lengths; `dip` is null or points to a
/// `TandemDip` that nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_dip_wanted(call: *const TandemCall, dip: *mut TandemDip) -> TandemStatus {
    guard(|| {
        // SAFETY: null or valid by this function's contract.
        let call = unsafe { input(call) }?;
        // SAFETY: texts are readable by this function's contract.
        let request = unsafe { request(call) };
        // SAFETY: null or unshared by this function's contract.
        unsafe { write(dip, || dip::wanted(&request)) }
    })
}

/// Asks the services a question that `tandem_dip_wanted` gave, one after another, and waits for an answer as long as is
/// configured. `TANDEM_DIP_FOUND_NOTHING`: none came.
///
/// # Safety
/// `question.data` is null or readable for `question.len` bytes; `dip` is null or points to a `TandemDip` that nothing else
/// uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_dip(question: TandemText, dip: *mut TandemDip) -> TandemStatus {
    guard(|| {
        // SAFETY: by this function's contract.
        let question = unsafe { bytes(question) };
        // SAFETY: null or unshared by this function's contract.
        unsafe { write(dip, || dip::ask(question)) }
    })
}

/// Reads the answer of a service that the program has asked itself. `how` is `sip` (`code` and the value of Contact), `http`
/// (status and body) or `enum` (the expression). `TANDEM_DIP_FOUND_NOTHING`: it is no answer, another service may know.
///
/// # Safety
/// `number`, `how` and `text` are null or readable for their lengths; `dip` is null or points to a `TandemDip` that nothing
/// else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_dip_read(
    number: TandemText,
    how: TandemText,
    code: u16,
    text: TandemText,
    dip: *mut TandemDip,
) -> TandemStatus {
    guard(|| {
        // SAFETY: by this function's contract.
        let number = unsafe { bytes(number) };
        // SAFETY: as above.
        let how: How = dip::how(unsafe { bytes(how) })?;
        // SAFETY: as above.
        let text = unsafe { bytes(text) };
        // SAFETY: null or unshared by this function's contract.
        unsafe { write(dip, || dip::read(number, how, code, text)) }
    })
}

/// Writes what is found.
///
/// # Safety
/// `dip` is null or points to a `TandemDip` that nothing else uses.
unsafe fn write(
    dip: *mut TandemDip,
    find: impl FnOnce() -> Result<Found, Failure>,
) -> Result<TandemStatus, Failure> {
    // SAFETY: null or valid by this function's contract.
    unsafe { check(dip) }?;
    let value = value_of(find()?);
    // SAFETY: not null, aligned and large enough: checked above; unshared by this function's contract.
    unsafe { dip.write(value) };
    Ok(TandemStatus::Ok)
}

fn value_of(found: Found) -> TandemDip {
    let (found, text) = match found {
        Found::Nothing => (TandemDipFound::Nothing, String::new()),
        Found::Ask(question) => (TandemDipFound::Ask, question.to_string()),
        Found::Known(word) => (TandemDipFound::Known, word.to_string()),
    };
    let mut room = [0; TANDEM_DIP_LEN];
    // Questions and words are shorter than the room.
    room.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte.cast_signed());
    let text_len = text.len().min(TANDEM_DIP_LEN) as u32;
    TandemDip { size: size_of::<TandemDip>() as u32, found: found as u32, text_len, text: room }
}
