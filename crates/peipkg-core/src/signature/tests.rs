//! Keys and envelopes: what is accepted, and each reason for refusing.

use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::detached::{Format, sign, verify};
use super::*;
use crate::digest::{Digest, Hashed};
use crate::error::Coded as _;
use crate::timestamp::Timestamp;

const SECRET: &str = include_str!("../../tests/vectors/packages/test-signing-key.pem");
const PUBLIC: &str = include_str!("../../tests/vectors/packages/test-signing-key.pub.pem");
const FINGERPRINT: &str = "2a3f9b5c2c81463c059df0406cf409e14ed4b54adccb6c647a259af6223b4941";
const DOCUMENT: &[u8] = include_bytes!("../../tests/vectors/documents/repo.json");
const ENVELOPE: &str = include_str!("../../tests/vectors/documents/repo.json.sig");
const NOW: i64 = 1_777_723_200;

fn secret() -> SecretKey {
    SecretKey::parse(SECRET.as_bytes()).expect("the golden key")
}

fn trust() -> TrustSet {
    [secret().public()].into_iter().collect()
}

fn with_status(status: KeyStatus) -> TrustSet {
    let mut trust = trust();
    trust.keys[0].status = status;
    trust
}

fn hex(digits: &str) -> [u8; 32] {
    digits.parse::<Digest>().expect(digits).0
}

#[test]
fn golden_keys_read_and_write_back() {
    let (secret, public) = (secret(), PublicKey::parse(PUBLIC.as_bytes()).expect("golden"));
    assert_eq!(secret.public(), public);
    assert_eq!(public.fingerprint().to_string(), FINGERPRINT);
    assert_eq!((secret.to_pem(), public.to_pem()), (SECRET.to_owned(), PUBLIC.to_owned()));
    assert_eq!(PublicKey::parse(public.as_raw()), Ok(public));
    let grouped = secret.public().fingerprint().grouped();
    assert!(grouped.starts_with("2a3f 9b5c 2c81 463c ") && grouped.len() == 79, "{grouped}");
}

#[test]
fn raw_seeds_and_second_version_pkcs8() {
    let key = SecretKey::from_seed(&[7; 32]);
    assert_eq!(SecretKey::parse(&[7; 32]).map(|key| key.public()), Ok(key.public()));
    let mut der = vec![0x30, 0x51, 2, 1, 1, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([7; 32]);
    der.extend([0x81, 0x21, 0]);
    der.extend(key.public().as_raw());
    let parse =
        |der: &[u8]| SecretKey::parse(pem::encode(der, "PRIVATE KEY").as_bytes()).map(|key| key.public());
    assert_eq!(parse(&der), Ok(key.public()));
    *der.last_mut().expect("not empty") ^= 1;
    assert_eq!(parse(&der), Err(KeyError::Mismatch));
    assert!(parse(&der[..der.len() - 1]).is_err());
}

#[test]
fn keys_of_small_order_or_with_two_encodings_are_refused() {
    for digits in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ] {
        assert!(matches!(PublicKey::parse(&hex(digits)), Err(KeyError::SmallOrder(_))), "{digits}");
    }
    for first in 0xed..=0xff_u8 {
        for last in [0x7f, 0xff] {
            let mut raw = [0xff; 32];
            (raw[0], raw[31]) = (first, last);
            assert!(matches!(PublicKey::parse(&raw), Err(KeyError::NotCanonical(_))), "{first:x} {last:x}");
        }
    }
    for digits in [
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000",
    ] {
        let error = PublicKey::parse(&hex(digits)).expect_err(digits);
        assert_eq!(error.code(), "PEI_KEY_INVALID");
    }
}

