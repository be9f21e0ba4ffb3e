//! The phases of one transaction, in order (PSD-009 §7.4.5).

use std::collections::BTreeSet;

use super::commit::{self, Commit};
use super::layout::{self, Layout};
use super::lock::Lock;
use super::request::{Control, DurabilityChoice, Phase, Request, Requested};
use super::{
    Incoming, Leaving, TransactionError, apply, audit, overrides, recover, rollback, settle, space, stage,
    verify,
};
use crate::archive::Spool;
use crate::audit::{Recorder, record};
use crate::error::Coded;
use crate::fsx::sync::{Barrier, Durability};
use crate::fsx::{Root, split, state};
use crate::identity::Architecture;
use crate::package::side_effects::{self, SideEffect};
use crate::store::history::{self, Operation, State};
use crate::store::journal::{self, Action, Applied};
use crate::store::{Store, StoreError, packages};

/// A committed transaction that still holds the lock: side effects run, then `finish`.
#[derive(Debug)]
pub struct Committed {
    /// Its number.
    pub id: i64,
    /// How many operations it had.
    pub operations: usize,
    /// What people must know: complete sentences.
    pub warnings: Vec<String>,
    /// What people may want to know.
    pub notes: Vec<String>,
    root: Root,
    store: Store,
    retention: super::Retention,
    durable: bool,
    now: i64,
    _lock: Lock,
}

impl Committed {
    /// Side effects that are owed, earlier ones included.
    pub fn owed(&self) -> Result<Vec<(String, Vec<String>)>, StoreError> {
        settle::owed_effects(&self.store)
    }

    /// Clears one that has run.
    pub fn clear_owed(&mut self, effect: &str, version: &str) -> Result<(), StoreError> {
        self.store.change(|change| history::clear_owed(change, effect, version))
    }

    /// Ends the transaction: empty directories, retention, audit events, the clean mark; releases the lock. Returns what
    /// people must know.
    pub fn finish(mut self) -> Result<Vec<String>, TransactionError> {
        settle::finish(&self.root, &mut self.store, self.id, Some(self.retention), self.durable, self.now)
    }
}

/// Runs a transaction below `root` up to its settled commit, or leaves everything as it was.
pub fn run(root: Root, request: &Request, control: &Control) -> Result<Committed, TransactionError> {
    let lock = Lock::acquire(&root, &request.command, request.wait, request.now, control)?;
    let mut store = Store::write(&root, Architecture::of_this_machine().as_str())?;
    recover::bring_to_rest(&root, &mut store, &lock, request.now)?;
    if store.generation()? != request.generation {
        return Err(TransactionError::StateChanged);
    }
    let mut begun = None;
    let (id, (warnings, notes)) = attempt(&root, &mut store, &lock, request, control, &mut begun)
        .inspect_err(|error| tell_of_failure(&root, &mut store, request, begun, error))?;
    let operations = request.operations.len();
    Ok(Committed {
        id,
        operations,
        warnings,
        notes,
        root,
        store,
        retention: request.retention,
        durable: request.durability != DurabilityChoice::Fixed(Durability::None),
        now: request.now,
        _lock: lock,
    })
}

/// What people must know, what they may want to know.
type Remarks = (Vec<String>, Vec<String>);

/// From the verification of the packages to the settled commit.
fn attempt(
    root: &Root,
    store: &mut Store,
    lock: &Lock,
    request: &Request,
    control: &Control,
    begun: &mut Option<i64>,
) -> Result<(i64, Remarks), TransactionError> {
    let spool = Spool::new(request.memory, spill_directory(root));
    let (incoming, leaving) =
        verify::verify(request, store, &spool, control).inspect_err(|error| drop_damaged(root, error))?;
    let id = next_id(root, store)?;
    let layout = layout::plan(root, store.connection(), id, request, &incoming, &leaving)?;
    space::check(root, &layout, &incoming)?;
    control.check()?;
    let mut pending = Pending { root, store, lock, request, control, id, spool: &spool, begun };
    Ok((id, pending.change(layout, &incoming, &leaving)?))
}

