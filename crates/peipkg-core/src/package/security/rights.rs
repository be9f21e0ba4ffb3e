//! Access masks and ACE flags in SDDL (MS-DTYP §2.5.1.1).

/// Names that stand for a whole mask, or for a bit of one. A mask prints as the first of [`WHOLE`] that equals it.
const WHOLE: [(&str, u32); 8] = [
    ("FA", 0x001f_01ff),
    ("FR", 0x0012_0089),
    ("FW", 0x0012_0116),
    ("FX", 0x0012_00a0),
    ("KA", 0x000f_003f),
    ("KR", 0x0002_0019),
    ("KW", 0x0002_0006),
    ("KX", 0x0002_0019),
];
const BITS: [(&str, u32); 17] = [
    ("GA", 0x1000_0000),
    ("GR", 0x8000_0000),
    ("GW", 0x4000_0000),
    ("GX", 0x2000_0000),
    ("RC", 0x0002_0000),
    ("SD", 0x0001_0000),
    ("WD", 0x0004_0000),
    ("WO", 0x0008_0000),
    ("RP", 0x0010),
    ("WP", 0x0020),
    ("CC", 0x0001),
    ("DC", 0x0002),
    ("LC", 0x0004),
    ("SW", 0x0008),
    ("LO", 0x0080),
    ("DT", 0x0040),
    ("CR", 0x0100),
];
/// What the low bits mean in a mandatory label.
const LABEL: [(&str, u32); 3] = [("NW", 1), ("NR", 2), ("NX", 4)];

const FLAGS: [(&str, u32); 8] = [
    ("OI", 0x01),
    ("CI", 0x02),
    ("NP", 0x04),
    ("IO", 0x08),
    ("ID", 0x10),
    ("CR", 0x20),
    ("SA", 0x40),
    ("FA", 0x80),
];

pub(super) fn rights_to_text(mask: u32, is_label: bool) -> String {
    if is_label && let Some(text) = spell(mask, &LABEL) {
        return text;
    }
    let whole = WHOLE.iter().find(|&&(_, value)| value == mask).map(|&(name, _)| name.to_owned());
    whole.or_else(|| spell(mask, &BITS)).unwrap_or_else(|| format!("0x{mask:x}"))
}

pub(super) fn rights_from_text(text: &str) -> Option<u32> {
    if let Some(hex) = text.strip_prefix("0x") {
        let plain = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        return plain.then(|| u32::from_str_radix(hex, 16).ok()).flatten();
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return text.parse().ok();
    }
    read(text, &[&WHOLE, &BITS, &LABEL])
}

pub(super) fn flags_to_text(flags: u8) -> String {
    // All eight bits have a name.
    spell(u32::from(flags), &FLAGS).unwrap_or_default()
}

pub(super) fn flags_from_text(text: &str) -> Option<u8> {
    read(text, &[&FLAGS]).and_then(|flags| u8::try_from(flags).ok())
}

/// The names of all bits of `value`, or `None` if one has no name. Zero is the empty text.
fn spell(value: u32, names: &[(&str, u32)]) -> Option<String> {
    let present = names.iter().filter(|(_, bit)| value & bit != 0);
    let covered = present.clone().fold(0, |sum, (_, bit)| sum | bit);
    (covered == value).then(|| present.map(|(name, _)| *name).collect())
}

/// The sum of two-letter names.
fn read(text: &str, tables: &[&[(&str, u32)]]) -> Option<u32> {
    let mut value = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.split_at_checked(2)?;
        value |= tables.iter().flat_map(|table| table.iter()).find(|(known, _)| *known == name)?.1;
        rest = after;
    }
    Some(value)
}
