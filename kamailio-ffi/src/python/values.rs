//! Arguments to Rust values, answers to Python objects.

use std::ffi::c_int;
use std::fmt::Write;
use std::slice;

use rating_node::Handle;

use super::api::{IS_INTEGER, IS_TEXT, Object, Python, python};
use crate::host::{self, Answer, SERVER_ERROR, hex};
use crate::panic::Failure;
use crate::status::TandemStatus;

/// What a function was called with.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub py: Py,
    arguments: &'a [*mut Object],
}

impl<'a> Call<'a> {
    /// # Safety
    /// Python is calling, with `count` arguments at `arguments`, which it keeps for `'a`.
    pub unsafe fn of(arguments: *const *mut Object, count: isize) -> Option<Call<'a>> {
        let py = Py(python()?);
        let count = usize::try_from(count).ok().filter(|_| !arguments.is_null()).unwrap_or(0);
        if count == 0 {
            return Some(Call { py, arguments: &[] });
        }
        // SAFETY: by this function's contract.
        Some(Call { py, arguments: unsafe { slice::from_raw_parts(arguments, count) } })
    }

    fn flags(&self, at: usize) -> u64 {
        let Some(argument) = self.arguments.get(at) else { return 0 };
        // SAFETY: an argument is an object, whose head is as the stable ABI says.
        let class = unsafe { (**argument).class };
        // SAFETY: Python is calling; the class of an object is a type.
        unsafe { (self.py.0.PyType_GetFlags)(class) }
    }

    /// A text argument, which Python keeps as UTF-8 with the argument; empty for everything else.
    pub fn text(&self, at: usize) -> &'a [u8] {
        if self.flags(at) & IS_TEXT == 0 {
            return &[];
        }
        let mut len = 0;
        // SAFETY: it is a text, by its class; `len` is writable.
        let data = unsafe { (self.py.0.PyUnicode_AsUTF8AndSize)(self.arguments[at], &mut len) };
        if data.is_null() {
            // Not every text is UTF-8: lone surrogates.
            // SAFETY: Python is calling.
            unsafe { (self.py.0.PyErr_Clear)() };
            return &[];
        }
        // SAFETY: Python gives a text of `len` bytes, which it keeps while the argument lives.
        unsafe { slice::from_raw_parts(data.cast(), len.unsigned_abs()) }
    }

    /// Whether there is such an argument, and it is not `None`.
    pub fn is_given(&self, at: usize) -> bool {
        self.arguments.get(at).is_some_and(|argument| *argument != self.py.0.none)
    }

    /// An integer argument.
    pub fn integer(&self, at: usize) -> Option<i64> {
        if self.flags(at) & IS_INTEGER == 0 {
            return None;
        }
        // SAFETY: it is an integer, by its class.
        let integer = unsafe { (self.py.0.PyLong_AsLongLong)(self.arguments[at]) };
        // SAFETY: Python is calling.
        if integer == -1 && !unsafe { (self.py.0.PyErr_Occurred)() }.is_null() {
            // SAFETY: as above.
            unsafe { (self.py.0.PyErr_Clear)() };
            return None;
        }
        Some(integer)
    }

    /// A text argument, or the digits of an integer one.
    pub fn digits<'b>(&self, at: usize, room: &'b mut String) -> &'b [u8]
    where
        'a: 'b,
    {
        match self.integer(at) {
            Some(number) => {
                room.clear();
                let _ = write!(room, "{number}");
                room.as_bytes()
            }
            None => self.text(at),
        }
    }

    pub fn handle(&self) -> Result<Handle, Failure> {
        host::handle_of(self.text(0))
    }

    /// The SIP code; 0 where it is not given.
    pub fn sip_code(&self, at: usize) -> Result<u16, Failure> {
        if self.arguments.len() <= at { Ok(0) } else { host::sip_code_of(self.integer(at)) }
    }
}