#[test]
fn pem_is_strict() {
    let body = PUBLIC.lines().nth(1).expect("a body");
    let block = |body: &str| format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    assert!(PublicKey::parse(block(body).as_bytes()).is_ok());
    assert!(PublicKey::parse(block(body).trim_end().as_bytes()).is_ok());
    let broken = [
        String::new(),
        format!("\n{PUBLIC}"),
        format!("comment\n{PUBLIC}"),
        format!("{PUBLIC}comment\n"),
        format!("{PUBLIC}{PUBLIC}"),
        PUBLIC.replace('\n', "\r\n"),
        PUBLIC.replace("PUBLIC", "RSA PUBLIC"),
        SECRET.to_owned(),
        block(""),
        block(&format!("{}\n{}", &body[..30], &body[30..])),
        block(&format!(" {body}")),
        block(&body.replace('=', "")),
        block(&format!("Proc-Type: 4,ENCRYPTED\n\n{body}")),
        // The last character's unused bits are not zero.
        block(&body.replace("ss=", "st=")),
        // Another algorithm's identifier (X25519).
        block(&body.replace("MCowBQYDK2Vw", "MCowBQYDK2Vu")),
        block(&format!("{}=", "A".repeat(59))),
    ];
    for file in broken {
        assert!(PublicKey::parse(file.as_bytes()).is_err(), "{file}");
    }
    for length in [0, 31, 33, 64] {
        assert!(
            PublicKey::parse(&vec![9; length]).is_err() && SecretKey::parse(&vec![9; length]).is_err(),
            "{length}"
        );
    }
    assert!(SecretKey::parse(PUBLIC.as_bytes()).is_err());
}

#[test]
fn the_golden_descriptor_verifies_and_is_signed_alike() {
    assert_eq!(
        verify(Hashed::of(DOCUMENT), ENVELOPE.as_bytes(), &trust(), NOW).expect("verifies").to_string(),
        FINGERPRINT
    );
    assert_eq!(sign(DOCUMENT, &secret(), Format::Envelope), ENVELOPE.as_bytes());
    let bare = sign(DOCUMENT, &secret(), Format::Bare);
    assert_eq!(bare.len(), 87);
    for end in ["", "\n", " \r\n\t\n"] {
        for signature in [&bare[..86], ENVELOPE.trim_end().as_bytes()] {
            let signature = [signature, end.as_bytes()].concat();
            assert_eq!(
                verify(Hashed::of(DOCUMENT), &signature, &trust(), NOW).expect("verifies").to_string(),
                FINGERPRINT
            );
        }
    }
}

#[test]
fn another_document_or_key_does_not_verify() {
    let bare = sign(DOCUMENT, &secret(), Format::Bare);
    let other = [DOCUMENT, b" "].concat();
    let stranger: TrustSet = [SecretKey::from_seed(&[1; 32]).public()].into_iter().collect();
    for (document, signature, trust, code) in [
        (&*other, ENVELOPE.as_bytes(), &trust(), "PEI_SIGNATURE_INVALID"),
        (&other, &bare, &trust(), "PEI_SIGNATURE_INVALID"),
        (DOCUMENT, ENVELOPE.as_bytes(), &stranger, "PEI_SIGNATURE_KEY_UNKNOWN"),
        (DOCUMENT, &bare, &stranger, "PEI_SIGNATURE_INVALID"),
        (DOCUMENT, &bare, &TrustSet::default(), "PEI_SIGNATURE_INVALID"),
        (DOCUMENT, b"", &trust(), "PEI_SIGNATURE_ENVELOPE"),
        (DOCUMENT, &bare[..85], &trust(), "PEI_SIGNATURE_ENVELOPE"),
        (DOCUMENT, &[b" ", &*bare].concat(), &trust(), "PEI_SIGNATURE_ENVELOPE"),
    ] {
        assert_eq!(verify(Hashed::of(document), signature, trust, NOW).expect_err("refused").code(), code);
    }
}

