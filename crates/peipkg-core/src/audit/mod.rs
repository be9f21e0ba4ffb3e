//! The audit trail (PSD-009 §7.6.3): an event is stored in the database in the same commit as the change that it tells of,
//! and goes out to every sink that is present afterwards, by this run or by the next one.
//!
//! `record` stores · `emit` sends what is stored · `log` is the hash-chained file · `verify` reads the chain back.

mod deliver;
mod event;
mod kernel;
mod log;
mod msgpack;
mod operator;
mod record;
mod system_log;
mod tell;
mod verify;

pub use deliver::{Delivery, Sinks, deliver, flush};
pub use event::{Event, Outcome, Package, Type};
pub use kernel::EventCall;
pub use record::{Recorder, record};
pub use tell::{flush_waiting, tell};
pub use verify::{Break, Verification, VerifyError, events, verify};

/// The class under which the Peios kernel files what it is told.
pub const ORIGIN: &str = "peipkg";

#[cfg(test)]
mod tests;
