use super::{Freshness, Policy, gate};
use crate::digest::Digest;
use crate::repository::fixture::{NOW, at, required};
use crate::repository::index::{Header, Kind};
use crate::store::repositories::TrustedIndex;

fn header(version: u64, generated_at: i64) -> Header {
    Header { repo: "test".into(), index_version: version, generated_at: at(generated_at) }
}

fn seen(version: u64, generated_at: i64) -> TrustedIndex {
    TrustedIndex {
        digest: Digest([1; 32]),
        signature: None,
        url: String::new(),
        index_version: version,
        generated_at: at(generated_at),
    }
}

/// The gate's answer to an index of `version`, `generated_at`, `digest` after version 5 of `NOW - 100` with digest byte 1.
fn judge(version: u64, generated_at: i64, digest: u8) -> String {
    let answer = gate(
        Kind::Active,
        &header(version, generated_at),
        Digest([digest; 32]),
        Some(&seen(5, NOW - 100)),
        &required(),
    );
    match answer {
        Ok(Freshness::Progress) => "progress".into(),
        Ok(Freshness::AlreadyCurrent) => "current".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_freshness_gate() {
    let cases = [
        (6, NOW, 2, "progress"),
        (6, NOW - 100, 2, "progress"),
        (5, NOW - 100, 1, "current"),
        (5, NOW - 100, 2, "equivocation"),
        (5, NOW, 2, "equivocation"),
        (4, NOW, 2, "below 5"),
        (4, NOW - 200, 2, "below 5"),
        (5, NOW - 101, 2, "was generated at"),
        (9, NOW - 101, 2, "was generated at"),
        (6, NOW + 86_400, 2, "progress"),
        (6, NOW + 86_401, 2, "more than a day ahead"),
    ];
    for (version, generated_at, digest, expected) in cases {
        let found = judge(version, generated_at, digest);
        assert!(found.contains(expected), "{version} {generated_at} {digest}: {found}");
    }
}

#[test]
fn the_floor_starts_at_the_configured_minimum() {
    let policy = Policy { min_index_version: 10, ..required() };
    let first = |version| gate(Kind::Active, &header(version, NOW), Digest([1; 32]), None, &policy);
    assert!(first(9).expect_err("below").to_string().contains("below 10"));
    assert_eq!(first(10).expect("at the floor"), Freshness::Progress);
    gate(Kind::Active, &header(9, NOW), Digest([1; 32]), Some(&seen(5, NOW - 100)), &policy)
        .expect_err("raised later");
}
