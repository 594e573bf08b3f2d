//! Comparing the node's calls with Kamailio's dialogs every so often, beside the agent's rounds: calls that have none
//! are ended, those that have one are known to live.
//!
//! So an answered call whose end is lost is billed to at most one such interval after it, and a long one keeps its
//! slots. Where Kamailio does not answer nothing is changed: that it is away is no reason to end a call.
//!
//! It will not end dialogs that have no call: it tells how many there are.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::rest;
use crate::cmd::reconcile;
use crate::output::tell;

/// Begins; ends with the process, or when told to stop. Nobody waits for it: `kamcmd` may hang.
pub(super) fn begin(state: PathBuf, ctl: Option<String>, every: Duration, stop: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut complaint = String::new();
        let mut unknown_before = 0;
        while !stop.load(Ordering::Relaxed) {
            rest(every, &stop);
            match reconcile::repair_live(&state, ctl.as_deref()) {
                Ok(done) => {
                    complaint.clear();
                    if done.ended > 0 {
                        tell!("agent: {} calls had no dialog any more: ended", done.ended);
                    }
                    if done.unknown_dialogs != unknown_before {
                        tell!("agent: {} dialogs of Kamailio have no call", done.unknown_dialogs);
                    }
                    unknown_before = done.unknown_dialogs;
                }
                Err(error) => {
                    let text = format!("{error:#}");
                    if text != complaint {
                        tell!("agent: calls are not compared with dialogs: {text}");
                        complaint = text;
                    }
                }
            }
        }
    });
}
