//! Writes the hostile packages of the tests into a directory, with `cases.tsv`: file, family, name, expected
//! code (`OK`: accepted), text that the message must contain. The trusted key is `trusted.pub`.
//!
//! `cargo run --release -p peipkg-core --example hostile -- DIRECTORY`

#![allow(missing_docs, clippy::unwrap_used, clippy::too_many_lines, reason = "tables of cases")]

#[path = "../tests/hostile/cases.rs"]
mod cases;
#[path = "../tests/hostile/container.rs"]
mod container;
#[path = "../tests/hostile/documents.rs"]
mod documents;
#[path = "../tests/hostile/envelope.rs"]
mod envelope;
#[path = "../tests/hostile/headers.rs"]
mod headers;
#[path = "../tests/hostile/layout.rs"]
mod layout;
#[path = "../tests/hostile/package.rs"]
mod package;
#[path = "../tests/hostile/payload.rs"]
mod payload;
#[path = "../tests/hostile/tar.rs"]
mod tar;

use std::fmt::Write as _;
use std::path::PathBuf;

fn main() {
    let directory = PathBuf::from(std::env::args_os().nth(1).expect("usage: hostile DIRECTORY"));
    std::fs::create_dir_all(&directory).unwrap();
    let mut table = String::new();
    for (index, case) in cases::all().iter().enumerate() {
        let file = format!("{index:03}.peipkg");
        std::fs::write(directory.join(&file), (case.make)()).unwrap();
        writeln!(
            table,
            "{file}\t{}\t{}\t{}\t{}",
            case.family,
            case.name,
            case.code,
            case.names.escape_default()
        )
        .unwrap();
    }
    std::fs::write(directory.join("cases.tsv"), table).unwrap();
    std::fs::write(directory.join("trusted.pub"), package::key().public().to_pem()).unwrap();
}
