//! Where a package may put what: one rule set for producers and consumers (PSD-009 §3.2, §3.4).

mod destination;
mod drop_in;
mod path;
mod symlink;

pub use destination::{check_destination, destinations, is_destination_or_above, mount_points};
pub use drop_in::{DropIns, Origin};
pub use path::check_path;
pub use symlink::check_symlink;

/// What an entry of the payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
}

#[cfg(test)]
mod tests;
