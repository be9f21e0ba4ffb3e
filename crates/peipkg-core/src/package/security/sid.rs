//! Security identifiers (MS-DTYP §2.4.2) and the aliases of those that are well known.

use std::fmt;

use super::SecurityError;
use super::bytes::Part;

/// A security identifier, `S-1-5-32-544`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    /// 48 bits.
    pub authority: u64,
    /// At most 15.
    pub sub_authorities: Vec<u32>,
}

/// The most sub-authorities.
const MOST: usize = 15;

impl Sid {
    pub(super) fn read(part: Part<'_>) -> Result<(Self, Part<'_>), SecurityError> {
        let start = part;
        let ([revision, count], part) = part.take()?;
        let (authority, mut part) = part.take::<6>()?;
        if revision != 1 {
            return Err(start.broken("the SID's revision must be 1"));
        }
        if usize::from(count) > MOST {
            return Err(start.broken("a SID has at most 15 sub-authorities"));
        }
        let authority = authority.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
        let mut sub_authorities = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let (value, rest) = part.take()?;
            sub_authorities.push(u32::from_le_bytes(value));
            part = rest;
        }
        Ok((Self { authority, sub_authorities }, part))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([1, self.sub_authorities.len() as u8]);
        out.extend(&self.authority.to_be_bytes()[2..]);
        for value in &self.sub_authorities {
            out.extend(value.to_le_bytes());
        }
    }

    /// The two-letter alias, if it is a well-known one.
    pub fn alias(&self) -> Option<&'static str> {
        let known = |&&(_, authority, values): &&(&str, u64, &[u32])| {
            self.authority == authority && self.sub_authorities == values
        };
        ALIASES.iter().find(known).map(|&(alias, ..)| alias)
    }

    /// Whether it means the same on every machine (MS-DTYP §2.4.2.4), and so can let in nobody unexpected.
    pub fn is_well_known(&self) -> bool {
        let same = |(authority, values): &(u64, &[u32])| {
            self.authority == *authority && self.sub_authorities == *values
        };
        self.alias().is_some() || UNNAMED.iter().any(same)
    }

    /// Reads `S-1-…` or an alias, whole.
    pub fn parse(text: &str) -> Result<Self, SecurityError> {
        match Self::parse_prefix(text)? {
            (sid, "") => Ok(sid),
            _ => Err(SecurityError::Sddl { rule: "something follows the SID", text: text.to_owned() }),
        }
    }

    /// The longest SID or alias that `text` starts with, and the rest.
    pub(super) fn parse_prefix(text: &str) -> Result<(Self, &str), SecurityError> {
        let invalid = |rule| SecurityError::Sddl { rule, text: text.to_owned() };
        if let Some(rest) = text.strip_prefix("S-1-") {
            return parse_numbers(rest)
                .ok_or_else(|| invalid("a SID has the form S-1-<authority>-<numbers>, at most 15"));
        }
        let (alias, rest) = text.split_at_checked(2).ok_or_else(|| invalid("a SID is expected"))?;
        if DOMAIN_ALIASES.contains(&alias) {
            return Err(invalid("this alias depends on a domain; write the SID itself"));
        }
        let known = ALIASES.iter().find(|(known, ..)| *known == alias);
        let &(_, authority, values) = known.ok_or_else(|| invalid("an unknown SID alias"))?;
        Ok((Self { authority, sub_authorities: values.to_vec() }, rest))
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Ok(authority) = u32::try_from(self.authority) {
            write!(f, "S-1-{authority}")?;
        } else {
            write!(f, "S-1-0x{:012x}", self.authority)?;
        }
        self.sub_authorities.iter().try_for_each(|value| write!(f, "-{value}"))
    }
}

