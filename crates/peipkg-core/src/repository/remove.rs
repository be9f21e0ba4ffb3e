//! Removing a repository: its configuration, its trust state, its cached metadata. Its packages stay installed.

use super::{RepositoryError, adopt, check_name, documents};
use crate::audit::{Type, record, tell};
use crate::fsx::Root;
use crate::identity::Architecture;
use crate::store::{Store, repositories};

/// Forgets the repository; `false` when there was nothing of it. The configuration goes first: without it nothing plans from
/// the repository any more, and a call that was killed is finished by the next one.
pub fn remove(root: &Root, name: &str, now: i64) -> Result<bool, RepositoryError> {
    check_name(name)?;
    let configured = root.remove(&adopt::configuration_path(name))?;
    let known = match Store::read(root)? {
        Some(store) => repositories::find(store.connection(), name)?.is_some(),
        None => false,
    };
    let event = adopt::event(Type::RepoRemove, "repo-remove", name);
    if known {
        let mut store = Store::write(root, Architecture::of_this_machine().as_str())?;
        store.change::<_, RepositoryError>(|connection| {
            repositories::delete(connection, name)?;
            record(connection, root, now, &event)?;
            Ok(Store::advance_generation(connection)?)
        })?;
    } else if configured {
        tell(root, now, &event, false)?;
    }
    root.remove_tree(&documents::directory(name))?;
    Ok(configured || known)
}
