//! Envelopes and detached signatures: an accepted envelope has one canonical form; nothing verifies by accident.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peipkg_core::signature::{Envelope, PublicKey, SecretKey, TrustSet, detached};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(envelope) = Envelope::parse(bytes) {
        assert_eq!(Envelope::parse(&envelope.to_json()).expect("what we write, we accept"), envelope);
    }
    let trust: TrustSet = [SecretKey::from_seed(&[7; 32]).public()].into_iter().collect();
    assert!(detached::verify(peipkg_core::digest::Hashed::of(b"document"), bytes, &trust, 0).is_err());
    if let Ok(key) = PublicKey::parse(bytes) {
        assert_eq!(PublicKey::parse(key.to_pem().as_bytes()).expect("what we write, we accept"), key);
    }
    let _ = SecretKey::parse(bytes);
});