/// Stores the audit event of a transaction that was refused, or that could not be rolled back; a rollback stores its own.
fn tell_of_failure(
    root: &Root,
    store: &mut Store,
    request: &Request,
    begun: Option<i64>,
    error: &TransactionError,
) {
    let is_told = match error {
        TransactionError::RollbackFailed { .. } => false,
        // Another process holds what this one believed to hold.
        TransactionError::Store(StoreError::NotApplying)
        | TransactionError::StateChanged
        | TransactionError::Cancelled
        // What a person is asked next tells of itself.
        | TransactionError::Overrides { .. } => true,
        _ => begun.is_some(),
    };
    if !is_told {
        let event = audit::failed(request, store, begun, error);
        // Best effort: what fails here has a reason that the operator hears of already.
        let _ = store.change(|change| record(change, root, request.now, &event));
    }
}

/// A cached package that is not what its name says is dropped, so that the next try fetches it again.
fn drop_damaged(root: &Root, error: &TransactionError) {
    if let TransactionError::Package { file, source } = error
        && source.code() == "PEI_PACKAGE_DIGEST"
    {
        let _ = root.remove(&format!("{}/packages/{file}", state::CACHE));
    }
}

/// The number of this transaction: above that of every backup on disk, should the database have been lost or put back.
fn next_id(root: &Root, store: &Store) -> Result<i64, TransactionError> {
    let left = root.list(state::BACKUPS).unwrap_or_default();
    let highest = left.iter().filter_map(|name| name.parse::<i64>().ok()).filter(|id| *id < 1 << 40).max();
    Ok(history::next_id(store.connection())?.max(highest.unwrap_or(0) + 1))
}

/// Where a big package may be spilled to: unlinked, on the filesystem of the state directory.
fn spill_directory(root: &Root) -> Option<std::os::fd::OwnedFd> {
    use std::os::fd::AsFd;
    root.open_directory(state::STATE).ok()?.as_fd().try_clone_to_owned().ok()
}

struct Pending<'a> {
    root: &'a Root,
    store: &'a mut Store,
    lock: &'a Lock,
    request: &'a Request,
    control: &'a Control,
    id: i64,
    spool: &'a Spool,
    /// The transaction's number, once it is journalled.
    begun: &'a mut Option<i64>,
}

