//! The Python module `tandem`, written by hand over Python's stable ABI: one file for every Python from 3.10 on, and no
//! build on the user's machine.
//!
//! ```python
//! import tandem
//! tandem.attach(snapshot, state)              # status, text
//! tandem.hint(number, 1)                      # status                    stage 1 on arrival, 2 later
//! tandem.decide(source, ani, dnis, call_id, from_tag, cseq, branch, dnis_lrn, dip, identity)
//!                                             # handle, longest_sec, again | None, reason, sip_code
//! tandem.dip_wanted(source, ani, dnis)        # "known", dip | "ask", question | None, None
//! tandem.dip(question)                        # dip | None                waits for services
//! tandem.dip_read(number, "sip" | "http" | "enum", code, text)    # dip | None
//! tandem.attestation(identity)                # "A" | "B" | "C" | None    what the header Identity claims
//! tandem.next(handle, sip_code)               # dial_string, timeout_sec, leg | None, status, None
//! tandem.ringing(handle, sip_code)            # status                    also: answered, ended
//! tandem.alive(handle)                        # status                    the dialog is there
//! tandem.due()                                # a list of (handle, "extended" | "end" | …, left_sec), more; none if it fails
//! tandem.snapshot()                           # generation, content_id | None, status
//! tandem.stats()                              # a dictionary | None
//! tandem.reasons                              # a dictionary: the number of each reason's name
//! ```
//!
//! A status is a text: "ok", or what it is not. A handle is a text of 16 hexadecimal digits. Nothing here raises: an
//! exception would make Kamailio drop the request without an answer. `None` for a text is "not given".

mod api;
mod values;

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};

use rating_core::reject::Reason;
use rating_node::{CallError, Handle, Node};

use self::api::{ABI_VERSION, Definition, FASTCALL, Function, Method, Object, python};
use self::values::{Call, Py};
use crate::attestation;
use crate::dip;
use crate::host::{self, Answer, DUE_FOR, hex, run};
use crate::instance::{self, Request};
use crate::panic::{caught, last_error};
use crate::types::TANDEM_DIAL_STRING_LEN;

/// What Python keeps for ever, and writes to under its global lock.
struct Static<T>(UnsafeCell<T>);

// SAFETY: only Python touches it, under its global lock.
unsafe impl<T> Sync for Static<T> {}

const fn method(name: &'static CStr, function: Function) -> Method {
    Method { name: name.as_ptr(), function: Some(function), flags: FASTCALL, doc: null() }
}

static METHODS: Static<[Method; 16]> = Static(UnsafeCell::new([
    method(c"attach", attach),
    method(c"hint", hint),
    method(c"decide", decide),
    method(c"attestation", attested),
    method(c"dip_wanted", dip_wanted),
    method(c"dip", ask),
    method(c"dip_read", dip_read),
    method(c"next", next),
    method(c"ringing", ringing),
    method(c"answered", answered),
    method(c"ended", ended),
    method(c"alive", alive),
    method(c"due", due),
    method(c"snapshot", snapshot),
    method(c"stats", stats),
    Method { name: null(), function: None, flags: 0, doc: null() },
]));

static DEFINITION: Static<Definition> = Static(UnsafeCell::new(Definition {
    head: Object::UNUSED,
    init: null_mut::<c_void>(),
    index: 0,
    copy: null_mut::<c_void>(),
    name: NAME.as_ptr(),
    doc: null::<c_char>(),
    // State of the process, not of an interpreter.
    size: -1,
    methods: METHODS.0.get().cast(),
    slots: [null_mut::<c_void>(); 4],
}));

const NAME: &CStr = c"tandem";

/// What Python calls for `import tandem`. Gives the module, or null with no Python that is new enough.
///
/// # Safety
/// Called by Python.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInit_tandem() -> *mut Object {
    let Some(python) = python() else { return null_mut() };
    // SAFETY: Python is calling; the definition and what it points to live for ever.
    let module = unsafe { (python.PyModule_Create2)(DEFINITION.0.get(), ABI_VERSION) };
    let reasons = Reason::ALL.iter().map(|reason| (reason.name(), i64::from(reason.number())));
    let reasons = Py(python).dictionary(reasons);
    if !module.is_null() && !reasons.is_null() {
        // SAFETY: both are objects; the module keeps a reference of its own.
        unsafe { (python.PyObject_SetAttrString)(module, c"reasons".as_ptr(), reasons) };
        // SAFETY: this reference is ours.
        unsafe { (python.Py_DecRef)(reasons) };
    }
    module
}

/// # Safety
/// As all functions here: called by Python with its arguments.
unsafe extern "C" fn attach(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let calls_max = if call.is_given(2) { call.integer(2) } else { Some(0) };
        let answer = run(|| host::attach(call.text(0), call.text(1), calls_max));
        // Where Kamailio logs to syslog, stderr is nobody's: the text must reach Python.
        let text =
            if matches!(answer, Answer::Failed(_)) { last_error(str::to_owned) } else { String::new() };
        call.py.tuple([call.py.outcome(answer), call.py.text(text.as_bytes())])
    })
}

unsafe extern "C" fn hint(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let answer = run(|| {
            let stage = call.integer(1).and_then(|stage| u32::try_from(stage).ok()).unwrap_or(1);
            instance::hint(call.text(0), stage)?;
            Ok(Answer::Done)
        });
        call.py.outcome(answer)
    })
}

