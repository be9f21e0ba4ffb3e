//! What a search looks through: names and descriptions in lower case, and beside them what is shown of a package.

use std::ops::Range;

use memchr::memmem::Finder;

/// Ends a field: no name has it, and no term, which comes from a command line.
const END: u8 = 0;

/// Adds what is looked through of an entry, and what is shown of it.
pub(super) fn append(entry: &Shown<'_>, folded: &mut Vec<u8>, shown: &mut Vec<u8>) {
    for text in [entry.name, entry.description] {
        let start = folded.len();
        if text.is_ascii() {
            push(folded, text);
            folded[start..].make_ascii_lowercase();
        } else {
            push(folded, &text.to_lowercase());
        }
    }
    for text in [entry.name, entry.version, entry.architecture, entry.description] {
        push(shown, text);
    }
}

/// Adds a field without the byte that ends it.
fn push(fields: &mut Vec<u8>, text: &str) {
    text.as_bytes().split(|byte| *byte == END).for_each(|part| fields.extend_from_slice(part));
    fields.push(END);
}

/// One record for each entry.
#[derive(Debug)]
pub(crate) struct Texts {
    /// Ends of records in `folded` and in `shown`, eight bytes for each entry.
    ends: Vec<u8>,
    folded: Vec<u8>,
    shown: Vec<u8>,
}

/// What is shown of a package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) architecture: &'a str,
    pub(crate) description: &'a str,
}

impl Texts {
    /// From the three parts of a file; `None` where they do not fit each other.
    pub(super) fn new(ends: Vec<u8>, folded: Vec<u8>, shown: Vec<u8>) -> Option<Self> {
        ends.len().is_multiple_of(8).then_some(Self { ends, folded, shown })
    }

    /// The entries whose name or description contains `term`, which is in lower case.
    pub(crate) fn find<'a>(&'a self, term: &str) -> impl Iterator<Item = Shown<'a>> + use<'a> {
        let finder = Finder::new(term.as_bytes()).into_owned();
        let mut position = 0;
        std::iter::from_fn(move || {
            let rest = self.folded.get(position..).filter(|rest| !rest.is_empty())?;
            let at = position + finder.find(rest)?;
            let entry = self.entry_at(at)?;
            position = self.record(entry, 0)?.end;
            self.shown(entry)
        })
    }

    /// The entry whose folded record holds byte `at`.
    fn entry_at(&self, at: usize) -> Option<usize> {
        let (mut low, mut high) = (0, self.ends.len() / 8);
        while low < high {
            let middle = low.midpoint(high);
            if self.end(middle, 0)? <= at {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < self.ends.len() / 8).then_some(low)
    }

    fn shown(&self, entry: usize) -> Option<Shown<'_>> {
        let text = std::str::from_utf8(self.shown.get(self.record(entry, 1)?)?).ok()?;
        let mut fields = text.split(char::from(END));
        let mut next = || fields.next();
        Some(Shown { name: next()?, version: next()?, architecture: next()?, description: next()? })
    }

    fn record(&self, entry: usize, column: usize) -> Option<Range<usize>> {
        let start = if entry == 0 { 0 } else { self.end(entry - 1, column)? };
        Some(start..self.end(entry, column)?.max(start))
    }

    fn end(&self, entry: usize, column: usize) -> Option<usize> {
        let at = entry * 8 + column * 4;
        let bytes = self.ends.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes) as usize)
    }
}
