//! The audit trail: telling of what the core does not do itself, and reading it back.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use napi_derive::napi;
use peipkg_core::audit::{self, Event, Outcome, Package, Type};

use crate::failure::{Failure, Result, throwing};
use crate::system::System;

/// Something that happened, or was refused.
#[napi(object, object_to_js = false)]
pub struct AuditEvent {
    #[napi(
        ts_type = "'transaction-failed' | 'refresh' | 'recovery' | 'authorisation' | 'repo-add' | 'repo-remove' | 'config-change'"
    )]
    pub kind: String,
    /// install, upgrade, uninstall, refresh, recovery, …
    pub operation: String,
    #[napi(ts_type = "'success' | 'rejection' | 'rollback'")]
    pub outcome: String,
    /// A complete text.
    pub reason: Option<String>,
    pub transaction: Option<f64>,
    pub packages: Vec<AuditPackage>,
    pub repository: Option<String>,
}

/// A package that an event is about.
#[napi(object, object_to_js = false)]
pub struct AuditPackage {
    pub name: String,
    pub version: Option<String>,
    /// The version that it takes the place of.
    pub from: Option<String>,
    pub architecture: Option<String>,
    pub repository: Option<String>,
}

/// What reading the chain back found.
#[napi(object, object_from_js = false)]
pub struct AuditVerification {
    pub files: u32,
    pub events: u32,
    /// Events that stand there twice, with one id.
    pub repeated: u32,
    /// Complete sentences.
    pub notes: Vec<String>,
    pub breaks: Vec<AuditBreak>,
}

/// A place where the chain is broken.
#[napi(object, object_from_js = false)]
pub struct AuditBreak {
    /// Relative to the root.
    pub file: String,
    /// From 1; 0 for the file itself.
    pub line: u32,
    pub reason: &'static str,
}

#[napi]
impl System {
    /// Stores an event and sends it; returns what people must know. `required`: throws where it cannot be stored.
    #[napi]
    pub fn record_audit(&self, event: AuditEvent, required: bool, now: f64) -> Result<Vec<String>> {
        throwing(|| {
            let event = event.convert()?;
            Ok(audit::tell(&self.open()?, now as i64, &event, required)?)
        })
    }

    /// Sends the events that wait; returns what people must know.
    #[napi]
    pub fn flush_audit(&self) -> Result<Vec<String>> {
        throwing(|| Ok(audit::flush_waiting(&self.open()?)?))
    }

    /// The newest `limit` events (0: all), oldest first, each as JSON.
    #[napi]
    pub fn audit_events(&self, limit: u32) -> Result<Vec<String>> {
        throwing(|| Ok(audit::events(&self.open()?, limit as usize)?))
    }

    /// Reads the whole chain back.
    #[napi]
    pub fn verify_audit(&self) -> Result<AuditVerification> {
        throwing(|| {
            let found = audit::verify(&self.open()?)?;
            let breaks = found.breaks.into_iter().map(|found| AuditBreak {
                file: found.file,
                line: found.line as u32,
                reason: found.reason,
            });
            Ok(AuditVerification {
                files: found.files as u32,
                events: found.events as u32,
                repeated: found.repeated as u32,
                notes: found.notes,
                breaks: breaks.collect(),
            })
        })
    }
}

impl AuditEvent {
    fn convert(self) -> std::result::Result<Event, Failure> {
        let malformed =
            || Failure { code: "PEI_USAGE", message: "a malformed audit event was told".to_owned() };
        let package = |package: AuditPackage| Package {
            name: package.name,
            version: package.version,
            from: package.from,
            architecture: package.architecture,
            repository: package.repository,
        };
        Ok(Event {
            kind: Type::parse(&self.kind).ok_or_else(malformed)?,
            operation: self.operation,
            transaction: self.transaction.map(|id| id as i64),
            outcome: Outcome::parse(&self.outcome).ok_or_else(malformed)?,
            reason: self.reason,
            packages: self.packages.into_iter().map(package).collect(),
            repository: self.repository,
        })
    }
}
