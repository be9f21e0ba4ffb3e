//! The limits of PSD-009 §3.2, which an operator may raise, never silently.

use crate::error::Coded;
use crate::text::quote;

const MIB: u64 = 1 << 20;

macro_rules! limits {
    ($($(#[$doc:meta])* $field:ident = $most:expr;)*) => {
        /// The most that is accepted. `Default` is what the specification says.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits {
            $($(#[$doc])* pub $field: u64,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $most,)* }
            }
        }

        impl Limits {
            /// The names that [`Self::raise`] takes.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];

            fn field(&mut self, name: &str) -> Option<&mut u64> {
                match name {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            /// The limits that are above the specification's, with their values: to be named in the output.
            pub fn raised(&self) -> Vec<(&'static str, u64)> {
                let standard = Self::default();
                let mut raised = Vec::new();
                $(if self.$field > standard.$field { raised.push((stringify!($field), self.$field)); })*
                raised
            }
        }
    };
}

limits! {
    /// Entries of the payload.
    payload_entries = 100_000;
    /// Bytes of `manifest.json`.
    manifest_bytes = 16 * MIB;
    /// Bytes of `files.json`.
    files_bytes = 64 * MIB;
    /// Bytes of `.peipkg/signature`.
    signature_bytes = 64 * 1024;
    /// Entries of `dependencies`.
    dependencies = 10_000;
    /// Entries of `optional_dependencies`.
    optional_dependencies = 10_000;
    /// Entries of `conflicts`.
    conflicts = 10_000;
    /// Entries of `provides`.
    provides = 10_000;
    /// Entries of `replaces`.
    replaces = 1_000;
    /// Entries of `sd_overrides`.
    sd_overrides = 100_000;
    /// Bytes of one security descriptor.
    sd_bytes = 64 * 1024;
    /// Bytes of the whole tar stream of one package (PSD-009 §3.5).
    decompressed_bytes = 4096 * MIB;
}

/// A limit that cannot be set so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// There is no such limit.
    #[error("unknown limit {}; known are {}", quote(.0), Limits::NAMES.join(", "))]
    Unknown(String),
    /// Limits can be raised, not lowered: packages that the specification allows must install.
    #[error("limit {name} cannot be lowered to {value}: the specification allows {standard}")]
    Lowered {
        /// The limit.
        name: String,
        /// What it was to be.
        value: u64,
        /// The specification's value.
        standard: u64,
    },
}

impl Coded for LimitError {
    fn code(&self) -> &'static str {
        "PEI_LIMIT_INVALID"
    }
}

impl Limits {
    /// Raises the limit of that name.
    pub fn raise(&mut self, name: &str, value: u64) -> Result<(), LimitError> {
        let field = self.field(name).ok_or_else(|| LimitError::Unknown(name.to_owned()))?;
        if value < *field {
            return Err(LimitError::Lowered { name: name.to_owned(), value, standard: *field });
        }
        *field = value;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_limit_is_named_and_none_can_be_lowered() {
        let mut limits = Limits::default();
        assert!(limits.raised().is_empty());
        assert_eq!(limits.raise("replaces", 2000), Ok(()));
        assert_eq!(limits.raised(), [("replaces", 2000)]);
        assert!(matches!(limits.raise("conflicts", 1), Err(LimitError::Lowered { .. })));
        assert!(matches!(limits.raise("conflict", 1), Err(LimitError::Unknown(_))));
    }
}