unsafe extern "C" fn decide(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let mut room = String::new();
        let request = Request {
            source: call.text(0),
            ani: call.text(1),
            dnis: call.text(2),
            call_id: call.text(3),
            from_tag: call.text(4),
            cseq: call.digits(5, &mut room),
            branch: call.text(6),
            dnis_lrn: call.text(7),
            dip: call.text(8),
            identity: call.text(9),
            ..Request::default()
        };
        call.py.decision(run(|| host::decide(&request)))
    })
}

unsafe extern "C" fn attested(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let letter = attestation::read(call.text(0)).map(|claim| [claim.letter() as u8]);
        call.py.text_or_none(letter.as_ref().map(|letter| &letter[..]))
    })
}

unsafe extern "C" fn dip_wanted(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let (source, ani, dnis) = (call.text(0), call.text(1), call.text(2));
        let request = Request { source, ani, dnis, ..Request::default() };
        let mut room = [0; 64];
        let found = host::found_of(run(|| dip::wanted(&request).map(Answer::Dip)), &mut room);
        let what = found.map(|(what, _)| what.as_bytes());
        call.py.tuple([call.py.text_or_none(what), call.py.text_or_none(found.map(|(_, text)| text))])
    })
}

unsafe extern "C" fn ask(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let mut room = [0; 64];
        let found = host::found_of(run(|| dip::ask(call.text(0)).map(Answer::Dip)), &mut room);
        call.py.text_or_none(found.map(|(_, text)| text))
    })
}

unsafe extern "C" fn dip_read(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let answer = run(|| {
            let how = dip::how(call.text(1))?;
            dip::read(call.text(0), how, call.sip_code(2)?, call.text(3)).map(Answer::Dip)
        });
        let mut room = [0; 64];
        call.py.text_or_none(host::found_of(answer, &mut room).map(|(_, text)| text))
    })
}

unsafe extern "C" fn next(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let mut dial = [0; TANDEM_DIAL_STRING_LEN];
        let answer = run(|| host::next(call.handle()?, call.sip_code(1)?, &mut dial));
        call.py.leg(answer, &dial)
    })
}

unsafe extern "C" fn ringing(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    event(arguments, count, |node, handle, sip_code| node.ringing(handle, sip_code, instance::now()))
}

unsafe extern "C" fn answered(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    event(arguments, count, |node, handle, sip_code| node.answered(handle, sip_code, instance::now()))
}

unsafe extern "C" fn ended(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    event(arguments, count, |node, handle, sip_code| node.ended(handle, sip_code, instance::now()))
}

unsafe extern "C" fn alive(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    event(arguments, count, |node, handle, _| node.alive(handle, instance::now()))
}

/// Every second: what is extended, and what is to end.
unsafe extern "C" fn due(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let py = call.py;
        let mut found = None;
        run(|| {
            found = Some(instance::due()?);
            Ok(Answer::Done)
        });
        // A failure, which `run` has told, is no list and no more, so that a loop over it ends.
        let Some(found) = found else {
            return py.tuple([py.list(0, std::iter::empty()), py.boolean(false)]);
        };
        let told = found.calls.iter().map(|due| {
            let what = DUE_FOR.get(due.due_for as usize).copied().unwrap_or_default();
            py.tuple([py.text(&hex(due.handle)), py.text(what.as_bytes()), py.integer(due.left_sec.into())])
        });
        py.tuple([py.list(found.count as usize, told), py.boolean(found.more == 1)])
    })
}

unsafe extern "C" fn snapshot(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| match run(host::snapshot) {
        Answer::Snapshot { generation, content_id } => {
            call.py.tuple([call.py.integer(generation.cast_signed()), call.py.text(&hex(content_id))])
        }
        other => call.py.tuple([call.py.none(), call.py.outcome(other)]),
    })
}

unsafe extern "C" fn stats(_: *mut Object, arguments: *const *mut Object, count: isize) -> *mut Object {
    call(arguments, count, |call| {
        let mut figures = None;
        run(|| {
            figures = Some(host::stats()?);
            Ok(Answer::Done)
        });
        let Some(figures) = figures else { return call.py.none() };
        call.py.dictionary(figures.into_iter().map(|(name, figure)| (name, figure.cast_signed())))
    })
}

fn event(
    arguments: *const *mut Object,
    count: isize,
    report: impl FnOnce(&Node, Handle, u16) -> Result<(), CallError>,
) -> *mut Object {
    call(arguments, count, |call| {
        let answer = run(|| {
            let (handle, sip_code) = (call.handle()?, call.sip_code(1)?);
            host::event(|node| report(node, handle, sip_code))
        });
        call.py.outcome(answer)
    })
}

/// Runs the whole of a function that Python calls. What [`run`] does not catch ends here: `None` to Python.
fn call(
    arguments: *const *mut Object,
    count: isize,
    body: impl FnOnce(Call<'_>) -> *mut Object,
) -> *mut Object {
    // SAFETY: the functions above are called by Python only, and they pass on what it gave.
    let Some(call) = (unsafe { Call::of(arguments, count) }) else { return null_mut() };
    catch_unwind(AssertUnwindSafe(|| body(call))).unwrap_or_else(|panic| {
        caught(panic.as_ref());
        call.py.none()
    })
}