#[test]
fn revoked_and_expired_keys_are_named_as_such() {
    let until = Timestamp::from_seconds(NOW).expect("valid");
    for signature in [ENVELOPE.as_bytes(), &sign(DOCUMENT, &secret(), Format::Bare)] {
        let check = |status, now| verify(Hashed::of(DOCUMENT), signature, &with_status(status), now);
        assert!(check(KeyStatus::Transitioning { until }, NOW).is_ok(), "inclusive");
        let expired = check(KeyStatus::Transitioning { until }, NOW + 1).expect_err("past");
        assert_eq!(expired.code(), "PEI_SIGNATURE_KEY_EXPIRED");
        assert!(expired.to_string().contains("expired at 2026-05-02T12:00:00Z"), "{expired}");
        let revoked = check(KeyStatus::Revoked, NOW).expect_err("never");
        assert_eq!(revoked.code(), "PEI_SIGNATURE_KEY_REVOKED");
        assert!(revoked.to_string().contains("revoked"), "{revoked}");
    }
    let mut trust = trust();
    trust.keys[0].key = None;
    assert_eq!(
        verify(Hashed::of(DOCUMENT), ENVELOPE.as_bytes(), &trust, NOW).expect_err("not held").code(),
        "PEI_SIGNATURE_KEY_UNKNOWN"
    );
}

#[test]
fn every_deviation_of_an_envelope_is_refused_for_its_own_reason() {
    let golden = ENVELOPE.trim_end();
    let signature = golden.rsplit('"').nth(1).expect("the signature");
    let last = |digit: &str| golden.replace(signature, &format!("{}{digit}", &signature[..85]));
    for (envelope, code, named) in [
        (golden.replace(":1,", ":2,"), "SCHEMA", "schema_version 2"),
        (golden.replace(":1,", ":0,"), "SCHEMA", "schema_version 0"),
        (golden.replace(":1,", ":\"1\","), "ENVELOPE", "an integer"),
        (golden.replace(":1,", ":1.0,"), "ENVELOPE", "fraction"),
        (golden.replace("ed25519", "ed448"), "ALGORITHM", "ed448"),
        (golden.replace("ed25519", "ED25519"), "ALGORITHM", "ED25519"),
        (golden.replace('}', ",\"comment\":1}"), "SCHEMA", "schema mismatch"),
        (golden.replace('}', ",\"algorithm\":\"ed25519\"}"), "ENVELOPE", "twice"),
        (golden.replace("\"algorithm\":\"ed25519\",", ""), "ENVELOPE", "algorithm"),
        (golden.replace("\"schema_version\":1,", ""), "ENVELOPE", "schema_version"),
        (golden.replace(&format!(",\"signature\":\"{signature}\""), ""), "ENVELOPE", "signature"),
        (
            golden.replace(&format!("\"key_fingerprint\":\"{FINGERPRINT}\","), ""),
            "ENVELOPE",
            "key_fingerprint",
        ),
        (golden.replace(FINGERPRINT, &FINGERPRINT.to_uppercase()), "ENVELOPE", "lowercase"),
        (golden.replace(FINGERPRINT, &FINGERPRINT[1..]), "ENVELOPE", "64"),
        (golden.replace(signature, &format!("{signature}==")), "ENVELOPE", "86 characters"),
        (golden.replace(signature, &signature[..85]), "ENVELOPE", "86 characters"),
        (golden.replace(signature, &format!("{signature}A")), "ENVELOPE", "86 characters"),
        (golden.replace(signature, &signature.replace(['+', '/'], "-")), "ENVELOPE", "86 characters"),
        (last("B"), "ENVELOPE", "unused bits"),
        (golden.replace('{', "["), "ENVELOPE", "expected"),
        (format!("{golden}x"), "ENVELOPE", "follows"),
        (format!("\u{feff}{golden}"), "ENVELOPE", "byte-order"),
        ("{}".into(), "ENVELOPE", "schema_version"),
        (format!("{golden}{}", " ".repeat(64 * 1024)), "ENVELOPE", "limit"),
    ] {
        let error = Envelope::parse(envelope.as_bytes()).expect_err(&envelope);
        assert_eq!(error.code(), format!("PEI_SIGNATURE_{code}"), "{error}");
        assert!(error.to_string().contains(named), "{error}: {named}");
    }
    assert!(Envelope::parse(golden.replace(',', " ,\n\t").as_bytes()).is_ok(), "white space is JSON's");
}