impl Pending<'_> {
    /// Steps 1 to 7. What fails before the commit is rolled back; what fails after it is left to the next start.
    fn change(
        &mut self,
        mut layout: Layout,
        incoming: &[Incoming],
        leaving: &[Leaving],
    ) -> Result<(Vec<String>, Vec<String>), TransactionError> {
        if incoming.is_empty() && leaving.is_empty() {
            return self.record(&layout).map(|()| (Vec::new(), Vec::new()));
        }
        let (durability, word) = self.durability(&layout);
        let outer = outer_directories(self.root, &layout);
        let barrier = Barrier::new(durability, self.root, &outer, self.spool.directory())?;
        let operations = self.operations(incoming, leaving);
        self.store.change(|change| -> Result<(), StoreError> {
            history::begin(change, self.id, &self.request.command, word, self.request.now, &operations)?;
            history::reverse(change, self.id, &self.request.reverses)?;
            journal::write(change, self.id, &layout.steps)
        })?;
        *self.begun = Some(self.id);
        let committed = match self.stage_and_apply(&layout, incoming, &barrier) {
            Ok(gap) => self.commit(&layout, incoming, leaving).map(|()| gap),
            Err(error) => Err(self.put_back(error)),
        };
        if committed? {
            layout.warnings.push("this filesystem can neither exchange names nor link files: for a moment each replaced path was absent".to_owned());
        }
        if durability == Durability::None {
            layout.notes.push(
                "nothing was synchronised to disk: after a power loss this root may need to be made anew"
                    .to_owned(),
            );
        }
        // It is committed: what cannot be tidied now is tidied by the next start.
        if let Err(error) =
            settle::move_backups(self.root, self.store, self.id, durability != Durability::None)
        {
            layout
                .warnings
                .push(format!("the change is made, but its backups could not be moved away yet: {error}"));
        }
        let mut notes = layout.notes;
        notes.extend(incoming.iter().filter_map(|one| overrides::note(one.manifest())));
        notes.extend(displaced_notes(&layout.steps, self.request, self.id, incoming));
        Ok((layout.warnings, notes))
    }

    /// Marks alone touch no file: the whole transaction is one database commit, and nothing can be left pending.
    fn record(&mut self, layout: &Layout) -> Result<(), TransactionError> {
        let operations = self.operations(&[], &[]);
        let (_, word) = self.durability(layout);
        let recorder = Recorder::new(self.root, self.request.now);
        let commit = Commit {
            transaction: self.id,
            layout,
            recorder: &recorder,
            incoming: &[],
            leaving: &[],
            effects: &BTreeSet::new(),
            requested: &self.request.operations,
            now: self.request.now,
        };
        self.lock.check(self.root)?;
        Ok(self.store.change(|change| -> Result<(), StoreError> {
            history::begin(change, self.id, &self.request.command, word, self.request.now, &operations)?;
            history::reverse(change, self.id, &self.request.reverses)?;
            history::set_state(change, self.id, State::Applying, None)?;
            commit::write(change, &commit)
        })?)
    }

    fn stage_and_apply(
        &mut self,
        layout: &Layout,
        incoming: &[Incoming],
        barrier: &Barrier,
    ) -> Result<bool, TransactionError> {
        let staged = barrier.overlap(|| stage::stage(self.root, layout, incoming, self.control))?;
        let written = layout.writes.iter().map(|write| write.staged.as_str());
        let mut files = written.chain(layout.copies.iter().map(|copy| copy.staged.as_str()));
        barrier.sync(self.root, &mut files, &staged_directories(layout))?;
        self.control.check()?;
        let applied = apply::identify(self.root, &layout.steps, &staged)?;
        self.check_adopted(layout)?;
        self.mark_applying(&applied)?;
        // From here on a signal no longer stops the transaction: it finishes first.
        let durable = barrier.is_durable();
        let gap = apply::apply(self.root, &layout.steps, &applied, durable, self.control)?;
        barrier.sync(self.root, &mut std::iter::empty(), &renamed_directories(layout))?;
        self.check_adopted(layout)?;
        Ok(gap)
    }

    fn mark_applying(&mut self, applied: &[Applied]) -> Result<(), TransactionError> {
        self.lock.check(self.root)?;
        let witness = self.lock.inode();
        Ok(self.store.change(|change| journal::write_applied(change, self.id, applied, witness))?)
    }

    /// An adopted file is only looked at: it must still be the one that was compared.
    fn check_adopted(&self, layout: &Layout) -> Result<(), TransactionError> {
        for adopted in &layout.adopted {
            if self.root.metadata(&adopted.path)?.as_ref() != Some(&adopted.found) {
                return Err(TransactionError::Raced { path: adopted.path.clone() });
            }
        }
        Ok(())
    }

    fn commit(
        &mut self,
        layout: &Layout,
        incoming: &[Incoming],
        leaving: &[Leaving],
    ) -> Result<(), TransactionError> {
        let effects = effects(layout, incoming);
        let recorder = Recorder::new(self.root, self.request.now);
        let commit = Commit {
            transaction: self.id,
            layout,
            incoming,
            leaving,
            effects: &effects,
            requested: &self.request.operations,
            recorder: &recorder,
            now: self.request.now,
        };
        let error = loop {
            match self.store.change(|change| commit::write(change, &commit)) {
                Ok(()) => return Ok(()),
                // Everything is in place: another writer of the database (a refresh) is waited for without limit.
                Err(StoreError::Busy { .. }) => (self.control.progress)(Phase::Wait, 0, 0),
                // Another process took the lock (its file was removed) and undid this transaction: nothing is ours.
                Err(StoreError::NotApplying) => return Err(StoreError::NotApplying.into()),
                Err(error) => break error,
            }
        };
        // A failed COMMIT may yet be found committed by the next opener: before anything is renamed back, a new write
        // transaction must overwrite the doubtful frames.
        let marked =
            self.store.change(|change| history::set_state(change, self.id, State::RollingBack, None));
        match marked {
            Ok(()) => Err(self.put_back(error.into())),
            Err(_) => Err(TransactionError::Doubtful { reason: error.to_string() }),
        }
    }

    fn put_back(&mut self, cause: TransactionError) -> TransactionError {
        let state = match history::unclean(self.store.connection()) {
            Ok(Some((_, state, _))) => state,
            Ok(None) => return cause,
            Err(error) => {
                return TransactionError::RollbackFailed {
                    cause: Box::new(cause),
                    rollback: Box::new(error.into()),
                };
            }
        };
        let event = audit::failed(self.request, self.store, Some(self.id), &cause);
        match rollback::roll_back(self.root, self.store, self.id, state, true, self.request.now, &event) {
            Ok(()) => cause,
            Err(rollback) => {
                TransactionError::RollbackFailed { cause: Box::new(cause), rollback: Box::new(rollback) }
            }
        }
    }

    fn durability(&self, layout: &Layout) -> (Durability, &'static str) {
        let how = match self.request.durability {
            DurabilityChoice::Fixed(how) => how,
            DurabilityChoice::Auto => Durability::automatic(self.root, layout.writes.len()),
        };
        let word = match how {
            Durability::Syncfs => "syncfs",
            Durability::Fsync => "fsync",
            Durability::None => "none",
        };
        (how, word)
    }

    fn operations(&self, incoming: &[Incoming], leaving: &[Leaving]) -> Vec<Operation> {
        let (mut incoming, mut leaving) = (incoming.iter(), leaving.iter());
        let operation = |requested: &Requested| match requested {
            Requested::Put { kind, .. } | Requested::Restore { kind, .. } => {
                incoming.next().map(|arriving| Operation {
                    kind: (*kind).to_owned(),
                    name: arriving.name.clone(),
                    from: arriving.before.as_ref().map(|before| before.package.version.clone()),
                    to: Some(arriving.version.clone()),
                    origin: arriving.origin.clone(),
                    replaced_by: None,
                })
            }
            Requested::Remove { name, replaced_by } => leaving.next().map(|one| Operation {
                kind: "remove".to_owned(),
                name: name.clone(),
                from: Some(one.before.package.version.clone()),
                to: None,
                origin: None,
                replaced_by: replaced_by.clone(),
            }),
            Requested::Mark { name, mark } => {
                let package = packages::find(self.store.connection(), name).ok().flatten()?;
                Some(Operation {
                    kind: mark.as_str().to_owned(),
                    name: name.clone(),
                    from: Some(package.version.clone()),
                    to: Some(package.version),
                    origin: package.origin,
                    replaced_by: None,
                })
            }
        };
        self.request.operations.iter().filter_map(operation).collect()
    }
}

