//! Entries in words, for people who decide about them.

use super::rights::rights_to_text;
use super::{Ace, AceKind, Sid};

const OBJECT_INHERIT: u8 = 0x01;
const CONTAINER_INHERIT: u8 = 0x02;
const NO_PROPAGATE: u8 = 0x04;
const INHERIT_ONLY: u8 = 0x08;
const SUCCESS: u8 = 0x40;
const FAILURE: u8 = 0x80;

/// What the letters of SDDL stand for on files.
const RIGHTS: [(&str, &str); 13] = [
    ("FA", "full control"),
    ("FR", "read"),
    ("FW", "write"),
    ("FX", "execute"),
    ("GA", "everything"),
    ("GR", "read"),
    ("GW", "write"),
    ("GX", "execute"),
    ("SD", "delete"),
    ("RC", "read the permissions"),
    ("WD", "change the permissions"),
    ("WO", "take ownership"),
    ("DC", "delete what is in it"),
];

/// Names of the best known; of the others the number says all that is known.
const NAMES: [(&str, &str); 16] = [
    ("WD", "everyone"),
    ("AN", "anonymous"),
    ("AU", "authenticated users"),
    ("BA", "administrators"),
    ("BG", "guests"),
    ("BO", "backup operators"),
    ("BU", "users"),
    ("CG", "the creator's group"),
    ("CO", "the creator"),
    ("IU", "interactive users"),
    ("LS", "local services"),
    ("NS", "network services"),
    ("NU", "network users"),
    ("OW", "the owner"),
    ("SU", "services"),
    ("SY", "the system"),
];

impl Sid {
    /// `administrators (BA)`, or the number.
    pub fn in_words(&self) -> String {
        let alias = self.alias();
        match (alias, NAMES.iter().find(|(known, _)| Some(*known) == alias)) {
            (Some(alias), Some((_, name))) => format!("{name} ({alias})"),
            (Some(alias), None) => format!("{self} ({alias})"),
            (None, _) => self.to_string(),
        }
    }
}

impl Ace {
    /// `allows administrators (BA): full control; what is in it inherits that`. A condition is not put into words: SDDL
    /// shows it as it is.
    pub fn in_words(&self) -> String {
        let condition = if self.data.is_empty() { "" } else { " under a condition (see the SDDL form)" };
        let mut text =
            format!("{} {}: {}{condition}", self.verb(), self.sid.in_words(), rights(self.mask, self.kind));
        if self.flags & (OBJECT_INHERIT | CONTAINER_INHERIT) != 0 {
            let who = match (self.flags & OBJECT_INHERIT != 0, self.flags & CONTAINER_INHERIT != 0) {
                (true, true) => "everything in it inherits that",
                (true, false) => "files in it inherit that",
                _ => "directories in it inherit that",
            };
            text = format!("{text}; {who}");
            if self.flags & NO_PROPAGATE != 0 {
                text.push_str(", one level deep");
            }
            if self.flags & INHERIT_ONLY != 0 {
                text.push_str(", itself not concerned");
            }
        }
        text
    }

    fn verb(&self) -> &'static str {
        match self.kind.sddl {
            "A" | "OA" | "XA" | "ZA" => "allows",
            "D" | "OD" | "XD" | "ZD" => "denies",
            "ML" => "labels with",
            "AU" | "OU" | "XU" | "ZU" => match self.flags & (SUCCESS | FAILURE) {
                SUCCESS => "audits successes of",
                FAILURE => "audits failures of",
                _ => "audits",
            },
            "RA" => "gives an attribute, to",
            "SP" => "applies the policy",
            "TL" => "gives the trust label",
            _ => "filters accesses of",
        }
    }

    /// Whether the entry lets somebody do something.
    pub fn grants(&self) -> bool {
        matches!(self.kind.sddl, "A" | "OA" | "XA" | "ZA")
    }
}

fn rights(mask: u32, kind: AceKind) -> String {
    let text = rights_to_text(mask, kind.code == super::ace::MANDATORY_LABEL);
    if text.starts_with("0x") || kind.sddl == "ML" {
        return text;
    }
    let letters = text.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned());
    let word = |letters: String| {
        RIGHTS.iter().find(|(known, _)| *known == letters).map_or(letters, |(_, word)| (*word).to_owned())
    };
    letters.map(word).collect::<Vec<_>>().join(", ")
}
