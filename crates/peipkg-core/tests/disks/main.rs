//! What really happens, on filesystems of their own: loss of power (an ext4 image copied while it is in use), full disks,
//! read-only ones; and few file descriptors.
//!
//! Each test starts itself again in a mount namespace, which takes its mounts away however it ends. Where mounting is not
//! allowed, it says so and is skipped. A sample by default, everything with `PEIPKG_FAULTS=full`; needs the feature
//! `faults`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod full;
mod lost;
mod mounts;
mod plain;
mod refused;
#[path = "../support/mod.rs"]
mod support;
mod worker;

/// The process that changes a system.
#[test]
fn child() {
    worker::child();
}

/// What runs in the namespace.
#[test]
fn inside() {
    match mounts::inside().as_deref() {
        Some("lost") => lost::every_step(),
        Some("full-memory") => full::every_size_in_memory(),
        Some("full-ext4") => full::every_size_of_ext4(),
        Some("read-only") => refused::read_only(),
        Some("plain") => plain::boot_partitions(),
        Some("inodes") => full::every_number_of_inodes(),
        _ => {}
    }
}

#[test]
fn a_copy_of_a_disk_in_use_is_before_or_after() {
    mounts::in_namespace("lost");
}

#[test]
fn a_full_filesystem_in_memory_costs_nothing() {
    mounts::in_namespace("full-memory");
}

#[test]
fn a_full_ext4_costs_nothing() {
    mounts::in_namespace("full-ext4");
}

#[test]
fn a_filesystem_without_inodes_costs_nothing() {
    mounts::in_namespace("inodes");
}

#[test]
fn a_boot_partition_without_exchanges_and_links_is_before_or_after() {
    mounts::in_namespace("plain");
}

#[test]
fn a_read_only_filesystem_refuses_and_can_be_read() {
    mounts::in_namespace("read-only");
}

#[test]
fn few_descriptors_cost_nothing() {
    refused::few_descriptors();
}