/// Python, while it is calling.
#[derive(Clone, Copy)]
pub(super) struct Py(pub &'static Python);

/// SAFETY of all methods: a [`Py`] is made from a call by Python, under its global lock. Each gives an object of its own
/// (a new reference), or null where memory has run out; containers take over what is put into them.
impl Py {
    pub fn none(self) -> *mut Object {
        // SAFETY: see above.
        unsafe { (self.0.Py_IncRef)(self.0.none) };
        self.0.none
    }

    pub fn text(self, text: &[u8]) -> *mut Object {
        // SAFETY: see above; Python copies the text.
        unsafe { (self.0.PyUnicode_FromStringAndSize)(text.as_ptr().cast(), text.len().cast_signed()) }
    }

    pub fn text_or_none(self, text: Option<&[u8]>) -> *mut Object {
        text.map_or_else(|| self.none(), |text| self.text(text))
    }

    pub fn integer(self, integer: i64) -> *mut Object {
        // SAFETY: see above.
        unsafe { (self.0.PyLong_FromLongLong)(integer) }
    }

    pub fn boolean(self, is_true: bool) -> *mut Object {
        // SAFETY: see above.
        unsafe { (self.0.PyBool_FromLong)(is_true.into()) }
    }

    pub fn tuple<const N: usize>(self, values: [*mut Object; N]) -> *mut Object {
        // SAFETY: see above.
        let tuple = unsafe { (self.0.PyTuple_New)(N.cast_signed()) };
        self.fill(tuple, values.into_iter(), self.0.PyTuple_SetItem)
    }

    pub fn list(self, len: usize, values: impl Iterator<Item = *mut Object>) -> *mut Object {
        // SAFETY: see above.
        let list = unsafe { (self.0.PyList_New)(len.cast_signed()) };
        self.fill(list, values.take(len), self.0.PyList_SetItem)
    }

    fn fill(
        self,
        container: *mut Object,
        values: impl Iterator<Item = *mut Object>,
        set: unsafe extern "C" fn(*mut Object, isize, *mut Object) -> c_int,
    ) -> *mut Object {
        let mut is_whole = !container.is_null();
        for (at, value) in values.enumerate() {
            // SAFETY: see above; a container that is null, or a place that it has not, is refused, and the value let go.
            is_whole &= !value.is_null() && unsafe { set(container, at.cast_signed(), value) } == 0;
        }
        if is_whole { container } else { self.release(container) }
    }

    /// Lets go of an object, and gives null.
    fn release(self, object: *mut Object) -> *mut Object {
        if !object.is_null() {
            // SAFETY: see above; the caller owns it.
            unsafe { (self.0.Py_DecRef)(object) };
        }
        std::ptr::null_mut()
    }

    pub fn dictionary(self, values: impl Iterator<Item = (&'static str, i64)>) -> *mut Object {
        // SAFETY: see above.
        let dictionary = unsafe { (self.0.PyDict_New)() };
        if dictionary.is_null() {
            return dictionary;
        }
        for (name, value) in values {
            let (name, value) = (self.text(name.as_bytes()), self.integer(value));
            let is_made = !name.is_null() && !value.is_null();
            // SAFETY: see above; a dictionary keeps references of its own.
            let is_set = is_made && unsafe { (self.0.PyDict_SetItem)(dictionary, name, value) } == 0;
            self.release(name);
            self.release(value);
            if !is_set {
                return self.release(dictionary);
            }
        }
        dictionary
    }

    pub fn status(self, status: TandemStatus) -> *mut Object {
        self.text(status.name().to_bytes())
    }

    /// What a verb that is only done or not answers: the name of its status.
    pub fn outcome(self, answer: Answer) -> *mut Object {
        self.status(match answer {
            Answer::Failed(status) => status,
            Answer::NoLeg => TandemStatus::NoLeg,
            _ => TandemStatus::Ok,
        })
    }

    /// What `decide` answers.
    pub fn decision(self, answer: Answer) -> *mut Object {
        let refused = |name: &[u8], sip_code: u16| {
            self.tuple([self.none(), self.text(name), self.integer(sip_code.into())])
        };
        match answer {
            Answer::Admitted { handle, longest_sec, is_retransmission } => self.tuple([
                self.text(&hex(handle.0)),
                self.integer(longest_sec.into()),
                self.boolean(is_retransmission),
            ]),
            Answer::Rejected(reason) => refused(reason.name().as_bytes(), reason.sip_code()),
            Answer::Failed(status) => refused(status.name().to_bytes(), SERVER_ERROR),
            _ => refused(TandemStatus::NodeFailed.name().to_bytes(), SERVER_ERROR),
        }
    }

    /// What `next` answers.
    pub fn leg(self, answer: Answer, dial: &[u8]) -> *mut Object {
        match answer {
            Answer::Leg { dial_len, timeout_sec, leg } => self.tuple([
                self.text(dial.get(..dial_len).unwrap_or_default()),
                self.integer(timeout_sec.into()),
                self.integer(i64::from(leg) + 1),
            ]),
            other => self.tuple([self.none(), self.outcome(other), self.none()]),
        }
    }
}
