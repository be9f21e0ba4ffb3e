//! Binary and text form: known values, each bound, and round trips.

use proptest::prelude::*;

use super::*;
use crate::error::Coded as _;

fn from_sddl(text: &str) -> SecurityDescriptor {
    SecurityDescriptor::from_sddl(text).unwrap_or_else(|error| panic!("{error}"))
}

/// `O:BAG:SYD:PAI(A;OICI;FA;;;WD)`, byte by byte after MS-DTYP §2.4.6.
const KNOWN: [u8; 76] = [
    1, 0, 0x04, 0x94, 20, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0, // header
    1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, // owner S-1-5-32-544
    1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, // group S-1-5-18
    2, 0, 28, 0, 1, 0, 0, 0, // DACL
    0, 3, 20, 0, 0xff, 1, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, // allow, OICI, FA, S-1-1-0
];

#[test]
fn a_known_descriptor() {
    let parsed = SecurityDescriptor::parse(&KNOWN).expect("valid");
    assert_eq!(parsed.to_sddl(), "O:BAG:SYD:PAI(A;OICI;FA;;;WD)");
    assert_eq!(from_sddl("O:BAG:SYD:PAI(A;OICI;FA;;;WD)").as_bytes(), KNOWN);
    assert_eq!(parsed.parts().owner.as_ref().map(Sid::to_string).as_deref(), Some("S-1-5-32-544"));
    assert_eq!(SecurityDescriptor::from_base64(&parsed.to_base64(), 76), Ok(parsed.clone()));
    assert!(matches!(
        SecurityDescriptor::from_base64(&parsed.to_base64(), 75),
        Err(SecurityError::TooLarge { limit: 75, found: 76 })
    ));
    let parts = parsed.parts();
    assert!(parts.has_dacl() && !parts.has_sacl() && parts.sacl.is_none());
}

#[test]
fn texts_that_read_and_print_alike() {
    for text in [
        "",
        "O:SY",
        "G:S-1-5-21-1-2-3-1000",
        "O:S-1-0x123456789abc-7G:S-1-0x123456789abcD:",
        "D:",
        "D:NO_ACCESS_CONTROLS:",
        "D:PARAI(A;;FR;;;AU)(D;;FW;;;AN)S:PARAI(AU;SAFA;FX;;;WD)",
        "D:(A;OICINPIOIDCR;GAGRGWGX;;;CO)(A;;RCSDWDWO;;;OW)(A;;0x1301bf;;;BU)(A;;;;;WD)",
        "D:(OA;CI;RPWP;bf967aba-0de6-11d0-a285-00aa003049e2;bf967a9c-0de6-11d0-a285-00aa003049e2;PS)(OD;;CR;;;PS)",
        "D:(OA;;CR;;bf967a9c-0de6-11d0-a285-00aa003049e2;PS)(OA;;CR;bf967a9c-0de6-11d0-a285-00aa003049e2;;PS)",
        "D:(XA;;FX;;;WD;#61727478f8000000)(XD;;FX;;;WD)(ZA;;FX;;;WD;#00000000)(ZD;;FX;;;WD)",
        "S:(ML;;NWNR;;;HI)(ML;;NX;;;LW)(RA;;;;;WD;#01020304)(SP;;;;;S-1-17-1-2)(TL;;DC;;;S-1-19-512-4096)(FL;;FX;;;WD;#aabbccdd)",
        "S:(OU;SA;CR;;;WD)(XU;FA;FX;;;WD)(ZU;FA;FX;;;WD)",
        "O:S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14",
    ] {
        let descriptor = from_sddl(text);
        assert_eq!(descriptor.to_sddl(), text, "{text}");
        assert_eq!(SecurityDescriptor::parse(descriptor.as_bytes()), Ok(descriptor), "{text}");
    }
}

#[test]
fn other_spellings_of_the_same() {
    for (text, printed) in [
        ("G:SYO:S-1-5-32-544", "O:BAG:SY"),
        ("S:D:", "D:S:"),
        ("D:AIP(A;CIOI;KA;;;WD)", "D:PAI(A;OICI;KA;;;WD)"),
        ("D:(A;;2032127;;;S-1-1-0)", "D:(A;;FA;;;WD)"),
        ("D:(A;;0x0;;;WD)", "D:(A;;;;;WD)"),
        ("D:(A;;KX;;;WD)", "D:(A;;KR;;;WD)"),
        ("D:(XA;;FX;;;WD;#AABB)", "D:(XA;;FX;;;WD;#aabb0000)"),
    ] {
        assert_eq!(from_sddl(text).to_sddl(), printed, "{text}");
    }
}

