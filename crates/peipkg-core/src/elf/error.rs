//! Why a binary cannot be signed.

use std::io;

use super::SECTION;
use crate::error::Coded;
use crate::fsx::PlaceError;

/// Messages name the rule and the value; the file is put before them.
#[derive(Debug, thiserror::Error)]
pub enum ElfError {
    /// The system refused.
    #[error("cannot {operation}: {}", crate::text::reason(.source))]
    Io {
        /// As a verb: `read`.
        operation: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The signed file cannot be written.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Not of the kind that can be signed.
    #[error("not a little-endian ELF64 file: {0}")]
    Foreign(&'static str),
    /// Its headers contradict themselves, or lead out of the file.
    #[error("not a sound ELF file: {rule}: {value}")]
    Broken {
        /// The rule that is broken.
        rule: &'static str,
        /// The value that breaks it.
        value: String,
    },
    /// It has the section.
    #[error("signed already: it has a section {SECTION} (sign a fresh build of it)")]
    Signed,
    /// [`crate::archive::Observer::cancel`] was set.
    #[error("cancelled")]
    Cancelled,
    /// Another process wrote to it.
    #[error("it changed while it was signed (wait until nothing writes to it, then sign again)")]
    Changed,
}

impl Coded for ElfError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::Place(_) => "PEI_IO",
            Self::Foreign(_) | Self::Broken { .. } => "PEI_ELF_INVALID",
            Self::Signed => "PEI_ELF_SIGNED",
            Self::Cancelled => "PEI_CANCELLED",
            Self::Changed => "PEI_STAGED_CHANGED",
        }
    }
}

/// A broken rule.
pub(super) fn broken(rule: &'static str, value: &dyn std::fmt::Display) -> ElfError {
    ElfError::Broken { rule, value: value.to_string() }
}
