//! The few functions of Python's stable ABI (PEP 384, 3.10 and later) that the module uses, found in the process that
//! runs Python.
//!
//! They are looked up when `PyInit_tandem` is called, and not linked: Kamailio's app_python3 and the program `python3`
//! have Python's symbols for everybody, while C and Lua programs that load this library have no Python and need none.

use std::ffi::{CStr, c_char, c_int, c_long, c_longlong, c_ulong, c_void};
use std::mem::transmute_copy;

use once_cell::sync::OnceCell;

/// A Python object. Its head is part of the stable ABI.
#[repr(C)]
pub(crate) struct Object {
    references: isize,
    pub class: *mut Object,
}

impl Object {
    /// The head of what Python has not touched yet: `PyObject_HEAD_INIT(NULL)`.
    pub const UNUSED: Object = Object { references: 1, class: std::ptr::null_mut() };
}

/// A function that Python calls with its arguments in a row (`METH_FASTCALL`).
pub(crate) type Function = unsafe extern "C" fn(*mut Object, *const *mut Object, isize) -> *mut Object;

/// `METH_FASTCALL`.
pub(crate) const FASTCALL: c_int = 0x80;
/// `PYTHON_ABI_VERSION`.
pub(crate) const ABI_VERSION: c_int = 3;
/// `Py_TPFLAGS_LONG_SUBCLASS`.
pub(crate) const IS_INTEGER: c_ulong = 1 << 24;
/// `Py_TPFLAGS_UNICODE_SUBCLASS`.
pub(crate) const IS_TEXT: c_ulong = 1 << 28;

/// `PyMethodDef`.
#[repr(C)]
pub(crate) struct Method {
    pub name: *const c_char,
    pub function: Option<Function>,
    pub flags: c_int,
    pub doc: *const c_char,
}

/// `PyModuleDef`.
#[repr(C)]
pub(crate) struct Definition {
    pub head: Object,
    pub init: *mut c_void,
    pub index: isize,
    pub copy: *mut c_void,
    pub name: *const c_char,
    pub doc: *const c_char,
    pub size: isize,
    pub methods: *const Method,
    pub slots: [*mut c_void; 4],
}

macro_rules! python_functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)+) => {
        /// Python's functions, and its `None`.
        #[derive(Clone, Copy)]
        #[allow(non_snake_case, reason = "Python's own names")]
        pub(crate) struct Python {
            $(pub $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)+
            pub none: *mut Object,
        }

        #[allow(non_snake_case, reason = "Python's own names")]
        fn find() -> Option<Python> {
            $(let $name = symbol(concat!(stringify!($name), "\0"))?;)+
            let none = symbol("_Py_NoneStruct\0")?.cast();
            Some(Python { none, $(
                // SAFETY: the symbol has this name and type in Python's stable ABI; a function pointer has the size of
                // an object pointer on every system that has `dlsym`.
                $name: unsafe { transmute_copy(&$name) },
            )+ })
        }
    };
}

python_functions! {
    PyModule_Create2: fn(*mut Definition, c_int) -> *mut Object;
    PyObject_SetAttrString: fn(*mut Object, *const c_char, *mut Object) -> c_int;
    PyType_GetFlags: fn(*mut Object) -> c_ulong;
    PyUnicode_AsUTF8AndSize: fn(*mut Object, *mut isize) -> *const c_char;
    PyUnicode_FromStringAndSize: fn(*const c_char, isize) -> *mut Object;
    PyLong_AsLongLong: fn(*mut Object) -> c_longlong;
    PyLong_FromLongLong: fn(c_longlong) -> *mut Object;
    PyBool_FromLong: fn(c_long) -> *mut Object;
    PyErr_Occurred: fn() -> *mut Object;
    PyErr_Clear: fn();
    PyTuple_New: fn(isize) -> *mut Object;
    PyTuple_SetItem: fn(*mut Object, isize, *mut Object) -> c_int;
    PyList_New: fn(isize) -> *mut Object;
    PyList_SetItem: fn(*mut Object, isize, *mut Object) -> c_int;
    PyDict_New: fn() -> *mut Object;
    PyDict_SetItem: fn(*mut Object, *mut Object, *mut Object) -> c_int;
    Py_IncRef: fn(*mut Object);
    Py_DecRef: fn(*mut Object);
}

// SAFETY: functions and the address of an object that lives as long as Python does; they are used under its global
// lock only.
unsafe impl Send for Python {}
// SAFETY: as above.
unsafe impl Sync for Python {}

static PYTHON: OnceCell<Option<Python>> = OnceCell::new();

/// Python, if this process has one that is new enough.
pub(crate) fn python() -> Option<&'static Python> {
    PYTHON.get_or_init(find).as_ref()
}

fn symbol(name: &str) -> Option<*mut c_void> {
    let name = CStr::from_bytes_with_nul(name.as_bytes()).ok()?;
    // SAFETY: the name ends with NUL; RTLD_DEFAULT searches what is loaded and runs nothing.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}
