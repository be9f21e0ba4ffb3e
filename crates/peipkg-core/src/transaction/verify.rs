//! Verifying every package before any byte of any is staged (PSD-009 §7.4.3).

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::request::{Control, Expectation, Phase, Request, Requested};
use super::{Before, Incoming, Leaving, Payload, TransactionError, overrides, reverse};
use crate::archive::{
    self, Expected, Observer, PayloadEntry, PayloadKind, Present, Spool, VerifiedPackage, VerifyRules,
};
use crate::fsx::Root;
use crate::package::payload::{DropIns, Origin};
use crate::package::{EntryKind, Limits, Manifest};
use crate::sorting;
use crate::store::ended::{self, Ended};
use crate::store::paths::Object;
use crate::store::{Store, packages, paths};
use crate::text::escape;

/// Packages in and out, in plan order, with what was there before.
pub(super) type Packages = (Vec<Incoming>, Vec<Leaving>);

/// Opens and verifies all packages of the request on several threads, the largest first.
pub(super) fn verify(
    root: &Root,
    request: &Request,
    store: &Store,
    spool: &Spool,
    control: &Control,
) -> Result<Packages, TransactionError> {
    let architecture = store.architecture()?;
    let befores = befores(root, store, request)?;
    let mut work = Vec::new();
    for (operation, before) in puts(request).zip(&befores) {
        if let Requested::Put { kind, file, expected, restores, .. } = operation {
            let present = before.as_ref().filter(|_| *kind != "reinstall" && restores.is_none()).map(present);
            work.push(Work { opened: open(file)?, expected, present });
        }
    }
    let mut verified = verify_all(work, request, spool, control)?.into_iter().zip(befores);
    let (mut incoming, mut leaving) = (Vec::new(), Vec::new());
    for operation in &request.operations {
        match operation {
            Requested::Put { kind, expected, reason, restores, .. } => {
                let Some(((verified, warnings), before)) = verified.next() else { break };
                check_installable(&verified, expected, &architecture, request)?;
                let restores = restores.map(|id| ended(store, id, &expected.name, request)).transpose()?;
                incoming.push(Incoming {
                    payload: Payload::Archive(Box::new(verified)),
                    name: expected.name.clone(),
                    version: expected.version.clone(),
                    origin: expected.repository.clone(),
                    origin_priority: expected.priority,
                    kind,
                    reason: restores.as_ref().map_or(*reason, |ended| ended.package.reason),
                    held: held(before.as_ref(), restores.as_ref()),
                    before,
                    restores,
                    warnings,
                });
            }
            Requested::Restore { kind, name, transaction } => {
                incoming.push(retained(
                    kind,
                    before(store, name)?,
                    ended(store, *transaction, name, request)?,
                    request,
                )?);
            }
            Requested::Remove { name, .. } => {
                let before = before(store, name)?.ok_or(TransactionError::StateChanged)?;
                check_critical(name, request)?;
                leaving.push(Leaving { before });
            }
            Requested::Mark { name, .. } => {
                packages::find(store.connection(), name)?.ok_or(TransactionError::StateChanged)?;
            }
        }
    }
    Ok((incoming, leaving))
}

/// The operations that put a package out of an archive.
fn puts(request: &Request) -> impl Iterator<Item = &Requested> {
    request.operations.iter().filter(|operation| matches!(operation, Requested::Put { .. }))
}

/// What is installed of each package that arrives, read on several connections: nobody changes it while the lock is held.
fn befores(root: &Root, store: &Store, request: &Request) -> Result<Vec<Option<Before>>, TransactionError> {
    /// Fewer packages than this are not worth a connection.
    const SHARE: usize = 32;
    let names: Vec<&str> = puts(request)
        .filter_map(|operation| match operation {
            Requested::Put { expected, .. } => Some(expected.name.as_str()),
            _ => None,
        })
        .collect();
    let read = |store: &Store, names: &[&str]| -> Result<Vec<Option<Before>>, TransactionError> {
        names.iter().map(|name| before(store, name)).collect()
    };
    let mut shares = names.chunks(names.len().div_ceil(threads()).max(SHARE));
    let own = shares.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let elsewhere = |names| {
            move || {
                let store = Store::read(root)?.ok_or(TransactionError::StateChanged)?;
                read(&store, names)
            }
        };
        let others: Vec<_> = shares.map(|names| scope.spawn(elsewhere(names))).collect();
        let mut befores = read(store, own)?;
        for thread in others {
            befores.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(befores)
    })
}

fn before(store: &Store, name: &str) -> Result<Option<Before>, TransactionError> {
    let Some(package) = packages::find(store.connection(), name)? else { return Ok(None) };
    let paths = paths::of_package(store.connection(), package.id)?;
    Ok(Some(Before { package, paths }))
}

