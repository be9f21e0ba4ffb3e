//! The append-only file `var/log/peipkg/audit.jsonl`: one JSON object a line, each with the SHA-256 of the line before.
//!
//! - A last line without newline (a power loss, a full disk) is closed and hashed as it is.
//! - The database remembers the hash of a line that it vouches for. If that line is not there any more, the next one names it
//!   all the same: a file that was cut never looks whole again.
//! - An event whose id stands in the file already (the run before was killed between the two) is not written again.
//! - A file that has grown too big is renamed to `audit-0001.jsonl`; the first line of the next one names the hash of its last.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use crate::digest::Digest;
use crate::fsx::{Directory, FsError, Kind, Root, fault, state, trace};
use crate::sorting;
use crate::store::outbox::Waiting;

/// The name of the file that is written to.
pub(super) const NAME: &str = "audit.jsonl";
/// A file of this size is not written to any more, in bytes.
pub(super) const ROTATE_AT: u64 = 16 << 20;
/// The largest file that is read, in bytes: nobody else writes here, and the last batch may be a big one.
pub(super) const LARGEST: u64 = 256 << 20;
/// How much of its end is read before a file is appended to, in bytes.
const WINDOW: u64 = 1 << 20;
/// How long to wait for another process that is appending.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the first line of all names.
pub(super) const NOTHING: Digest = Digest([0; 32]);

/// How a batch is appended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub rotate_at: u64,
    pub durable: bool,
}

/// Appends the events that are not there yet and returns the hash of the last line. `head`: of the line that the database
/// vouches for.
pub(super) fn append(
    root: &Root,
    events: &[&Waiting],
    head: Option<Digest>,
    rules: Rules,
) -> Result<Digest, FsError> {
    let directory = root.make_directories(state::LOG, 0o755)?;
    let (mut file, mut made) = lock(&directory)?;
    let mut before = directory_end(&directory, &file)?;
    if before.size >= rules.rotate_at {
        rotate(&directory)?;
        (file, made) = lock(&directory)?;
        before = directory_end(&directory, &file)?;
    }
    // As long as the database vouches for nothing in this file, nobody may have made its name durable.
    let is_known = !made && before.size > 0 && head.is_some_and(|head| before.holds(head));
    let vouched = head.filter(|head| !before.holds(*head) && !holds(&directory, &file, *head));
    let mut previous = vouched.unwrap_or(before.last);
    let mut batch = Vec::new();
    if before.is_torn {
        batch.push(b'\n');
    }
    let mut continues = before.continues.take();
    for event in events.iter().filter(|event| !before.has_event(&event.id)) {
        let line = line(previous, continues.take().as_deref(), &event.body);
        previous = Digest::of(line.as_bytes());
        batch.extend(line.into_bytes());
        batch.push(b'\n');
    }
    if batch.len() > usize::from(before.is_torn) {
        write(&file, &directory, &batch, rules.durable)?;
    } else if rules.durable {
        // A process that was killed wrote these lines, and may not have made them durable.
        sync(&file, &directory)?;
    }
    if !is_known && rules.durable {
        directory.sync()?;
        root.sync_way(state::LOG)?;
    }
    Ok(previous)
}

