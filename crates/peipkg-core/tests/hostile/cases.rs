//! Every case: its family, its name, what it must be refused with.

use super::package::Package;

/// A file that a package reader is given.
pub struct Case {
    pub family: &'static str,
    pub name: &'static str,
    /// The code it is refused with; `OK` when it is accepted.
    pub code: &'static str,
    /// What the message must name: file, rule or value.
    pub names: &'static str,
    /// Made when it is needed: some are large.
    pub make: Box<dyn Fn() -> Vec<u8>>,
}

/// What the code is for cases that must be accepted.
pub const OK: &str = "OK";

/// The cases of one family.
pub struct Family {
    name: &'static str,
    cases: Vec<Case>,
}

impl Family {
    pub fn new(name: &'static str) -> Self {
        Self { name, cases: Vec::new() }
    }

    /// A file of any bytes.
    pub fn raw(
        &mut self,
        name: &'static str,
        code: &'static str,
        names: &'static str,
        make: impl Fn() -> Vec<u8> + 'static,
    ) {
        self.cases.push(Case { family: self.name, name, code, names, make: Box::new(make) });
    }

    /// A package.
    pub fn add(&mut self, name: &'static str, code: &'static str, names: &'static str, package: Package) {
        self.raw(name, code, names, move || package.zstd());
    }

    pub fn done(self) -> Vec<Case> {
        self.cases
    }
}

/// All of them.
pub fn all() -> Vec<Case> {
    let families = [
        super::container::cases(),
        super::headers::cases(),
        super::layout::cases(),
        super::payload::cases(),
        super::documents::cases(),
        super::envelope::cases(),
    ];
    families.into_iter().flatten().collect()
}