#[test]
fn texts_that_are_not_sddl() {
    for text in [
        "x",
        "O",
        "O:",
        "O:XX",
        "O:S-1-",
        "O:S-2-5-18",
        "O:S-1-5-",
        "O:S-1-5-4294967296",
        "O:S-1-281474976710656",
        "O:S-1-0x1-2",
        "O:S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
        "O:SYO:SY",
        "D:D:",
        "S:S:",
        "Q:SY",
        "O:DA",
        "O:SY ",
        " O:SY",
        "o:SY",
        "D:(A;;FA;;;WD",
        "D:A;;FA;;;WD)",
        "D:()",
        "D:(A;;FA;;WD)",
        "D:(A;;FA;;;WD;;)",
        "D:(A;;FA;;;)",
        "D:(A;;FA;;;WDX)",
        "D:(AL;;FA;;;WD)",
        "D:(QQ;;FA;;;WD)",
        "D:(A;O;FA;;;WD)",
        "D:(A;XX;FA;;;WD)",
        "D:(A;;F;;;WD)",
        "D:(A;;XX;;;WD)",
        "D:(A;;0x;;;WD)",
        "D:(A;;0x100000000;;;WD)",
        "D:(A;;+1;;;WD)",
        "D:(A;;0x+1;;;WD)",
        "D:(A;;FA;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)",
        "D:(OA;;FA;bf967aba;;WD)",
        "D:(OA;;FA;{bf967aba-0de6-11d0-a285-00aa003049e};;WD)",
        "D:(A;;FA;;;WD;#00)",
        "D:(XA;;FA;;;WD;00)",
        "D:(XA;;FA;;;WD;#0)",
        "D:(XA;;FA;;;WD;(@User.x))",
        "D:(XA;;FA;;;WD;#0g)",
        "D:NO_ACCESS_CONTROL(A;;FA;;;WD)",
        "D:PX",
        "ö",
        "D:(A;;ö;;;WD)",
        "O:ö",
    ] {
        let error = SecurityDescriptor::from_sddl(text).expect_err(text);
        assert_eq!(error.code(), "PEI_SD_INVALID", "{text}");
    }
    let long = format!("D:{}", "(A;;FA;;;WD)".repeat(4000));
    assert!(SecurityDescriptor::from_sddl(&long).expect_err("too long").to_string().contains("64 KiB"));
    assert!(SecurityDescriptor::from_sddl(&"D:".repeat(1 << 20)).is_err());
}

#[test]
fn every_bound_of_the_binary_form() {
    let changes: [(&str, &[(usize, u8)]); 24] = [
        ("revision must be 1", &[(0, 2)]),
        ("reserved byte", &[(1, 1)]),
        ("SE_SELF_RELATIVE", &[(3, 0x14)]),
        ("into its header", &[(4, 19)]),
        ("outside of the descriptor", &[(4, 77)]),
        ("outside of the descriptor", &[(7, 0xff)]),
        ("ends too early", &[(4, 76)]),
        ("ends too early", &[(8, 70)]),
        ("the control says that there is none", &[(2, 0)]),
        ("SID's revision", &[(20, 2)]),
        ("15 sub-authorities", &[(21, 16)]),
        ("ends too early", &[(21, 15)]),
        ("revision must be 2 or 4", &[(48, 3)]),
        ("reserved fields", &[(49, 1)]),
        ("reserved fields", &[(54, 1)]),
        ("multiple of 4", &[(50, 27)]),
        ("multiple of 4", &[(50, 4)]),
        ("ends too early", &[(50, 32)]),
        ("ends too early", &[(52, 2)]),
        ("reserved or unknown", &[(56, 3)]),
        ("reserved or unknown", &[(56, 0x16)]),
        ("multiple of 4", &[(58, 19)]),
        ("multiple of 4", &[(58, 0)]),
        (
            "need revision 4",
            &[
                (56, 5),
                (60, 0),
                (61, 0),
                (62, 0),
                (63, 0),
                (64, 0),
                (65, 0),
                (66, 0),
                (67, 0),
                (58, 20),
                (68, 1),
                (69, 0),
            ],
        ),
    ];
    for (rule, bytes) in changes {
        let mut descriptor = KNOWN;
        for &(at, value) in bytes {
            descriptor[at] = value;
        }
        let error = SecurityDescriptor::parse(&descriptor).expect_err(rule);
        assert!(error.to_string().contains(rule), "{error}: {rule}");
    }
    for length in 0..KNOWN.len() {
        assert!(SecurityDescriptor::parse(&KNOWN[..length]).is_err(), "{length}");
    }
    let mut longer_ace = KNOWN.to_vec();
    longer_ace.extend([0; 4]);
    (longer_ace[50], longer_ace[58]) = (32, 24);
    let error = SecurityDescriptor::parse(&longer_ace).expect_err("slack in an entry");
    assert!(error.to_string().contains("does not end with its SID"), "{error}");
}

