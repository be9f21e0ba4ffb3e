//! What breaks a rule is refused: for the right reason, by name, in time (PSD-009 §3, §5.3).

#![allow(missing_docs, clippy::unwrap_used, clippy::too_many_lines, reason = "tables of cases")]

mod cases;
mod container;
mod documents;
mod envelope;
mod headers;
mod layout;
mod package;
mod payload;
mod tar;

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use peipkg_core::archive::{ArchiveError, Observer, Spool, VerifiedPackage, VerifyRules, verify};
use peipkg_core::error::{CODES, Coded};
use peipkg_core::signature::TrustSet;

use cases::{Case, OK};

#[test]
fn every_case_ends_as_it_must() {
    let trust: TrustSet = [package::key().public()].into_iter().collect();
    let rules = VerifyRules { trust: Some(&trust), ..VerifyRules::default() };
    let failures: Vec<_> = cases::all().iter().filter_map(|case| judge(case, &rules)).collect();
    assert!(failures.is_empty(), "{} cases:\n{}", failures.len(), failures.join("\n"));
}

/// What is wrong with how a case ended.
fn judge(case: &Case, rules: &VerifyRules<'_>) -> Option<String> {
    let bytes = (case.make)();
    let started = Instant::now();
    let result = open(&bytes, rules);
    let elapsed = started.elapsed();
    let (code, message) = match &result {
        Ok(_) => (OK, String::new()),
        Err(error) => (error.code(), error.to_string()),
    };
    let what = format!("{} / {}: {code} after {elapsed:?}: {message}", case.family, case.name);
    if code != case.code || !message.contains(case.names) {
        return Some(format!("{what} (expected {}, naming {:?})", case.code, case.names));
    }
    if code != OK && !CODES.contains(&code) {
        return Some(format!("{what} (unknown code)"));
    }
    if message.chars().any(char::is_control) {
        return Some(format!("{what} (unescaped)"));
    }
    (elapsed > Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 })).then_some(what)
}

fn open(bytes: &[u8], rules: &VerifyRules<'_>) -> Result<VerifiedPackage, ArchiveError> {
    let mut file: File = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    verify(file, rules, &Spool::new(64 << 20, None), &Observer::default())
}
