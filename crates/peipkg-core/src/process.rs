//! Processes that outlive the one that started them.

use std::io;

use crate::error::Coded;

/// The system refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot adopt the processes that a build script leaves behind: {0}")]
pub struct AdoptError(#[from] io::Error);

impl Coded for AdoptError {
    fn code(&self) -> &'static str {
        "PEI_IO"
    }
}

/// From now on (until it is called with false) a process below this one whose parent ends becomes a child of this one, and
/// not of the system's first process: so it can be found.
pub fn adopt_orphans(adopt: bool) -> Result<(), AdoptError> {
    let own = adopt.then(rustix::process::getpid);
    rustix::process::set_child_subreaper(own).map_err(io::Error::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_switched_on_and_off() {
        let is_on = || rustix::process::child_subreaper().unwrap().is_some();
        adopt_orphans(true).unwrap();
        assert!(is_on());
        adopt_orphans(false).unwrap();
        assert!(!is_on());
    }
}
