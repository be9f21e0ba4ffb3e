//! Versions `[<epoch>:]<upstream>-<revision>` and their order (PSD-009 §2.2).

use std::cmp::Ordering;
use std::fmt;

use super::IdentityError;

/// A valid version. Equality and order are those of versions, not of their texts: `1.0~a-1 == 1.0~alpha-1`.
#[derive(Debug, Clone)]
pub struct Version {
    text: Box<str>,
    epoch: u64,
    /// Where in `text` the upstream part lies.
    upstream: (u32, u32),
    revision: u64,
}

impl Version {
    /// Checks `text` against every rule for versions.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        Self::split(text).map_err(|rule| IdentityError::Version { text: text.to_owned(), rule })
    }

    fn split(text: &str) -> Result<Self, &'static str> {
        if u32::try_from(text.len()).is_err() {
            return Err("it is too long");
        }
        let (epoch, start) = split_epoch(text)?;
        let end = start + text[start..].rfind('-').ok_or("it must end in -<revision>")?;
        if !is_upstream(&text[start..end]) {
            return Err(UPSTREAM_RULE);
        }
        let revision = parse_revision(&text[end + 1..])
            .ok_or("the revision after the last - must be a positive integer that fits 63 bits, without leading zero")?;
        Ok(Self { text: text.into(), epoch, upstream: (start as u32, end as u32), revision })
    }

    /// The version as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part between epoch and revision.
    pub fn upstream(&self) -> &str {
        &self.text[self.upstream.0 as usize..self.upstream.1 as usize]
    }

    /// The epoch, 0 when absent.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The revision, at least 1.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether it comes before a release: a pre-release word stands in it (`1.0~rc1-1`, `2.0-beta-1`).
    pub fn is_prerelease(&self) -> bool {
        Segments::of(self.upstream()).any(|segment| matches!(segment, Segment::Word { tail: true, .. }))
    }

    /// Whether both are written alike: the question of file names, URLs and "the same artifact".
    pub fn same_text(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// The order of PSD-009 §2.2.7 by the letter of its table.
    ///
    /// The letter has one kind of cycle: a word without rank that stands in a pre-release tail on one side only
    /// (`1~zz` < `1` < `1-aa` < `1~zz`). [`Ord`] differs in just that comparison, so that sorting is sound.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.compare_parts(other, Words::ByLetter)
    }

    fn compare_parts(&self, other: &Self, words: Words) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_upstream(self.upstream(), other.upstream(), words))
            .then_with(|| self.revision.cmp(&other.revision))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare_parts(other, Words::TailFirst)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What an upstream part must be.
pub(super) const UPSTREAM_RULE: &str =
    "the upstream part must start with a letter or digit and hold only a-z A-Z 0-9 . + - ~";

/// Reads `<epoch>:` when there is a colon; returns the epoch and where the rest starts.
pub(super) fn split_epoch(text: &str) -> Result<(u64, usize), &'static str> {
    let Some((epoch, _)) = text.split_once(':') else {
        return Ok((0, 0));
    };
    let value = if epoch == "0" { Some(0) } else { parse_revision(epoch) };
    let value =
        value.ok_or("the epoch before : must be an integer that fits 63 bits, without leading zero")?;
    Ok((value, epoch.len() + 1))
}

/// A positive integer of at most 63 bits without leading zero: the limit of the reference.
pub(super) fn parse_revision(digits: &str) -> Option<u64> {
    let canonical = digits.starts_with(|first: char| matches!(first, '1'..='9'))
        && digits.bytes().all(|b| b.is_ascii_digit());
    canonical.then(|| digits.parse::<i64>().ok()).flatten().map(i64::cast_unsigned)
}

pub(super) fn is_upstream(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-' | b'~'))
}

/// How two words without rank compare when only one of them stands in a pre-release tail.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Words {
    /// By their bytes: the letter of the table.
    ByLetter,
    /// The one in the tail is less, as a tail is against everything else: this makes the order transitive.
    TailFirst,
}

/// Compares two upstream parts, segment by segment (PSD-009 §2.2.7).
pub(super) fn compare_upstream(left: &str, right: &str, words: Words) -> Ordering {
    let (mut left, mut right) = (Segments::of(left), Segments::of(right));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(longer), None) => compare_with_end(&longer),
            (None, Some(longer)) => compare_with_end(&longer).reverse(),
            (Some(left), Some(right)) => compare_segments(&left, &right, words),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The longer sequence against the shorter: only a pre-release word makes it the lesser one (so `1.0` < `1.0~1`).
const fn compare_with_end(next: &Segment<'_>) -> Ordering {
    match next {
        Segment::Word { tail: true, .. } => Ordering::Less,
        _ => Ordering::Greater,
    }
}

fn compare_segments(left: &Segment<'_>, right: &Segment<'_>, words: Words) -> Ordering {
    match (left, right) {
        (Segment::Number(left), Segment::Number(right)) => {
            left.len().cmp(&right.len()).then_with(|| left.cmp(right))
        }
        (Segment::Number(_), Segment::Word { tail, .. }) => {
            if *tail {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (Segment::Word { tail, .. }, Segment::Number(_)) => {
            if *tail {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (
            Segment::Word { text: left, rank: left_rank, tail: left_tail },
            Segment::Word { text: right, rank, tail },
        ) => match left_rank.cmp(rank) {
            Ordering::Equal if *rank < UNRANKED => Ordering::Equal,
            Ordering::Equal if words == Words::TailFirst && left_tail != tail => tail.cmp(left_tail),
            Ordering::Equal => left.cmp(right),
            order => order,
        },
    }
}

enum Segment<'a> {
    /// Digits without leading zeros: longer is greater, equally long ones compare as texts.
    Number(&'a str),
    Word {
        text: &'a str,
        rank: u8,
        /// Whether it belongs to the pre-release tail.
        tail: bool,
    },
}

/// Splits an upstream part; carries along whether the pre-release tail has begun.
struct Segments<'a> {
    rest: &'a str,
    tail: bool,
}

impl<'a> Segments<'a> {
    const fn of(upstream: &'a str) -> Self {
        Self { rest: upstream, tail: false }
    }

    fn take_run(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|byte| !belongs(byte)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let separators = self.take_run(|byte| !byte.is_ascii_alphanumeric());
        let first = *self.rest.as_bytes().first()?;
        self.tail |= separators.contains('~');
        if first.is_ascii_digit() {
            let digits = self.take_run(|byte| byte.is_ascii_digit());
            return Some(Segment::Number(digits.trim_start_matches('0')));
        }
        let text = self.take_run(|byte| byte.is_ascii_alphabetic());
        let rank = rank_of(text);
        self.tail |= rank < UNRANKED;
        Some(Segment::Word { text, rank, tail: self.tail })
    }
}

const UNRANKED: u8 = 5;

fn rank_of(word: &str) -> u8 {
    const RANKED: [(&str, u8); 7] =
        [("dev", 0), ("alpha", 1), ("a", 1), ("beta", 2), ("b", 2), ("pre", 3), ("rc", 4)];
    RANKED.iter().find(|(ranked, _)| ranked.eq_ignore_ascii_case(word)).map_or(UNRANKED, |&(_, rank)| rank)
}
