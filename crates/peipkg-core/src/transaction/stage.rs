//! Writing staged files: siblings of their destinations, hashed as they are written (PSD-009 §7.4.5 step 2).

use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::copy::copy_all;
use super::layout::{Layout, Write};
use super::request::{Control, Phase};
use super::verify::threads;
use super::{Incoming, TransactionError};
use crate::archive::{FileSink, Observer, PIECE, PayloadKind, UnpackError};
use crate::fsx::descriptors::of_this_kernel;
use crate::fsx::{Directory, FsError, Root, fault, split, trace};
use crate::sorting;
use crate::store::journal::Identity;

/// What every journal step staged: `None` where it stages nothing.
pub(super) type Staged = Vec<Option<Identity>>;

/// Makes the staged directories, links and files. Anything that fails leaves the journal to clean up.
pub(super) fn stage(
    root: &Root,
    layout: &Layout,
    incoming: &[Incoming],
    control: &Control,
) -> Result<Staged, TransactionError> {
    let mut staged: Staged = vec![None; layout.steps.len()];
    make_directories(root, layout, incoming, &mut staged)?;
    copy_all(root, layout, &mut staged, control)?;
    let staged = Mutex::new(staged);
    let mut writes: Vec<Vec<&Write>> = vec![Vec::new(); incoming.len()];
    for write in &layout.writes {
        writes[write.package].push(write);
    }
    let work =
        Work { root, incoming, writes: &writes, staged: &staged, control, bytes: total(&writes, incoming) };
    work.run()?;
    control.check()?;
    Ok(staged.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The mode of a new file on a plain Linux root: the 0777 in the archive is transport, not permission.
pub(super) fn mode(path: &str, start: &[u8]) -> u32 {
    let runs = path.starts_with("usr/bin/") || start.starts_with(b"\x7fELF") || start.starts_with(b"#!");
    if runs { 0o755 } else { 0o644 }
}

fn make_directories(
    root: &Root,
    layout: &Layout,
    incoming: &[Incoming],
    staged: &mut Staged,
) -> Result<(), TransactionError> {
    let mut parent: Option<Directory> = None;
    for (path, step) in &layout.directories {
        let (above, name) = split(path);
        if parent.as_ref().is_none_or(|open| open.path() != above) {
            parent = Some(root.open_directory(above)?);
        }
        let Some(open) = &parent else { continue };
        open.make_directory(name, 0o755)?;
        if of_this_kernel().can_apply() {
            let made = open.open_directory(name)?;
            describe(&made, &layout.steps[*step].path, incoming)?;
        }
        if let Some(found) = open.metadata(name)? {
            staged[*step] = Some(Identity { inode: found.inode, size: 0, mtime: 0 });
        }
    }
    Ok(())
}

/// Gives a new directory the descriptor that a package has for it.
fn describe(made: &Directory, path: &str, incoming: &[Incoming]) -> Result<(), TransactionError> {
    let overrides = incoming.iter().flat_map(|arriving| &arriving.manifest().sd_overrides);
    let failed = |error| FsError::new("set the security descriptor of", path, error);
    for one in overrides.filter(|one| *one.path == *path) {
        let file = File::from(made.as_fd().try_clone_to_owned().map_err(failed)?);
        of_this_kernel().apply(&file, one.sd.as_bytes()).map_err(failed)?;
    }
    Ok(())
}

fn total(writes: &[Vec<&Write>], incoming: &[Incoming]) -> u64 {
    let size = |write: &&Write| match &incoming[write.package].entries()[write.entry].kind {
        PayloadKind::File { size, .. } => *size,
        _ => 0,
    };
    writes.iter().flatten().map(size).sum()
}

/// Whole packages, shared out to a few threads, the largest first.
struct Work<'a> {
    root: &'a Root,
    incoming: &'a [Incoming],
    writes: &'a [Vec<&'a Write>],
    staged: &'a Mutex<Staged>,
    control: &'a Control,
    bytes: u64,
}

impl Work<'_> {
    fn run(&self) -> Result<(), TransactionError> {
        let mut order: Vec<usize> =
            (0..self.incoming.len()).filter(|&one| !self.writes[one].is_empty()).collect();
        sorting::sort_by_key(&mut order, |&one| {
            std::cmp::Reverse(self.incoming[one].manifest().size_installed)
        });
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        // Bytes written are counted here, and the cancel flag is looked at for every chunk.
        let observer = Observer { cancel: Arc::clone(&self.control.cancel), ..Observer::default() };
        let run = || -> Result<(), TransactionError> {
            while let Some(&package) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                if failed.load(Ordering::Relaxed) {
                    return Ok(());
                }
                if let Err(error) = self.stage_package(package, &observer) {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads().min(order.len().max(1))).map(|_| scope.spawn(run)).collect();
            let mut result = run();
            for thread in others {
                let joined = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                result = result.and(joined);
            }
            result
        })
    }

    fn stage_package(&self, package: usize, observer: &Observer) -> Result<(), TransactionError> {
        let arriving = &self.incoming[package];
        let Some(verified) = arriving.archive() else { return Ok(()) };
        let mut by_entry: Vec<Option<&Write>> = vec![None; verified.entries.len()];
        for write in &self.writes[package] {
            by_entry[write.entry] = Some(write);
        }
        let time = verified.manifest.build.timestamp.seconds();
        let mut sink = Sink {
            work: self,
            by_entry: &by_entry,
            time,
            directory: None,
            open: None,
            done: Vec::new(),
            observer,
        };
        for write in &self.writes[package] {
            if let PayloadKind::Symlink { target } = &verified.entries[write.entry].kind {
                sink.link(write, target)?;
            }
        }
        let unpacked = verified.unpack(
            &|entry| by_entry[entry].is_some(),
            &mut sink,
            &Observer { cancel: Arc::clone(&observer.cancel), ..Observer::default() },
        );
        verified.release();
        let done = std::mem::take(&mut sink.done);
        match unpacked {
            Ok(()) => {}
            Err(UnpackError::Sink(error)) => return Err(error),
            Err(UnpackError::Archive(crate::archive::ArchiveError::Cancelled)) => {
                return Err(TransactionError::Cancelled);
            }
            Err(UnpackError::Archive(error)) => {
                return Err(TransactionError::Package { file: arriving.title(), source: Box::new(error) });
            }
        }
        let mut staged = self.staged.lock().unwrap_or_else(PoisonError::into_inner);
        for (step, identity) in done {
            staged[step] = Some(identity);
        }
        Ok(())
    }
}

