//! One transaction that changes files: from its journal to its settled commit (PSD-009 §7.4.5 steps 1 to 7).

use std::collections::BTreeSet;

use super::commit::{self, Commit};
use super::layout::Layout;
use super::lock::Lock;
use super::request::{Control, DurabilityChoice, Phase, Request, Requested};
use super::{Incoming, Leaving, TransactionError, apply, audit, overrides, rollback, settle, stage};
use crate::archive::Spool;
use crate::audit::Recorder;
use crate::fsx::sync::{Barrier, Durability};
use crate::fsx::{Root, split, state};
use crate::package::side_effects::{self, SideEffect};
use crate::store::history::{self, Operation, State};
use crate::store::journal::{self, Action, Applied};
use crate::store::{Store, StoreError, packages};

/// What people must know, what they may want to know.
pub(super) type Remarks = (Vec<String>, Vec<String>);

/// A transaction whose packages are verified and whose steps are laid out.
pub(super) struct Pending<'a> {
    pub root: &'a Root,
    pub store: &'a mut Store,
    pub lock: &'a Lock,
    pub request: &'a Request,
    pub control: &'a Control,
    pub id: i64,
    pub spool: &'a Spool,
    /// The transaction's number, once it is journalled.
    pub begun: &'a mut Option<i64>,
}

impl Pending<'_> {
    /// Steps 1 to 7. What fails before the commit is rolled back; what fails after it is left to the next start.
    pub(super) fn change(
        &mut self,
        mut layout: Layout,
        incoming: &[Incoming],
        leaving: &[Leaving],
    ) -> Result<Remarks, TransactionError> {
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
        let committed = match self.stage(&layout, incoming, &barrier) {
            Ok(applied) => self.apply_and_commit(&layout, &applied, incoming, leaving, &barrier),
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

    /// Steps 2 to 4. Originals are looked at while the staged content is on its way to the disk.
    fn stage(
        &mut self,
        layout: &Layout,
        incoming: &[Incoming],
        barrier: &Barrier,
    ) -> Result<Vec<Applied>, TransactionError> {
        let root = self.root;
        let applied = barrier.overlap(|| {
            let staged = stage::stage(root, layout, incoming, self.control)?;
            apply::identify(root, &layout.steps, &staged)
        })?;
        let written = layout.writes.iter().map(|write| write.staged.as_str());
        let mut files = written.chain(layout.copies.iter().map(|copy| copy.staged.as_str()));
        let directories = staged_directories(layout);
        barrier.sync(root, &mut files, &directories)?;
        self.control.check()?;
        check_adopted(root, layout)?;
        self.mark_applying(&applied)?;
        Ok(applied)
    }

    fn mark_applying(&mut self, applied: &[Applied]) -> Result<(), TransactionError> {
        self.lock.check(self.root)?;
        let witness = self.lock.inode();
        Ok(self.store.change(|change| journal::write_applied(change, self.id, applied, witness))?)
    }

    /// Steps 5 and 6: the rows of the commit are written while the names change, and committed when these are durable. A
    /// crash in between leaves rows without a commit, which no reader sees. Returns whether a step was done with a gap.
    fn apply_and_commit(
        &mut self,
        layout: &Layout,
        applied: &[Applied],
        incoming: &[Incoming],
        leaving: &[Leaving],
        barrier: &Barrier,
    ) -> Result<bool, TransactionError> {
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
        let (root, control) = (self.root, self.control);
        // From here on a signal no longer stops the transaction: it finishes first.
        let rename = || -> Result<bool, TransactionError> {
            let gap = apply::apply(root, &layout.steps, applied, barrier.is_durable(), control)?;
            barrier.sync(root, &mut std::iter::empty(), &renamed_directories(layout))?;
            check_adopted(root, layout)?;
            Ok(gap)
        };
        let error = loop {
            let mut begun = false;
            let committed = self.store.change(|change| {
                begun = true;
                let (written, renamed) = beside(&rename, || commit::write(change, &commit));
                let gap = renamed?;
                written?;
                Ok(gap)
            });
            match committed {
                Ok(gap) => return Ok(gap),
                // Another writer of the database (a refresh) is waited for without limit: no name has changed yet.
                Err(TransactionError::Store(StoreError::Busy { .. })) if !begun => {
                    control.check().map_err(|error| self.put_back(error))?;
                    (control.progress)(Phase::Wait, 0, 0);
                }
                // Another process took the lock (its file was removed) and undid this transaction: nothing is ours.
                Err(TransactionError::Store(StoreError::NotApplying)) => {
                    return Err(StoreError::NotApplying.into());
                }
                Err(TransactionError::Store(error)) => break error,
                Err(error) => return Err(self.put_back(error)),
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

/// Runs `other` on a thread of its own beside `here`; one after the other where there is no thread to be had.
fn beside<A, B: Send>(other: &(impl Fn() -> B + Sync), here: impl FnOnce() -> A) -> (A, B) {
    std::thread::scope(|scope| {
        if let Ok(thread) = std::thread::Builder::new().spawn_scoped(scope, other) {
            let here = here();
            (here, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        } else {
            let other = other();
            (here(), other)
        }
    })
}

/// An adopted file is only looked at: it must still be the one that was compared.
fn check_adopted(root: &Root, layout: &Layout) -> Result<(), TransactionError> {
    for adopted in &layout.adopted {
        if root.metadata(&adopted.path)?.as_ref() != Some(&adopted.found) {
            return Err(TransactionError::Raced { path: adopted.path.clone() });
        }
    }
    Ok(())
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
    let declared = || incoming.iter().flat_map(|one| &one.manifest().side_effects);
    for effect in declared().filter(|effect| **effect != SideEffect::Depmod) {
        owe(*effect, "");
    }
    if declared().any(|effect| *effect == SideEffect::Depmod) {
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
