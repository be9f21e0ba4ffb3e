//! The text form (MS-DTYP §2.5.1): `O:BAG:SYD:PAI(A;OICI;FA;;;BA)S:(AU;SA;FW;;;WD)`.

use std::fmt::Write as _;

use super::ace::MANDATORY_LABEL;
use super::parts::{
    DACL_AUTO_INHERIT_REQUIRED, DACL_AUTO_INHERITED, DACL_PRESENT, DACL_PROTECTED,
    SACL_AUTO_INHERIT_REQUIRED, SACL_AUTO_INHERITED, SACL_PRESENT, SACL_PROTECTED, SELF_RELATIVE,
};
use super::rights::{flags_from_text, flags_to_text, rights_from_text, rights_to_text};
use super::{Ace, AceKind, Acl, Guid, Parts, SecurityDescriptor, SecurityError, Sid};

const NULL: &str = "NO_ACCESS_CONTROL";
const MOST: usize = 1 << 20;

/// The control bits that one kind of list has in SDDL.
struct Bits {
    present: u16,
    flags: [(&'static str, u16); 3],
}

const DACL: Bits = Bits {
    present: DACL_PRESENT,
    flags: [("P", DACL_PROTECTED), ("AR", DACL_AUTO_INHERIT_REQUIRED), ("AI", DACL_AUTO_INHERITED)],
};
const SACL: Bits = Bits {
    present: SACL_PRESENT,
    flags: [("P", SACL_PROTECTED), ("AR", SACL_AUTO_INHERIT_REQUIRED), ("AI", SACL_AUTO_INHERITED)],
};

impl SecurityDescriptor {
    /// The text form. What SDDL has no words for (which parts are defaults) is left out.
    pub fn to_sddl(&self) -> String {
        let parts = self.parts();
        let mut text = String::new();
        for (letter, sid) in [('O', &parts.owner), ('G', &parts.group)] {
            if let Some(sid) = sid {
                let _ = write!(text, "{letter}:{}", sid_to_text(sid));
            }
        }
        for (letter, acl, bits) in [('D', &parts.dacl, &DACL), ('S', &parts.sacl, &SACL)] {
            if parts.control & bits.present != 0 {
                let _ = write!(text, "{letter}:");
                let named = bits.flags.iter().filter(|(_, bit)| parts.control & bit != 0);
                text.extend(named.map(|(name, _)| *name));
                match acl {
                    None => text.push_str(NULL),
                    Some(acl) => text.extend(acl.aces.iter().map(ace_to_text)),
                }
            }
        }
        text
    }

    /// Reads the text form.
    pub fn from_sddl(text: &str) -> Result<Self, SecurityError> {
        if text.len() > MOST {
            return Err(SecurityError::TooLarge { limit: MOST as u64, found: text.len() as u64 });
        }
        let mut parts = Parts { control: SELF_RELATIVE, ..Parts::default() };
        let mut rest = text;
        while !rest.is_empty() {
            rest = read_section(&mut parts, rest)?;
        }
        Self::parse(
            &parts
                .to_bytes()
                .ok_or_else(|| invalid("a list of entries must be shorter than 64 KiB", text))?,
        )
    }
}

fn sid_to_text(sid: &Sid) -> String {
    sid.alias().map_or_else(|| sid.to_string(), str::to_owned)
}

pub(super) fn ace_to_text(ace: &Ace) -> String {
    let guid = |guid: Option<Guid>| guid.map(|guid| guid.to_string()).unwrap_or_default();
    let mut text = format!(
        "({};{};{};{};{};{}",
        ace.kind.sddl,
        flags_to_text(ace.flags),
        rights_to_text(ace.mask, ace.kind.code == MANDATORY_LABEL),
        guid(ace.object_type),
        guid(ace.inherited_object_type),
        sid_to_text(&ace.sid),
    );
    if !ace.data.is_empty() {
        text.push_str(";#");
        for byte in &ace.data {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text.push(')');
    text
}

/// Reads one section; returns what follows it.
fn read_section<'a>(parts: &mut Parts, text: &'a str) -> Result<&'a str, SecurityError> {
    let (letter, rest) = text.split_once(':').ok_or_else(|| invalid("O:, G:, D: or S: is expected", text))?;
    match letter {
        "O" if parts.owner.is_none() => read_sid(&mut parts.owner, rest),
        "G" if parts.group.is_none() => read_sid(&mut parts.group, rest),
        "D" if !parts.has_dacl() => read_list(&mut parts.control, &DACL, &mut parts.dacl, rest),
        "S" if !parts.has_sacl() => read_list(&mut parts.control, &SACL, &mut parts.sacl, rest),
        "O" | "G" | "D" | "S" => Err(invalid("a section appears twice", text)),
        _ => Err(invalid("O:, G:, D: or S: is expected", text)),
    }
}

fn read_sid<'a>(slot: &mut Option<Sid>, text: &'a str) -> Result<&'a str, SecurityError> {
    let (sid, rest) = Sid::parse_prefix(text)?;
    *slot = Some(sid);
    Ok(rest)
}