/// `<authority>` in decimal or `0x…`, then `-<number>` up to 15 times.
fn parse_numbers(text: &str) -> Option<(Sid, &str)> {
    let (authority, mut rest) = if let Some(hex) = text.strip_prefix("0x") {
        // 48 bits, so that a `D:` that follows is not taken for a digit.
        let (digits, rest) = hex.split_at_checked(12)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        (u64::from_str_radix(digits, 16).ok()?, rest)
    } else {
        let (digits, rest) = split_run(text, |byte| byte.is_ascii_digit());
        (digits.parse().ok()?, rest)
    };
    let mut sub_authorities = Vec::new();
    while let Some(after) = rest.strip_prefix('-') {
        let (digits, after) = split_run(after, |byte| byte.is_ascii_digit());
        sub_authorities.push(digits.parse().ok()?);
        rest = after;
    }
    (authority < 1 << 48 && sub_authorities.len() <= MOST)
        .then_some((Sid { authority, sub_authorities }, rest))
}

fn split_run(text: &str, belongs: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !belongs(byte)).unwrap_or(text.len()))
}

/// Aliases whose SID needs a domain, which a package does not know (MS-DTYP §2.5.1.1).
const DOMAIN_ALIASES: [&str; 18] = [
    "AP", "CA", "CN", "DA", "DC", "DD", "DG", "DU", "EA", "EK", "HO", "KA", "LA", "LG", "PA", "RO", "RS",
    "SA",
];

/// Well-known SIDs without alias: nobody, local, console, server of the creator, dial-up, batch, proxy, remote, this
/// organisation.
const UNNAMED: [(u64, &[u32]); 12] = [
    (0, &[0]),
    (2, &[0]),
    (2, &[1]),
    (3, &[2]),
    (3, &[3]),
    (5, &[1]),
    (5, &[3]),
    (5, &[8]),
    (5, &[13]),
    (5, &[14]),
    (5, &[15]),
    (5, &[17]),
];

/// MS-DTYP §2.4.2.4 and §2.5.1.1.
const ALIASES: [(&str, u64, &[u32]); 49] = [
    ("AA", 5, &[32, 579]),
    ("AC", 15, &[2, 1]),
    ("AN", 5, &[7]),
    ("AO", 5, &[32, 548]),
    ("AS", 18, &[1]),
    ("AU", 5, &[11]),
    ("BA", 5, &[32, 544]),
    ("BG", 5, &[32, 546]),
    ("BO", 5, &[32, 551]),
    ("BU", 5, &[32, 545]),
    ("CD", 5, &[32, 574]),
    ("CG", 3, &[1]),
    ("CO", 3, &[0]),
    ("CY", 5, &[32, 569]),
    ("ED", 5, &[9]),
    ("ER", 5, &[32, 573]),
    ("ES", 5, &[32, 576]),
    ("HA", 5, &[32, 578]),
    ("HI", 16, &[12288]),
    ("IS", 5, &[32, 568]),
    ("IU", 5, &[4]),
    ("LS", 5, &[19]),
    ("LU", 5, &[32, 559]),
    ("LW", 16, &[4096]),
    ("ME", 16, &[8192]),
    ("MP", 16, &[8448]),
    ("MS", 5, &[32, 577]),
    ("MU", 5, &[32, 558]),
    ("NO", 5, &[32, 556]),
    ("NS", 5, &[20]),
    ("NU", 5, &[2]),
    ("OW", 3, &[4]),
    ("PO", 5, &[32, 550]),
    ("PS", 5, &[10]),
    ("PU", 5, &[32, 547]),
    ("RA", 5, &[32, 575]),
    ("RC", 5, &[12]),
    ("RD", 5, &[32, 555]),
    ("RE", 5, &[32, 552]),
    ("RM", 5, &[32, 580]),
    ("RU", 5, &[32, 554]),
    ("SI", 16, &[16384]),
    ("SO", 5, &[32, 549]),
    ("SS", 18, &[2]),
    ("SU", 5, &[6]),
    ("SY", 5, &[18]),
    ("UD", 5, &[84, 0, 0, 0, 0, 0]),
    ("WD", 1, &[0]),
    ("WR", 5, &[33]),
];
