//! Why a text is not a name, version, constraint, architecture or package file name.

use crate::error::Coded;
use crate::text::quote;

/// Each variant carries the text and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// PSD-009 §2.1.
    #[error("package name {} is invalid: {rule}", quote(.text))]
    Name {
        /// The text.
        text: String,
        /// What a name must be.
        rule: &'static str,
    },
    /// PSD-009 §2.2.
    #[error("version {} is invalid: {rule}", quote(.text))]
    Version {
        /// The text.
        text: String,
        /// What a version must be.
        rule: &'static str,
    },
    /// PSD-009 §2.2.8.
    #[error("constraint {} is invalid: {rule}", quote(.text))]
    Constraint {
        /// The text.
        text: String,
        /// What a constraint must be.
        rule: &'static str,
    },
    /// PSD-009 §2.3.
    #[error("architecture {} is invalid: it must start with a letter and hold 1 to 16 of a-z 0-9 _", quote(.text))]
    Architecture {
        /// The text.
        text: String,
    },
    /// PSD-009 §2.1.
    #[error("package file name {} is invalid: it must be <name>_<version>_<architecture>.peipkg", quote(.text))]
    FileName {
        /// The text.
        text: String,
    },
}

impl Coded for IdentityError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "PEI_NAME_INVALID",
            Self::Version { .. } => "PEI_VERSION_INVALID",
            Self::Constraint { .. } => "PEI_CONSTRAINT_INVALID",
            Self::Architecture { .. } => "PEI_ARCHITECTURE_INVALID",
            Self::FileName { .. } => "PEI_FILE_NAME_INVALID",
        }
    }
}
