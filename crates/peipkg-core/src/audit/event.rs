//! One event and its two forms: JSON for the file and the database, msgpack for the kernel.

use super::operator::Place;
use super::{ORIGIN, msgpack};
use crate::json::Writer;

/// The types of PSD-009 §7.6.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Packages were installed.
    Install,
    /// Packages moved to another version, or were put in place again.
    Upgrade,
    /// Packages were removed.
    Uninstall,
    /// What is known of a repository was brought up to date.
    Refresh,
    /// A transaction was refused or rolled back.
    TransactionFailed,
    /// An interrupted transaction was brought to rest.
    Recovery,
    /// Somebody answered for an elevated action.
    Authorisation,
    /// A repository was added.
    RepoAdd,
    /// A repository was removed.
    RepoRemove,
    /// A setting that trust depends on was changed.
    ConfigChange,
}

impl Type {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Install, "peipkg.install"),
        (Self::Upgrade, "peipkg.upgrade"),
        (Self::Uninstall, "peipkg.uninstall"),
        (Self::Refresh, "peipkg.refresh"),
        (Self::TransactionFailed, "peipkg.transaction-failed"),
        (Self::Recovery, "peipkg.recovery"),
        (Self::Authorisation, "peipkg.authorisation"),
        (Self::RepoAdd, "peipkg.repo-add"),
        (Self::RepoRemove, "peipkg.repo-remove"),
        (Self::ConfigChange, "peipkg.config-change"),
    ];

    /// As it is written in events.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, text)| text)
    }

    /// The type of that name, with or without `peipkg.`.
    pub fn parse(text: &str) -> Option<Self> {
        let same = |name: &str| name == text || name.strip_prefix("peipkg.") == Some(text);
        Self::ALL.iter().find(|(_, name)| same(name)).map(|(kind, _)| *kind)
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Success,
    /// It was refused; nothing changed.
    Rejection,
    /// It had begun and was undone.
    Rollback,
}

impl Outcome {
    /// As it is written in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Rejection => "rejection",
            Self::Rollback => "rollback",
        }
    }

    /// The outcome of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Success, Self::Rejection, Self::Rollback].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// A package that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The version after the operation; of a removal, the one that went.
    pub version: Option<String>,
    /// The version before, where one was replaced.
    pub from: Option<String>,
    /// Its architecture, where it is known.
    pub architecture: Option<String>,
    /// The repository that it comes from; none for a local file.
    pub repository: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its type.
    pub kind: Type,
    /// install, upgrade, uninstall, refresh, recovery, …
    pub operation: String,
    /// The transaction, where there was one.
    pub transaction: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, or what exactly: a complete text.
    pub reason: Option<String>,
    /// In plan order.
    pub packages: Vec<Package>,
    /// The repository that it is about.
    pub repository: Option<String>,
}

impl Event {
    /// A success without transaction, packages or reason.
    pub fn new(kind: Type, operation: &str) -> Self {
        Self {
            kind,
            operation: operation.to_owned(),
            transaction: None,
            outcome: Outcome::Success,
            reason: None,
            packages: Vec::new(),
            repository: None,
        }
    }

    /// Without the hash of the line before, which only the file knows.
    pub(super) fn to_json(&self, id: &str, place: &Place) -> String {
        let mut writer = Writer::new();
        writer.object(|event| {
            event.key("id").string(id);
            event.key("origin").string(ORIGIN);
            event.key("type").string(self.kind.as_str());
            event.key("operation").string(&self.operation);
            number(event, "transaction", self.transaction.map(i64::unsigned_abs));
            event.key("outcome").string(self.outcome.as_str());
            text(event, "reason", self.reason.as_deref());
            event.key("packages").array(|list| self.packages.iter().for_each(|one| write_package(list, one)));
            text(event, "repository", self.repository.as_deref());
            event.key("operator").object(|operator| {
                operator.key("uid").u64(u64::from(place.uid));
                number(operator, "login_uid", place.login_uid.map(u64::from));
                text(operator, "user", place.user.as_deref());
            });
            event.key("timestamp").string(&place.timestamp);
            event.key("version").string(env!("CARGO_PKG_VERSION"));
            event.key("host").string(&place.host);
            event.key("root").string(&place.root);
        });
        writer.finish()
    }

    /// The same for the kernel, which stamps the operator itself.
    pub(super) fn to_msgpack(&self, id: &str, place: &Place) -> Vec<u8> {
        let packages = self.packages.iter().map(|package| {
            msgpack::Value::Map(vec![
                ("name", msgpack::Value::Text(&package.name)),
                ("version", maybe(package.version.as_deref())),
                ("from", maybe(package.from.as_deref())),
                ("architecture", maybe(package.architecture.as_deref())),
                ("repository", maybe(package.repository.as_deref())),
            ])
        });
        let transaction = self.transaction.map(|id| msgpack::Value::Number(id.unsigned_abs()));
        msgpack::encode(&msgpack::Value::Map(vec![
            ("id", msgpack::Value::Text(id)),
            ("operation", msgpack::Value::Text(&self.operation)),
            ("transaction", transaction.unwrap_or(msgpack::Value::Nil)),
            ("outcome", msgpack::Value::Text(self.outcome.as_str())),
            ("reason", maybe(self.reason.as_deref())),
            ("packages", msgpack::Value::List(packages.collect())),
            ("repository", maybe(self.repository.as_deref())),
            ("timestamp", msgpack::Value::Text(&place.timestamp)),
            ("version", msgpack::Value::Text(env!("CARGO_PKG_VERSION"))),
            ("host", msgpack::Value::Text(&place.host)),
            ("root", msgpack::Value::Text(&place.root)),
        ]))
    }
}

fn maybe(value: Option<&str>) -> msgpack::Value<'_> {
    value.map_or(msgpack::Value::Nil, msgpack::Value::Text)
}

fn number(writer: &mut Writer, key: &str, value: Option<u64>) {
    let writer = writer.key(key);
    match value {
        Some(number) => writer.u64(number),
        None => writer.null(),
    }
}

fn text(writer: &mut Writer, key: &str, value: Option<&str>) {
    let writer = writer.key(key);
    match value {
        Some(text) => writer.string(text),
        None => writer.null(),
    }
}

fn write_package(writer: &mut Writer, package: &Package) {
    writer.object(|fields| {
        fields.key("name").string(&package.name);
        text(fields, "version", package.version.as_deref());
        text(fields, "from", package.from.as_deref());
        text(fields, "architecture", package.architecture.as_deref());
        text(fields, "repository", package.repository.as_deref());
    });
}
