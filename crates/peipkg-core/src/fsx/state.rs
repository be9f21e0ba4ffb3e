//! Where peipkg keeps its own things below a root (PSD-009 §7.4).

/// The state directory.
pub const STATE: &str = "var/lib/peipkg";
/// The configuration directory.
pub const CONFIGURATION: &str = "conf/peipkg";
/// Fetched packages and repository metadata.
pub const CACHE: &str = "var/lib/peipkg/cache";
/// Retained backups, one folder a transaction.
pub const BACKUPS: &str = "var/lib/peipkg/backups";
/// Forensic reports.
pub const REPORTS: &str = "var/lib/peipkg/reports";
/// The lock file of the one writer.
pub const LOCK: &str = "var/lib/peipkg/lock";
/// The database.
pub const DATABASE: &str = "var/lib/peipkg/db.sqlite";
/// Where the audit file lies.
pub const LOG: &str = "var/log/peipkg";
/// Name of the directory that holds retained backups of another filesystem, in its topmost directory.
pub const FOREIGN_BACKUPS: &str = ".peipkg-backups";

/// Whether `path` is one of the tool's own places, where no package may put anything.
pub fn is_own(path: &str) -> bool {
    [STATE, LOG, CONFIGURATION]
        .iter()
        .any(|own| path == *own || path.strip_prefix(own).is_some_and(|rest| rest.starts_with('/')))
}