/// `body` is an object; the hash comes first, so that a line that was cut shows what it followed.
fn line(previous: Digest, continues: Option<&str>, body: &str) -> String {
    let continues = continues.map(|name| format!(r#""continues":"{name}","#)).unwrap_or_default();
    format!(r#"{{"previous":"{previous}",{continues}{}"#, body.strip_prefix('{').unwrap_or(body))
}

fn write(mut file: &File, directory: &Directory, batch: &[u8], durable: bool) -> Result<(), FsError> {
    let failed = |error| FsError::new("write", &directory.join(NAME), error);
    fault::step("audit-append").map_err(failed)?;
    file.write_all(batch).map_err(failed)?;
    trace::content(file, directory.path(), NAME);
    if durable { sync(file, directory) } else { Ok(()) }
}

fn sync(file: &File, directory: &Directory) -> Result<(), FsError> {
    let failed = |error| FsError::new("write", &directory.join(NAME), error);
    fault::step("audit-sync").map_err(failed)?;
    file.sync_data().map_err(failed)?;
    trace::synced_file(&directory.join(NAME));
    Ok(())
}

/// Opens the file, making it where there is none, and locks it; true: it was made.
fn lock(directory: &Directory) -> Result<(File, bool), FsError> {
    let started = Instant::now();
    loop {
        let made = match directory.create_file(NAME, 0o600) {
            Ok(_) => true,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(error),
        };
        let file = directory.open_for_append(NAME)?;
        let found = Directory::metadata_of(&file, &directory.join(NAME))?;
        // A second name would have another file written to.
        if found.kind != Kind::File || found.links > 1 {
            return Err(FsError::NotBeneath { path: directory.join(NAME) });
        }
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Renamed by a rotation in the meantime: this one is finished.
            Ok(()) if directory.metadata(NAME)?.is_none_or(|now| now.inode != found.inode) => {}
            Ok(()) => return Ok((file, made)),
            Err(Errno::WOULDBLOCK | Errno::INTR) if started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(errno) => return Err(FsError::new("lock", &directory.join(NAME), errno)),
        }
    }
}

/// The end of a file: what the next line follows.
struct End {
    size: u64,
    bytes: Vec<u8>,
    /// `bytes` begins with the beginning of the file.
    is_whole: bool,
    last: Digest,
    is_torn: bool,
    /// The file before, where this one is empty.
    continues: Option<String>,
}

impl End {
    /// Whether a line with that hash is known to be there, without reading more.
    fn holds(&self, digest: Digest) -> bool {
        self.last == digest || holds_line(&self.bytes, self.is_whole, digest)
    }

    /// Whether a whole line holds the event.
    fn has_event(&self, id: &str) -> bool {
        let closed = self.bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let wanted = format!(r#""id":"{id}""#);
        self.bytes[..closed].windows(wanted.len()).any(|part| part == wanted.as_bytes())
    }
}

/// The end of the locked file; of an empty one, that of the newest file that was rotated away.
fn directory_end(directory: &Directory, file: &File) -> Result<End, FsError> {
    let mut end = end_of(file, &directory.join(NAME))?;
    if end.size > 0 {
        return Ok(end);
    }
    if let Some(name) = rotated(directory)?.pop()
        && let Some(before) = directory.open_file(&name)?
    {
        end.last = end_of(&before, &directory.join(&name))?.last;
        end.continues = Some(name);
    }
    Ok(end)
}

fn end_of(file: &File, path: &str) -> Result<End, FsError> {
    let size = Directory::metadata_of(file, path)?.size;
    let mut bytes = read_end(file, path, size, WINDOW)?;
    let mut is_whole = bytes.len() as u64 == size;
    if !is_whole && !bytes[..bytes.len().saturating_sub(1)].contains(&b'\n') {
        // One line longer than the window.
        bytes = read_end(file, path, size, LARGEST)?;
        is_whole = bytes.len() as u64 == size;
    }
    let is_torn = bytes.last().is_some_and(|byte| *byte != b'\n');
    let last = lines(&bytes).last().map_or(NOTHING, Digest::of);
    Ok(End { size, bytes, is_whole, last, is_torn, continues: None })
}

fn read_end(file: &File, path: &str, size: u64, most: u64) -> Result<Vec<u8>, FsError> {
    let length = size.min(most);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_exact_at(&mut bytes, size - length).map_err(|error| FsError::new("read", path, error))?;
    Ok(bytes)
}

/// Whether a line with that hash is anywhere in the file, or in the one before it.
fn holds(directory: &Directory, file: &File, digest: Digest) -> bool {
    let whole = |file: &File| {
        let size = Directory::metadata_of(file, NAME).ok()?.size;
        read_end(file, NAME, size, LARGEST).ok()
    };
    let here = whole(file).is_some_and(|bytes| holds_line(&bytes, true, digest));
    here || rotated(directory).ok().and_then(|mut names| names.pop()).is_some_and(|name| {
        let before = directory.open_file(&name).ok().flatten();
        before.and_then(|file| whole(&file)).is_some_and(|bytes| holds_line(&bytes, true, digest))
    })
}

fn holds_line(bytes: &[u8], is_whole: bool, digest: Digest) -> bool {
    // The first of a window may be the rest of a line.
    lines(bytes).skip(usize::from(!is_whole)).any(|line| Digest::of(line) == digest)
}

/// The lines of a file; what follows the last newline is a line too.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let closed = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let some = !bytes.is_empty();
    closed.split(|byte| *byte == b'\n').filter(move |_| some)
}

fn rotate(directory: &Directory) -> Result<(), FsError> {
    let last = rotated(directory)?.pop().and_then(|name| number(&name)).unwrap_or(0);
    fault::step("audit-rotate").map_err(|error| FsError::new("rename", NAME, error))?;
    directory.rename_to_free(NAME, directory, &format!("audit-{:04}.jsonl", last + 1))
}

/// The files that were rotated away, oldest first.
pub(super) fn rotated(directory: &Directory) -> Result<Vec<String>, FsError> {
    let mut names: Vec<(u32, String)> =
        directory.list()?.into_iter().filter_map(|name| Some((number(&name)?, name))).collect();
    sorting::sort(&mut names);
    Ok(names.into_iter().map(|(_, name)| name).collect())
}

fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    (digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}