fn read_list<'a>(
    control: &mut u16,
    bits: &Bits,
    slot: &mut Option<Acl>,
    text: &'a str,
) -> Result<&'a str, SecurityError> {
    *control |= bits.present;
    let mut rest = text;
    while let Some((name, bit)) = bits.flags.iter().find(|(name, _)| rest.starts_with(name)) {
        *control |= bit;
        rest = &rest[name.len()..];
    }
    if let Some(rest) = rest.strip_prefix(NULL) {
        return Ok(rest);
    }
    let mut aces = Vec::new();
    while let Some(body) = rest.strip_prefix('(') {
        let (body, after) = body.split_once(')').ok_or_else(|| invalid("an entry ends with )", rest))?;
        aces.push(ace_from_text(body)?);
        rest = after;
    }
    *slot = Some(Acl { aces });
    Ok(rest)
}

fn ace_from_text(body: &str) -> Result<Ace, SecurityError> {
    let fields: Vec<&str> = body.splitn(8, ';').collect();
    let (&[kind, flags, rights, object, inherited, sid], data) = match fields.split_first_chunk::<6>() {
        Some((fields, [])) => (fields, None),
        Some((fields, [data])) => (fields, Some(*data)),
        _ => return Err(invalid("an entry has 6 or 7 fields, separated by ;", body)),
    };
    let kind = AceKind::from_sddl(kind).ok_or_else(|| invalid("an unknown type of entry", body))?;
    let flags = flags_from_text(flags).ok_or_else(|| invalid("unknown flags of an entry", body))?;
    let mask = rights_from_text(rights).ok_or_else(|| invalid("unknown rights of an entry", body))?;
    let (object_type, inherited_object_type) =
        (guid_from_text(object, body)?, guid_from_text(inherited, body)?);
    if !kind.is_object && (object_type.is_some() || inherited_object_type.is_some()) {
        return Err(invalid("only entries for objects have GUIDs", body));
    }
    let (sid, after) = Sid::parse_prefix(sid)?;
    if !after.is_empty() {
        return Err(invalid("something follows the SID of an entry", body));
    }
    let data = data
        .map_or(Some(Vec::new()), data_from_text)
        .ok_or_else(|| invalid("data is written as #<hex>", body))?;
    if !kind.has_data && !data.is_empty() {
        return Err(invalid("this type of entry has no data", body));
    }
    Ok(Ace { kind, flags, mask, object_type, inherited_object_type, sid, data })
}

fn guid_from_text(text: &str, body: &str) -> Result<Option<Guid>, SecurityError> {
    if text.is_empty() {
        return Ok(None);
    }
    Guid::parse(text).map(Some).ok_or_else(|| invalid("a GUID is expected", body))
}

fn data_from_text(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix('#')?.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
    let byte = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    digits.chunks(2).map(byte).collect()
}

fn invalid(rule: &'static str, text: &str) -> SecurityError {
    SecurityError::Sddl { rule, text: text.to_owned() }
}
