//! Whether the audit log tells what happened.

use std::collections::BTreeSet;
use std::path::Path;

use peipkg_core::audit;
use peipkg_core::fsx::Root;
use peipkg_core::store::{Store, history, outbox};

/// What is wrong, if anything is: there is one event for each kind of each committed transaction, none of a success that
/// did not happen, none waits, and the chain is whole.
pub fn problem(root: &Path) -> Option<String> {
    let opened = Root::open(root).unwrap();
    let found = audit::verify(&opened).unwrap();
    if !found.breaks.is_empty() {
        return Some(format!("the chain of the audit log is broken: {found:?}"));
    }
    let events = audit::events(&opened, 0).unwrap();
    let store = Store::read(&opened).unwrap()?;
    if !outbox::waiting(store.connection()).unwrap().is_empty() {
        return Some("audit events were not sent".to_owned());
    }
    let mut told: Vec<(i64, String)> = events.iter().filter_map(|event| success(event)).collect();
    told.sort_unstable();
    let mut expected = Vec::new();
    for record in history::list(store.connection(), 0).unwrap() {
        let word = |kind: &str| match kind {
            "remove" => "uninstall".to_owned(),
            "downgrade" | "reinstall" => "upgrade".to_owned(),
            kind => kind.to_owned(),
        };
        let kinds: BTreeSet<String> =
            record.operations.iter().map(|operation| word(&operation.kind)).collect();
        if record.state == history::State::Committed {
            expected.extend(kinds.into_iter().map(|kind| (record.id, kind)));
        }
    }
    expected.sort_unstable();
    (told != expected).then(|| format!("the audit log tells {told:?} instead of {expected:?}: {events:#?}"))
}

/// Transaction and operation of an event that tells of a success.
fn success(event: &str) -> Option<(i64, String)> {
    let after = |key: &str| event.split_once(key).map(|(_, rest)| rest);
    event.contains(r#""outcome":"success""#).then_some(())?;
    let id = after(r#""transaction":"#)?.split(',').next()?.parse().ok()?;
    Some((id, after(r#""operation":""#)?.split('"').next()?.to_owned()))
}
