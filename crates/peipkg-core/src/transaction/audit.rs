//! The audit events of a transaction: one for each kind of a commit, one for a rejection, a rollback, a recovery.

use super::request::{Request, Requested};
use super::resolution::Resolution;
use super::{Incoming, Leaving, TransactionError};
use crate::audit::{Event, Outcome, Package, Type};
use crate::store::history::Operation;
use crate::store::packages::Mark;
use crate::store::{Store, packages};

/// The events of a commit: a transaction that mixes kinds tells of each with the packages of that kind.
pub(super) fn committed(
    transaction: i64,
    incoming: &[Incoming],
    leaving: &[Leaving],
    requested: &[Requested],
) -> Vec<Event> {
    let arriving = |wanted: Type| {
        incoming.iter().filter(move |one| kind_of(one.kind) == wanted).map(|one| Package {
            name: one.name.clone(),
            version: Some(one.version.clone()),
            from: one.before.as_ref().map(|before| before.package.version.clone()),
            architecture: Some(one.manifest().architecture.to_string()),
            repository: one.origin.clone(),
        })
    };
    let removed = leaving.iter().map(|one| &one.before.package).map(|package| Package {
        name: package.name.clone(),
        version: Some(package.version.clone()),
        from: None,
        architecture: Some(package.architecture.clone()),
        repository: package.origin.clone(),
    });
    let marked = |wanted: Mark| {
        requested.iter().filter_map(move |operation| match operation {
            Requested::Mark { name, mark } if *mark == wanted => Some(named(name)),
            _ => None,
        })
    };
    let kinds: [(Type, &str, Vec<Package>); 7] = [
        (Type::Install, "install", arriving(Type::Install).collect()),
        (Type::Upgrade, "upgrade", arriving(Type::Upgrade).collect()),
        (Type::Uninstall, "uninstall", removed.collect()),
        (Type::ConfigChange, Mark::Hold.as_str(), marked(Mark::Hold).collect()),
        (Type::ConfigChange, Mark::Unhold.as_str(), marked(Mark::Unhold).collect()),
        (Type::ConfigChange, Mark::Explicit.as_str(), marked(Mark::Explicit).collect()),
        (Type::ConfigChange, Mark::Dependency.as_str(), marked(Mark::Dependency).collect()),
    ];
    let present = kinds.into_iter().filter(|(_, _, packages)| !packages.is_empty());
    present
        .map(|(kind, operation, packages)| Event {
            transaction: Some(transaction),
            packages,
            ..Event::new(kind, operation)
        })
        .collect()
}

/// A package of which only the name matters.
fn named(name: &str) -> Package {
    Package { name: name.to_owned(), version: None, from: None, architecture: None, repository: None }
}

/// A downgrade is audited as what it amounts to: the exchange of a version for another.
fn kind_of(operation: &str) -> Type {
    if operation == "install" { Type::Install } else { Type::Upgrade }
}

/// The event of a request that failed: `transaction` where it had begun, and so was rolled back.
pub(super) fn failed(
    request: &Request,
    store: &Store,
    transaction: Option<i64>,
    error: &TransactionError,
) -> Event {
    let outcome = if transaction.is_some() { Outcome::Rollback } else { Outcome::Rejection };
    Event {
        transaction,
        outcome,
        reason: Some(error.to_string()),
        packages: request.operations.iter().map(|operation| requested(operation, store)).collect(),
        ..Event::new(Type::TransactionFailed, operation_of(request))
    }
}

fn requested(operation: &Requested, store: &Store) -> Package {
    let installed = |name: &str| packages::find(store.connection(), name).ok().flatten();
    match operation {
        Requested::Put { expected, .. } => Package {
            name: expected.name.clone(),
            version: Some(expected.version.clone()),
            from: installed(&expected.name).map(|package| package.version),
            architecture: Some(expected.architecture.clone()),
            repository: expected.repository.clone(),
        },
        Requested::Remove { name, .. } => {
            let found = installed(name);
            Package {
                name: name.clone(),
                version: found.as_ref().map(|package| package.version.clone()),
                from: None,
                architecture: found.as_ref().map(|package| package.architecture.clone()),
                repository: found.and_then(|package| package.origin),
            }
        }
        Requested::Restore { name, .. } | Requested::Mark { name, .. } => named(name),
    }
}

/// The one kind of a request; `change` where it has several.
fn operation_of(request: &Request) -> &'static str {
    let word = |operation: &Requested| match operation {
        Requested::Put { kind, .. } | Requested::Restore { kind, .. } => match kind_of(kind) {
            Type::Install => "install",
            _ => "upgrade",
        },
        Requested::Remove { .. } => "uninstall",
        Requested::Mark { mark, .. } => mark.as_str(),
    };
    let mut words = request.operations.iter().map(word);
    let first = words.next().unwrap_or("change");
    if words.all(|word| word == first) { first } else { "change" }
}

/// The event of an interrupted transaction that was rolled back.
pub(super) fn recovered(transaction: i64, operations: &[Operation]) -> Event {
    let package = |operation: &Operation| Package {
        name: operation.name.clone(),
        version: operation.to.clone().or_else(|| operation.from.clone()),
        from: operation.to.as_ref().and(operation.from.clone()),
        architecture: None,
        repository: operation.origin.clone(),
    };
    Event {
        transaction: Some(transaction),
        outcome: Outcome::Rollback,
        reason: Some("the transaction was interrupted".to_owned()),
        packages: operations.iter().map(package).collect(),
        ..Event::new(Type::Recovery, "recovery")
    }
}

/// The event of a transaction that an operator ended; `left`: paths that could not be put back.
pub(super) fn resolved(
    transaction: i64,
    how: Resolution,
    left: &[String],
    operations: &[Operation],
) -> Event {
    let (outcome, decision) = match how {
        Resolution::RollBack => (Outcome::Rollback, "the operator had what can be put back put back"),
        Resolution::Accept => (Outcome::Success, "the operator accepted the disk as it was"),
    };
    let doubts = if left.is_empty() { String::new() } else { format!("; {} path(s) in doubt", left.len()) };
    Event { outcome, reason: Some(format!("{decision}{doubts}")), ..recovered(transaction, operations) }
}