/// The state that a transaction ended, with the reason and the hold of before all that is reversed (marks are transactions
/// too). It is not there any more only where the database changed since the plan.
fn ended(store: &Store, id: i64, name: &str, request: &Request) -> Result<Ended, TransactionError> {
    let mut found = ended::find(store.connection(), id, name)?.ok_or(TransactionError::StateChanged)?;
    if let Some(oldest) = ended::oldest(store.connection(), &request.reverses, name)? {
        found.package.reason = oldest.reason;
        found.package.held = oldest.held;
    }
    Ok(found)
}

fn held(before: Option<&Before>, restores: Option<&Ended>) -> bool {
    match restores {
        Some(ended) => ended.package.held,
        None => before.is_some_and(|before| before.package.held),
    }
}

/// A package out of what is retained. It was verified when it was installed; its content is hashed as it is copied.
fn retained(
    kind: &'static str,
    before: Option<Before>,
    ended: Ended,
    request: &Request,
) -> Result<Incoming, TransactionError> {
    let package = &ended.package;
    let mut limits = request.limits.clone();
    for name in Limits::NAMES {
        let _ = limits.raise(name, u64::MAX); // it was accepted under the limits of its day
    }
    let manifest =
        Manifest::parse(&package.manifest, &limits).map_err(|error| TransactionError::Refused {
            package: format!("{} {}", package.name, package.version),
            reason: format!("its recorded manifest is damaged: {error}"),
        })?;
    let entry = |owned: &paths::OwnedPath| PayloadEntry {
        path: owned.path.clone(),
        kind: reverse::payload(&owned.object),
    };
    let entries = ended.paths.iter().map(entry).collect();
    Ok(Incoming {
        name: package.name.clone(),
        version: package.version.clone(),
        origin: package.origin.clone(),
        origin_priority: package.origin_priority,
        kind,
        reason: package.reason,
        held: package.held,
        before,
        payload: Payload::Retained { manifest: Box::new(manifest), entries },
        restores: Some(ended),
        warnings: Vec::new(),
    })
}

fn open(path: &Path) -> Result<(String, File, u64), TransactionError> {
    let shown = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    match archive::open(path) {
        Ok((file, size)) => Ok((shown, file, size)),
        Err(error) => Err(TransactionError::Package { file: shown, source: Box::new(error) }),
    }
}

/// A package to be verified.
struct Work<'a> {
    /// Its name, as shown, and its size.
    opened: (String, File, u64),
    expected: &'a Expectation,
    /// The files of the version before it.
    present: Option<Present>,
}

fn present(before: &Before) -> Present {
    let files = before.paths.iter().filter_map(|owned| match &owned.object {
        Object::File { digest, .. } => Some((owned.path.clone(), *digest)),
        _ => None,
    });
    files.collect()
}

/// A verified package and what is worth a warning.
type Verified = (VerifiedPackage, Vec<String>);

fn verify_all(
    work: Vec<Work<'_>>,
    request: &Request,
    spool: &Spool,
    control: &Control,
) -> Result<Vec<Verified>, TransactionError> {
    let total: u64 = work.iter().map(|one| one.opened.2).sum();
    let observer = Observer { cancel: control.cancel.clone(), ..Observer::default() };
    let mut order: Vec<usize> = (0..work.len()).collect();
    sorting::sort_by_key(&mut order, |&index| std::cmp::Reverse(work[index].opened.2));
    let results: Vec<Mutex<Option<Result<Verified, TransactionError>>>> =
        work.iter().map(|_| Mutex::new(None)).collect();
    let work: Vec<Mutex<Option<Work<'_>>>> = work.into_iter().map(|item| Mutex::new(Some(item))).collect();
    let next = AtomicUsize::new(0);
    let failed = std::sync::atomic::AtomicBool::new(false);
    let run = || {
        while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some(work) = take(&work[index]) else { continue };
            if failed.load(Ordering::Relaxed) {
                return;
            }
            let result = verify_one(work, &request.limits, request.now, spool, &observer);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            *results[index].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
            (control.progress)(Phase::Verify, observer.done.load(Ordering::Relaxed), total);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads().min(order.len().max(1)) {
            scope.spawn(run);
        }
        run();
    });
    control.check()?;
    let mut results: Vec<_> = results
        .into_iter()
        .map(|slot| slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
        .collect();
    // The first failure in plan order is the one that is reported, whichever thread was quicker.
    if let Some(failure) =
        results.iter_mut().find_map(|result| result.take_if(|result| Result::is_err(result)))
    {
        failure?;
    }
    results.into_iter().flatten().collect()
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
}

