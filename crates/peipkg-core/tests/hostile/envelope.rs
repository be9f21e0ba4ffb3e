//! The signature and its envelope.

use peipkg_core::digest::Digest;
use peipkg_core::signature::{SecretKey, sign_tar_digest};

use super::cases::{Case, Family, OK};
use super::package::{Envelope, Package, key};
use super::tar::Item;

const ENVELOPE: &str = "PEI_SIGNATURE_ENVELOPE";

pub fn cases() -> Vec<Case> {
    let mut family = Family::new("envelope");
    family.add("signed", OK, "", Package::new().signed());
    family.add(
        "signed by another key",
        "PEI_SIGNATURE_KEY_UNKNOWN",
        "trust",
        with(|tar| sign_tar_digest(&other(), &Digest::of(tar))),
    );
    family.add(
        "other bytes signed",
        "PEI_SIGNATURE_INVALID",
        "verify",
        with(|_| sign_tar_digest(&key(), &Digest::of(b"other"))),
    );
    family.add("signed, then changed", "PEI_SIGNATURE_INVALID", "verify", changed());
    family.add("empty", ENVELOPE, "", with(|_| Vec::new()));
    family.add("not JSON", ENVELOPE, "", with(|_| b"signature".to_vec()));
    family.add("an array", ENVELOPE, "", with(|_| b"[]\n".to_vec()));
    family.add("bare", ENVELOPE, "", with(|_| vec![b'A'; 86]));
    family.add(
        "schema 2",
        "PEI_SIGNATURE_SCHEMA",
        "2",
        with(|tar| edited(tar, "_version\":1", "_version\":2")),
    );
    family.add(
        "another field",
        "PEI_SIGNATURE_SCHEMA",
        "extra",
        with(|tar| edited(tar, "{", "{\"extra\":1,")),
    );
    family.add("algorithm", "PEI_SIGNATURE_ALGORITHM", "rsa", with(|tar| edited(tar, "ed25519", "rsa")));
    family.add(
        "no algorithm",
        ENVELOPE,
        "algorithm",
        with(|tar| edited(tar, "\"algorithm\":\"ed25519\",", "")),
    );
    family.add(
        "a field twice",
        ENVELOPE,
        "twice",
        with(|tar| edited(tar, "{", "{\"algorithm\":\"ed25519\",")),
    );
    family.add(
        "short fingerprint",
        ENVELOPE,
        "fingerprint",
        with(|tar| edited(tar, "fingerprint\":\"", "fingerprint\":\"0")),
    );
    family.add("padded signature", ENVELOPE, "signature", with(|tar| edited(tar, "\"}", "==\"}")));
    family.add(
        "short signature",
        ENVELOPE,
        "signature",
        with(|tar| {
            let text = text(tar);
            let end = text.rfind('"').unwrap();
            format!("{}{}", &text[..end - 1], &text[end..]).into_bytes()
        }),
    );
    family.add(
        "unused bits",
        ENVELOPE,
        "signature",
        with(|tar| {
            // The last of 86 characters carries two bits only: those of `B` are not zero in what remains.
            let text = text(tar);
            let end = text.rfind('"').unwrap();
            format!("{}B{}", &text[..end - 1], &text[end..]).into_bytes()
        }),
    );
    family.add(
        "trailing text",
        ENVELOPE,
        "",
        with(|tar| [sign_tar_digest(&key(), &Digest::of(tar)), b"x".to_vec()].concat()),
    );
    family.add(
        "too large",
        "PEI_PACKAGE_LIMIT",
        "signature",
        with(|tar| {
            let mut envelope = sign_tar_digest(&key(), &Digest::of(tar));
            envelope.resize(70_000, b' ');
            envelope
        }),
    );
    let after = |item: Item| Package::new().signed().with(|package| package.after = vec![item]);
    family.add(
        "a file after it",
        "PEI_SIGNATURE_NOT_LAST",
        "usr/share/z",
        after(Item::file("usr/share/z", b"z")),
    );
    family.add(
        "metadata after it",
        "PEI_SIGNATURE_NOT_LAST",
        ".peipkg/z",
        after(Item::file(".peipkg/z", b"")),
    );
    family.add(
        "a second signature",
        "PEI_SIGNATURE_NOT_LAST",
        ".peipkg/signature",
        after(Item::file(".peipkg/signature", b"{}")),
    );
    family.add(
        "before the payload",
        "PEI_SIGNATURE_NOT_LAST",
        "usr/",
        Package::new().with(|package| {
            package.metadata = vec![Item::file(".peipkg/signature", b"{}")];
        }),
    );
    family.add(
        "as a directory",
        "PEI_PACKAGE_LAYOUT",
        ".peipkg/signature/",
        Package::new().with(|package| {
            package.metadata = vec![Item::directory(".peipkg/signature/")];
        }),
    );
    family.done()
}

fn with(envelope: Envelope) -> Package {
    Package::new().with(|package| package.envelope = Some(envelope))
}

/// A file of a signed package that was exchanged, files.json with it.
fn changed() -> Package {
    fn stale(_: &[u8]) -> Vec<u8> {
        let tar = Package::new().signed().tar();
        let name = tar.windows(17).rposition(|bytes| bytes == b".peipkg/signature").unwrap();
        let end = tar[name + 512..].iter().position(|byte| *byte == 0).unwrap();
        tar[name + 512..name + 512 + end].to_vec()
    }
    Package::new().with(|package| {
        package.payload[3].body = b"omega\n".to_vec();
        package.envelope = Some(stale);
    })
}

fn text(tar: &[u8]) -> String {
    String::from_utf8(sign_tar_digest(&key(), &Digest::of(tar))).unwrap()
}

fn edited(tar: &[u8], from: &str, to: &str) -> Vec<u8> {
    text(tar).replacen(from, to, 1).into_bytes()
}

fn other() -> SecretKey {
    SecretKey::parse(&[43; 32]).unwrap()
}