/// One file that is being written.
struct Open<'a> {
    write: &'a Write,
    path: &'a str,
    /// Made with the first bytes, which decide its mode.
    file: Option<File>,
}

struct Sink<'a> {
    work: &'a Work<'a>,
    by_entry: &'a [Option<&'a Write>],
    time: i64,
    directory: Option<Directory>,
    open: Option<Open<'a>>,
    done: Vec<(usize, Identity)>,
    observer: &'a Observer,
}

impl<'a> Sink<'a> {
    /// The directory of a staged path; runs of files share theirs.
    fn directory(&mut self, staged: &str) -> Result<&Directory, TransactionError> {
        let above = split(staged).0;
        if self.directory.as_ref().is_none_or(|open| open.path() != above) {
            self.directory = Some(self.work.root.open_directory(above)?);
        }
        match &self.directory {
            Some(directory) => Ok(directory),
            None => Err(TransactionError::Invalid(format!("/{above} could not be opened"))),
        }
    }

    fn link(&mut self, write: &Write, target: &str) -> Result<(), TransactionError> {
        let (time, name) = (self.time, split(&write.staged).1);
        let directory = self.directory(&write.staged)?;
        directory.make_symlink(target, name, time)?;
        if let Some(found) = directory.metadata(name)? {
            let identity = Identity { inode: found.inode, size: found.size, mtime: found.mtime };
            self.done.push((write.step, identity));
        }
        Ok(())
    }

    fn count(&self, bytes: u64) {
        let done = self.observer.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.work.control.progress)(Phase::Stage, done, self.work.bytes);
    }

    fn create(&mut self, write: &'a Write, path: &str, start: &[u8]) -> Result<File, TransactionError> {
        let name = split(&write.staged).1;
        let file = self.directory(&write.staged)?.create_file(name, mode(path, start))?;
        let overrides = &self.work.incoming[write.package].manifest().sd_overrides;
        let kernel = of_this_kernel();
        if kernel.can_apply()
            && let Some(one) = overrides.iter().find(|one| *one.path == *path)
        {
            let failed = |error| FsError::new("set the security descriptor of", path, error);
            kernel.apply(&file, one.sd.as_bytes()).map_err(failed)?;
        }
        Ok(file)
    }
}

impl FileSink for Sink<'_> {
    type Error = TransactionError;

    fn adopt(&mut self, entry: usize, file: &File) -> Result<bool, TransactionError> {
        let Some(write) = self.by_entry[entry] else { return Ok(true) };
        let path = &*self.work.incoming[write.package].entries()[entry].path;
        let mut start = [0; 4];
        file.read_exact_at(&mut start, 0).map_err(|error| FsError::new("read", path, error))?;
        let (time, name) = (self.time, split(&write.staged).1);
        if !self.directory(&write.staged)?.name_file(file, name, mode(path, &start), time)? {
            return Ok(false);
        }
        let found = Directory::metadata_of(file, path)?;
        self.done.push((write.step, Identity { inode: found.inode, size: found.size, mtime: found.mtime }));
        self.count(found.size);
        Ok(true)
    }

    fn begin(&mut self, entry: usize, _size: u64) -> Result<(), TransactionError> {
        let path =
            &*self.work.incoming[self.by_entry[entry].map_or(0, |write| write.package)].entries()[entry].path;
        self.open = self.by_entry[entry].map(|write| Open { write, path, file: None });
        Ok(())
    }

    fn write(&mut self, chunk: &[u8]) -> Result<(), TransactionError> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let file = match open.file.take() {
            Some(file) => file,
            None => self.create(open.write, open.path, chunk)?,
        };
        let error = |error| FsError::new("write", open.path, error);
        fault::step("write").map_err(error)?;
        chunk.chunks(PIECE).try_for_each(|piece| (&file).write_all(piece)).map_err(error)?;
        trace::content(&file, "", &open.write.staged);
        open.file = Some(file);
        self.open = Some(open);
        self.count(chunk.len() as u64);
        Ok(())
    }

    fn end(&mut self) -> Result<(), TransactionError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let file = match open.file {
            Some(file) => file,
            None => self.create(open.write, open.path, &[])?,
        };
        let time = self.time;
        let name = split(&open.write.staged).1;
        self.directory(&open.write.staged)?.set_mtime(&file, name, time)?;
        let found = Directory::metadata_of(&file, open.path)?;
        let identity = Identity { inode: found.inode, size: found.size, mtime: found.mtime };
        self.done.push((open.write.step, identity));
        Ok(())
    }
}
