//! Keys that rotate, expire and are revoked.

use super::super::super::fixture::{NOW, Publication, fingerprint, required};
use super::super::super::remove::remove;
use super::super::super::trust::{Freshness, Policy};
use super::super::Mode;
use super::{ACTIVE, REVOKED, System, keys, next, until};
use crate::error::Coded;
use crate::signature::detached::Format;

#[test]
fn keys_rotate_through_the_previously_trusted_descriptor() {
    let system = System::with_repository();
    let rotated = Publication {
        keys: keys(&[(1, until(NOW + 1000)), (2, ACTIVE)]),
        fetched: vec![2],
        index_signer: Some(2),
        ..next()
    };
    system.refresh(&rotated).expect("signed with the old key, which is still accepted");
    system.open(&required()).expect("opens");
    let retired =
        Publication { version: 4, keys: keys(&[(2, ACTIVE)]), descriptor_signer: Some(2), ..rotated };
    system.refresh(&retired).expect("signed with the new key");
    system.open(&Policy { now: NOW + 5000, ..required() }).expect("the old key is not needed any more");
    system.refuses(&Publication { version: 5, ..next() }, &required(), "PEI_SIGNATURE_KEY_UNKNOWN");
}

#[test]
fn a_descriptor_signed_by_an_expired_key_is_refused() {
    let system = System::new();
    let publication = Publication {
        keys: keys(&[(1, until(NOW + 10)), (2, ACTIVE)]),
        fetched: vec![1, 2],
        ..Publication::new()
    };
    system.add(&publication).expect("added");
    let late = Policy { now: NOW + 11, ..required() };
    system.refuses(&Publication { version: 3, ..publication }, &late, "PEI_SIGNATURE_KEY_EXPIRED");
}

#[test]
fn an_index_key_that_expires_makes_the_cache_unusable() {
    let system = System::new();
    let publication = Publication {
        keys: keys(&[(1, ACTIVE), (2, until(NOW + 10))]),
        fetched: vec![1, 2],
        index_signer: Some(2),
        ..Publication::new()
    };
    system.add(&publication).expect("added");
    system.open(&Policy { now: NOW + 10, ..required() }).expect("the last second");
    let error = system.open(&Policy { now: NOW + 11, ..required() }).expect_err("expired");
    assert_eq!(error.code(), "PEI_SIGNATURE_KEY_EXPIRED");
}

#[test]
fn revocation_is_sticky() {
    let system = System::new();
    let both =
        Publication { keys: keys(&[(1, ACTIVE), (2, ACTIVE)]), fetched: vec![1, 2], ..Publication::new() };
    system.add(&both).expect("added");
    let revoking = Publication { version: 3, keys: keys(&[(1, ACTIVE), (2, REVOKED)]), ..both.clone() };
    system.refresh(&revoking).expect("key 2 is revoked");
    assert_eq!(system.state().expect("state").revoked.into_iter().collect::<Vec<_>>(), [fingerprint(2)]);
    let replayed = Publication { version: 4, ..both.clone() };
    system.refresh(&replayed).expect("listing it as active again is no error, but changes nothing");
    system.refuses(
        &Publication { version: 5, index_signer: Some(2), ..both.clone() },
        &required(),
        "PEI_SIGNATURE_KEY_REVOKED",
    );
    system.refuses(
        &Publication { version: 5, descriptor_signer: Some(2), ..both.clone() },
        &required(),
        "PEI_SIGNATURE_KEY_REVOKED",
    );
    remove(&system.root, "test", 0).expect("removed");
    system
        .add(&Publication { version: 5, index_signer: Some(2), ..both })
        .expect("added anew, with nothing remembered");
}

#[test]
fn a_revocation_is_adopted_even_when_the_index_did_not_move() {
    let system = System::new();
    let both =
        Publication { keys: keys(&[(1, ACTIVE), (2, ACTIVE)]), fetched: vec![1, 2], ..Publication::new() };
    system.add(&both).expect("added");
    let last_refresh_at = system.state().expect("state").last_refresh_at;
    let revoking = Publication { keys: keys(&[(1, ACTIVE), (2, REVOKED)]), ..both };
    let policy = Policy { now: NOW + 100, ..required() };
    let adoption = system.take(&revoking, Mode::Refresh, &policy).expect("already current");
    assert_eq!(adoption.freshness, Freshness::AlreadyCurrent);
    let state = system.state().expect("state");
    assert!(state.revoked.contains(&fingerprint(2)));
    assert_eq!(state.last_refresh_at, last_refresh_at);
}

#[test]
fn a_key_that_could_not_be_fetched_is_left_out() {
    let system = System::with_repository();
    let listed = Publication { keys: keys(&[(1, ACTIVE), (2, ACTIVE)]), fetched: vec![], ..next() };
    system.refresh(&listed).expect("key 1 signs and is held");
    system.refuses(
        &Publication { version: 4, index_signer: Some(2), ..listed.clone() },
        &required(),
        "PEI_SIGNATURE_KEY_UNKNOWN",
    );
    let fetched = Publication { version: 4, index_signer: Some(2), fetched: vec![2], ..listed };
    system.refresh(&fetched).expect("now it is held");
}

#[test]
fn what_a_revoked_key_signs_is_refused_for_that_reason() {
    for format in [Format::Envelope, Format::Bare] {
        let system = System::new();
        let both = Publication {
            keys: keys(&[(1, ACTIVE), (2, ACTIVE)]),
            fetched: vec![1, 2],
            format,
            ..Publication::new()
        };
        system.add(&both).expect("added");
        let revoked = Publication { version: 3, keys: keys(&[(1, ACTIVE), (2, REVOKED)]), ..both.clone() };
        system.refresh(&revoked).expect("revoked");
        let attack = Publication { version: 4, index_signer: Some(2), ..revoked.clone() };
        system.refuses(&attack, &required(), "PEI_SIGNATURE_KEY_REVOKED");
        // Listed no more, it is revoked all the same.
        let dropped = Publication { version: 4, keys: keys(&[(1, ACTIVE)]), fetched: vec![1], ..revoked };
        system.refresh(&dropped).expect("dropped");
        let attack = Publication { version: 5, index_signer: Some(2), ..dropped };
        system.refuses(&attack, &required(), "PEI_SIGNATURE_KEY_REVOKED");
    }
}