/// Directories that exist and in which names change: the parents of whole steps.
fn outer_directories(root: &Root, layout: &Layout) -> BTreeSet<String> {
    let parents = renamed_directories(layout);
    parents.into_iter().filter(|path| root.open_directory(path).is_ok()).collect()
}

fn renamed_directories(layout: &Layout) -> BTreeSet<String> {
    let steps = layout.steps.iter().filter(|step| !matches!(step.action, Action::Inside | Action::Tidy));
    steps.map(|step| split(&step.path).0.to_owned()).collect()
}

fn staged_directories(layout: &Layout) -> BTreeSet<String> {
    let made = layout.directories.iter().flat_map(|(path, _)| [path.clone(), split(path).0.to_owned()]);
    let written = layout.writes.iter().map(|write| &write.staged);
    let staged = written.chain(layout.copies.iter().map(|copy| &copy.staged));
    made.chain(staged.map(|path| split(path).0.to_owned())).collect()
}

/// Side effects that this transaction owes: declared ones, and those whose files go (PSD-009 §4.3). The kernel version
/// is empty where there is none.
fn effects(layout: &Layout, incoming: &[Incoming]) -> BTreeSet<(String, String)> {
    let mut effects = BTreeSet::new();
    let mut owe =
        |effect: SideEffect, version: &str| effects.insert((effect.as_str().to_owned(), version.to_owned()));
    for path in &layout.gone {
        if let Some(effect) = side_effects::covered_by(path) {
            owe(effect, side_effects::kernel_version(path).unwrap_or_default());
        }
    }
    let declared: BTreeSet<SideEffect> =
        incoming.iter().flat_map(|one| one.manifest().side_effects.iter().copied()).collect();
    for effect in &declared {
        if *effect != SideEffect::Depmod {
            owe(*effect, "");
        }
    }
    if declared.contains(&SideEffect::Depmod) {
        for version in layout.written.iter().filter_map(|path| side_effects::kernel_version(path)) {
            owe(SideEffect::Depmod, version);
        }
    }
    effects
}

/// Where displaced unowned files are kept.
fn displaced_notes(
    steps: &[journal::Step],
    request: &Request,
    id: i64,
    incoming: &[Incoming],
) -> Vec<String> {
    if !request.overwrite_unowned {
        return Vec::new();
    }
    let owned: std::collections::HashSet<&str> = incoming
        .iter()
        .filter_map(|one| one.before.as_ref())
        .flat_map(|before| before.paths.iter().map(|owned| &*owned.path))
        .collect();
    let displaced = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.action == Action::Replace && !owned.contains(step.path.as_str()));
    displaced
        .map(|(seq, step)| {
            format!(
                "/{} belonged to no package and was replaced; the old one is kept as /{}/{id}/{seq}",
                crate::text::escape(&step.path),
                state::BACKUPS
            )
        })
        .collect()
}