#[test]
fn a_null_list_is_not_an_absent_one() {
    let mut null = KNOWN;
    null[16] = 0;
    let null = SecurityDescriptor::parse(&null).expect("valid");
    assert!(null.parts().has_dacl() && null.parts().dacl.is_none());
    assert_eq!(null.to_sddl(), "O:BAG:SYD:PAINO_ACCESS_CONTROL");
}

fn sid() -> impl Strategy<Value = Sid> {
    let well_known = prop::sample::select(vec!["SY", "BA", "WD", "CO", "HI", "UD"])
        .prop_map(|alias| Sid::parse_prefix(alias).expect(alias).0);
    let any = (0..1_u64 << 48, prop::collection::vec(any::<u32>(), 0..=15))
        .prop_map(|(authority, sub_authorities)| Sid { authority, sub_authorities });
    prop_oneof![well_known, any]
}

fn ace() -> impl Strategy<Value = Ace> {
    let codes = vec![0, 1, 2, 5, 6, 7, 9, 10, 11, 12, 13, 15, 0x11, 0x12, 0x13, 0x14, 0x15];
    let kind = prop::sample::select(codes).prop_map(|code| AceKind::from_code(code).expect("known"));
    let guid = || prop::option::of(any::<[u8; 16]>().prop_map(Guid));
    let data = prop::collection::vec(any::<[u8; 4]>(), 0..4).prop_map(|words| words.concat());
    (kind, any::<u8>(), any::<u32>(), guid(), guid(), sid(), data).prop_map(
        |(kind, flags, mask, one, other, sid, data)| Ace {
            kind,
            flags,
            mask,
            object_type: one.filter(|_| kind.is_object),
            inherited_object_type: other.filter(|_| kind.is_object),
            sid,
            data: if kind.has_data { data } else { Vec::new() },
        },
    )
}

fn acl() -> impl Strategy<Value = Option<Acl>> {
    prop::option::of(prop::collection::vec(ace(), 0..5).prop_map(|aces| Acl { aces }))
}

fn descriptor() -> impl Strategy<Value = SecurityDescriptor> {
    (any::<u16>(), prop::option::of(sid()), prop::option::of(sid()), acl(), acl()).prop_map(
        |(control, owner, group, sacl, dacl)| {
            let present = u16::from(dacl.is_some()) << 2 | u16::from(sacl.is_some()) << 4;
            let control = control & 0x3f14 | present | 0x8000;
            let bytes = Parts { control, owner, group, sacl, dacl }.to_bytes();
            SecurityDescriptor::parse(&bytes.expect("small")).expect("assembled")
        },
    )
}

proptest! {
    #[test]
    fn the_text_form_says_everything(descriptor in descriptor()) {
        let text = descriptor.to_sddl();
        let read = from_sddl(&text);
        prop_assert_eq!(read.to_sddl(), text);
        let (read, parts) = (read.parts(), descriptor.parts());
        prop_assert_eq!((read.has_dacl(), read.has_sacl()), (parts.has_dacl(), parts.has_sacl()));
        prop_assert_eq!((read.owner, read.group, read.dacl, read.sacl), (parts.owner, parts.group, parts.dacl, parts.sacl));
    }

    #[test]
    fn damage_never_panics(descriptor in descriptor(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in any::<prop::sample::Index>()) {
        let mut bytes = descriptor.as_bytes().to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(descriptor) = SecurityDescriptor::parse(bytes) {
                let text = descriptor.to_sddl();
                prop_assert_eq!(from_sddl(&text).to_sddl(), text);
            }
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), pieces in prop::collection::vec(prop::sample::select(vec!["O:", "D:", "S:", "(", ")", ";", "A", "S-1-", "0x", "WD", "#", "-", "P"]), 0..20)) {
        let _ = (SecurityDescriptor::from_sddl(&text), SecurityDescriptor::from_sddl(&pieces.concat()));
        let _ = SecurityDescriptor::from_base64(&text, 100);
    }
}