#[test]
fn a_second_encoding_of_a_signature_does_not_verify() {
    let mut signature = secret().sign(b"message");
    assert!(secret().public().verifies(b"message", &signature));
    // s + L: the same signature to a lenient verifier.
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0_u16;
    for (byte, add) in signature.0[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert!(!secret().public().verifies(b"message", &signature));
}

#[test]
fn a_farm_takes_the_public_half_of_a_seed_or_of_the_first_pem_block() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("key");
    let expected = *secret().public().as_raw();
    let half = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        key_file::public_half(&path).map(|(key, _)| *key.as_raw())
    };
    let pem = secret().to_pem();
    assert_eq!(half(pem.as_bytes()).expect("PEM"), expected);
    assert_eq!(half(format!("a note\n{pem}another\n{pem}").as_bytes()).expect("the first block"), expected);
    let seed = [7; 32];
    assert_eq!(half(&seed).expect("a seed"), *SecretKey::from_seed(&seed).public().as_raw());
    let dashes = *b"-----BEGIN a seed of 32 bytes--\n";
    assert!(half(&dashes).is_ok(), "32 bytes are a seed, whatever they are");
    for garbage in [&b""[..], &[7; 31], &[7; 33], b"garbage", secret().public().to_pem().as_bytes()] {
        assert_eq!(half(garbage).expect_err("no key").code(), "PEI_KEY_INVALID");
    }
}

#[test]
fn key_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("key.pem");
    let fingerprint = key_file::create(&path).expect("created");
    assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(
        KeyFile::read(&path).expect("reads"),
        KeyFile { fingerprint, kind: KeyKind::Private, exposed: false }
    );
    assert_eq!(key_file::create(&path).expect_err("never overwrites").code(), "PEI_IO");
    let (key, exposed) = key_file::read_secret(&path).expect("reads");
    assert_eq!((key.public().fingerprint(), exposed), (fingerprint, false));
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("allowed");
    assert!(KeyFile::read(&path).expect("reads").exposed);
    assert!(key_file::read_secret(&path).expect("reads").1);

    let public = directory.path().join("key.pub");
    for bytes in [key.public().to_pem().as_bytes(), key.public().as_raw()] {
        std::fs::write(&public, bytes).expect("written");
        assert_eq!(
            KeyFile::read(&public).expect("reads"),
            KeyFile { fingerprint, kind: KeyKind::Public, exposed: false }
        );
        assert_eq!(key_file::read_public(&public).expect("reads"), key.public());
    }
    std::fs::write(&public, vec![b'x'; 70_000]).expect("written");
    assert!(KeyFile::read(&public).expect_err("too large").to_string().contains("64 KiB"));
    assert!(KeyFile::read(&directory.path().join("none")).expect_err("absent").to_string().contains("none"));
}

proptest! {
    #[test]
    fn whatever_is_signed_verifies_and_a_flipped_bit_does_not(seed: [u8; 32], document: Vec<u8>, bit in 0..512_usize) {
        let key = SecretKey::from_seed(&seed);
        let trust: TrustSet = [key.public()].into_iter().collect();
        for format in [Format::Envelope, Format::Bare] {
            prop_assert!(verify(Hashed::of(&document), &sign(&document, &key, format), &trust, 0).is_ok());
        }
        let mut signature = key.sign(&document);
        signature.0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!key.public().verifies(&document, &signature));
        prop_assert_eq!(Signature::from_base64(&signature.to_base64()), Some(signature));
    }

    #[test]
    fn nothing_panics(bytes: Vec<u8>) {
        let _ = (Envelope::parse(&bytes), PublicKey::parse(&bytes), SecretKey::parse(&bytes));
        let _ = verify(Hashed::of(b""), &bytes, &trust(), 0);
    }
}