/// One package by itself, without any look at the installed ones.
pub(super) fn verify_alone(
    file: &Path,
    expected: &Expectation,
    limits: &Limits,
    now: i64,
    control: &Control,
) -> Result<VerifiedPackage, TransactionError> {
    let work = Work { opened: open(file)?, expected, present: None };
    let observer = Observer { cancel: control.cancel.clone(), ..Observer::default() };
    verify_one(work, limits, now, &Spool::new(0, None), &observer).map(|(verified, _)| verified)
}

fn verify_one(
    work: Work<'_>,
    limits: &Limits,
    now: i64,
    spool: &Spool,
    observer: &Observer,
) -> Result<Verified, TransactionError> {
    let Work { opened: (name, file, _), expected, present } = work;
    let rules = VerifyRules {
        present: present.as_ref(),
        expected: expected.size_installed.map(|size_installed| Expected {
            digest: expected.digest,
            size_compressed: expected.size,
            size_installed,
        }),
        trust: expected.trust.as_deref(),
        require_signature: expected.signature_required,
        now,
        limits: limits.clone(),
    };
    let verified = match archive::verify(file, &rules, spool, observer) {
        Ok(verified) => verified,
        Err(error) => return Err(TransactionError::Package { file: name, source: Box::new(error) }),
    };
    match check_identity(&verified, expected) {
        Ok(mut warnings) => {
            warnings.extend(unsigned(&verified, expected));
            Ok((verified, warnings))
        }
        Err(reason) => Err(TransactionError::Mismatch { file: name, reason }),
    }
}

/// What a repository with policy `optional` lets pass is said every time. (In unsigned mode the repository itself is named.)
fn unsigned(verified: &VerifiedPackage, expected: &Expectation) -> Option<String> {
    let (repository, None) = (expected.repository.as_ref()?, verified.signed_by) else { return None };
    expected.trust.as_ref()?;
    Some(format!(
        "{} {} is unsigned — its repository \"{repository}\" allows that (signature_policy = \"optional\")",
        expected.name, expected.version
    ))
}

/// Package equals index entry equals plan.
fn check_identity(verified: &VerifiedPackage, expected: &Expectation) -> Result<Vec<String>, String> {
    let manifest = &verified.manifest;
    if verified.digest != expected.digest {
        return Err("it is not the file that was planned: its bytes changed since".to_owned());
    }
    let fields = [
        ("name", manifest.name.as_str(), &expected.name),
        ("version", manifest.version.as_str(), &expected.version),
        ("architecture", manifest.architecture.as_str(), &expected.architecture),
    ];
    for (field, is, planned) in fields {
        if is != planned {
            return Err(format!("its {field} is {}, the plan says {}", escape(is), escape(planned)));
        }
    }
    match &expected.entry {
        Some(check) => check(manifest),
        None => Ok(Vec::new()),
    }
}

fn check_installable(
    verified: &VerifiedPackage,
    expected: &Expectation,
    primary: &str,
    request: &Request,
) -> Result<(), TransactionError> {
    let manifest = &verified.manifest;
    let refused = |reason: String| TransactionError::Refused {
        package: format!("{} {}", expected.name, expected.version),
        reason,
    };
    if !manifest.architecture.is_noarch() && manifest.architecture.as_str() != primary {
        return Err(refused(format!(
            "it is built for {}, this system is {primary}",
            manifest.architecture.as_str()
        )));
    }
    overrides::check(verified, expected.repository.as_deref(), expected.official, &request.overrides)
        .map_err(|reason| TransactionError::Overrides {
            package: format!("{} {}", expected.name, expected.version),
            reason,
        })?;
    let drop_ins = DropIns::with(&request.drop_in_directories);
    let origin = Origin::new(expected.repository.as_deref(), expected.official);
    for entry in &verified.entries {
        let kind = match entry.kind {
            PayloadKind::Directory => EntryKind::Directory,
            PayloadKind::File { .. } => EntryKind::File,
            PayloadKind::Symlink { .. } => EntryKind::Symlink,
        };
        drop_ins
            .check(&manifest.name, origin, kind, &entry.path)
            .map_err(|error| refused(error.to_string()))?;
    }
    Ok(())
}

fn check_critical(name: &str, request: &Request) -> Result<(), TransactionError> {
    let critical = name == "peipkg" || request.critical.iter().any(|critical| critical == name);
    if critical && !request.allow_critical {
        return Err(TransactionError::Critical { name: name.to_owned() });
    }
    Ok(())
}

/// How many threads verify and stage.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).min(8)
}
