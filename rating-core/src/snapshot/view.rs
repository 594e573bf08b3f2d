//! Reading a snapshot without trusting it: every look-up is checked, whatever the bytes are.

use core::marker::PhantomData;

/// An open snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    _bytes: PhantomData<&'a [u8]>,
}
