use super::{Candidate, ConfiguredRepository, Location, Request, Requirement, Source, Universe};
use crate::archive::Observer;
use crate::fsx::Root;
use crate::identity::Name;
use crate::package::{Limits, Manifest};
use crate::repository::adopt::{Mode, adopt, adopt_archive};
use crate::repository::fixture::{NOW, Publication, index_document, key, package, required};
use crate::repository::index::Kind;
use crate::signature::detached::{Format, sign};
use crate::store::packages::{InstalledPackage, Reason, insert};
use crate::store::{Store, StoreError};

struct System {
    root: Root,
    _directory: tempfile::TempDir,
    repositories: Vec<ConfiguredRepository>,
}

impl System {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("temporary directory");
        let root = Root::open(directory.path()).expect("root");
        Store::write(&root, "x86_64").expect("database");
        Self { root, _directory: directory, repositories: Vec::new() }
    }

    /// Adds a repository that offers these entries, in their order.
    fn with(mut self, name: &str, priority: u32, entries: &[String]) -> Self {
        let publication = Publication { packages: entries.join(","), ..Publication::new() };
        adopt(&self.root, &publication.fetch().update_of(name, Mode::Add), &required()).expect("adopted");
        self.repositories.push(ConfiguredRepository {
            name: name.to_owned(),
            priority,
            official: false,
            policy: required(),
            base_url: format!("https://{name}.example.org/base"),
            farm_ids: Vec::new(),
        });
        self
    }

    fn archive(self, name: &str, entries: &[String]) -> Self {
        let document = index_document("test", Kind::Archive, 2, NOW, &entries.join(","));
        let signature = sign(&document, &key(1), Format::Envelope);
        adopt_archive(&self.root, name, &document, Some(&signature), None, &required()).expect("adopted");
        self
    }

    fn installed(self, name: &str, version: &str, more: &str) -> Self {
        let more = if more.is_empty() { ",\"dependencies\":[],\"conflicts\":[]" } else { more };
        let manifest = format!(
            "{{\"schema_version\":1,\"name\":\"{name}\",\"version\":\"{version}\",\"architecture\":\"x86_64\",\"size_installed\":0,\
             \"build\":{{\"timestamp\":\"2026-05-01T12:00:00Z\",\"farm_id\":\"f\",\"source_ref\":\"r\"}}{more}}}\n"
        );
        Manifest::parse(manifest.as_bytes(), &Limits::default()).expect("a valid manifest");
        let package = InstalledPackage {
            id: 0,
            name: name.into(),
            version: version.into(),
            architecture: "x86_64".into(),
            origin: Some("main".into()),
            origin_priority: Some(10),
            reason: Reason::Explicit,
            held: false,
            installed_at: NOW,
            manifest: manifest.into_bytes(),
        };
        let mut store = Store::write(&self.root, "x86_64").expect("database");
        store.change::<_, StoreError>(|connection| insert(connection, &package)).expect("recorded");
        self
    }

    fn request(&self, names: &[&str]) -> Request {
        Request {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            repositories: self.repositories.clone(),
            ..Request::default()
        }
    }

    fn build(&self, request: &Request) -> Universe {
        Universe::build(&self.root, request, &Observer::default()).expect("built")
    }

    fn universe(&self, names: &[&str]) -> Universe {
        self.build(&self.request(names))
    }
}

/// `name version source`, in candidate order.
fn shown(universe: &Universe) -> Vec<String> {
    universe.candidates.iter().map(|candidate| show(universe, candidate)).collect()
}

fn show(universe: &Universe, candidate: &Candidate) -> String {
    let source = match &candidate.source {
        Source::Local { .. } => "local",
        Source::Installed { .. } => "installed",
        Source::Retained { .. } => "retained",
        Source::Repository { repository, .. } => &universe.repositories[*repository].configured.name,
    };
    format!("{} {} {source}", candidate.package.name, candidate.package.version)
}

fn find<'a>(universe: &'a Universe, what: &str) -> &'a Candidate {
    universe.candidates.iter().find(|candidate| show(universe, candidate) == what).expect(what)
}

fn satisfiers(universe: &Universe, ids: &[u32]) -> Vec<String> {
    let requirements = ids.iter().map(|id| &universe.requirements[*id as usize]);
    requirements
        .flat_map(|requirement| requirement.satisfiers.iter())
        .map(|id| show(universe, &universe.candidates[*id as usize]))
        .collect()
}

fn needs(relations: &str) -> String {
    format!(",\"architecture\":\"x86_64\",\"dependencies\":[{relations}]")
}

const X86: &str = ",\"architecture\":\"x86_64\"";

#[test]
fn it_holds_what_the_request_leads_to_and_no_more() {
    let system = System::new().with(
        "main",
        10,
        &[
            package("app", "1-1", &needs("{\"name\":\"lib\"},{\"name\":\"mail\"}")),
            package("deep", "1-1", X86),
            package("lib", "2-1", &needs("{\"name\":\"deep\"}")),
            package("other", "1-1", &needs("{\"name\":\"lib\"}")),
            package(
                "postfix",
                "1-1",
                ",\"architecture\":\"x86_64\",\"provides\":[{\"name\":\"mail\",\"version\":\"3-1\"}]",
            ),
        ],
    );
    let universe = system.universe(&["app"]);
    assert_eq!(shown(&universe), ["app 1-1 main", "deep 1-1 main", "lib 2-1 main", "postfix 1-1 main"]);
    let app = find(&universe, "app 1-1 main");
    assert_eq!(satisfiers(&universe, &app.dependencies), ["lib 2-1 main", "postfix 1-1 main"]);
    assert_eq!(shown(&system.universe(&["mail"])), ["postfix 1-1 main"], "asked for by a virtual name");
    assert_eq!(shown(&system.universe(&["absent"])), [""; 0]);
}

#[test]
fn optional_dependencies_pull_nothing_in() {
    let optional = ",\"optional_dependencies\":[{\"name\":\"doc\"},{\"name\":\"tool\"}]";
    let system = System::new()
        .with(
            "main",
            10,
            &[package("app", "1-1", optional), package("doc", "1-1", ""), package("tool", "1-1", "")],
        )
        .installed("tool", "1-1", "");
    let universe = system.universe(&["app"]);
    assert!(!shown(&universe).contains(&"doc 1-1 main".to_owned()));
    let named: Vec<&str> = find(&universe, "app 1-1 main")
        .optional
        .iter()
        .map(|id| universe.requirements[*id as usize].name.as_str())
        .collect();
    assert_eq!(named, ["doc", "tool"]);
}

#[test]
fn installed_packages_and_their_upgrades_are_always_there() {
    let depends = ",\"dependencies\":[{\"name\":\"lib\",\"constraint\":\"< 2\"}],\"conflicts\":[]";
    let system = System::new()
        .with(
            "main",
            10,
            &[
                package("lib", "2-1", X86),
                package("user", "2-1", &needs("{\"name\":\"lib\"},{\"name\":\"new\"}")),
                package("zz-new", "1-1", ",\"provides\":[{\"name\":\"new\"}]"),
            ],
        )
        .installed("lib", "1-1", "")
        .installed("user", "1-1", depends);
    let universe = system.universe(&["lib"]);
    assert_eq!(
        shown(&universe),
        ["lib 2-1 main", "lib 1-1 installed", "user 2-1 main", "user 1-1 installed", "zz-new 1-1 main"],
        "an upgrade of lib breaks user, whose own upgrade and what that needs are at hand"
    );
    assert_eq!(
        satisfiers(&universe, &find(&universe, "user 1-1 installed").dependencies),
        ["lib 1-1 installed"]
    );
    assert!(matches!(
        &find(&universe, "lib 1-1 installed").source,
        Source::Installed { origin: Some(origin), origin_priority: Some(10), reason: Reason::Explicit, held: false } if origin == "main"
    ));
    assert!(universe.generation > 0);
}

#[test]
fn versions_have_dense_ranks_and_equal_ones_share_one() {
    let provides = ",\"provides\":[{\"name\":\"vv\",\"version\":\"1.0~alpha-1\"},{\"name\":\"ww\"}]";
    let system = System::new()
        .with("main", 10, &[package("aa", "1.0~a-1", provides)])
        .with("spare", 50, &[package("aa", "1.0-1", "")])
        .installed("aa", "0.9-1", "");
    let universe = system.universe(&["aa"]);
    assert_eq!(shown(&universe), ["aa 1.0-1 spare", "aa 1.0~a-1 main", "aa 0.9-1 installed"]);
    let ranks: Vec<u32> = universe.candidates.iter().map(|candidate| candidate.rank).collect();
    assert_eq!(ranks, [2, 1, 0]);
    assert_eq!(universe.candidates[1].provide_ranks, [Some(1), None]);
}

#[test]
fn the_architecture_rule() {
    let system = System::new().with(
        "main",
        10,
        &[
            package("any", "1-1", ",\"dependencies\":[{\"name\":\"real\"}]"),
            package("foreign", "1-1", ",\"architecture\":\"aarch64\""),
            package("real", "1-1", &needs("{\"name\":\"any\"}")),
        ],
    );
    let universe = system.universe(&["any", "foreign"]);
    assert_eq!(shown(&universe), ["any 1-1 main", "real 1-1 main"]);
    let foreign = &universe.mismatched[0];
    assert_eq!(
        (foreign.name.as_str(), foreign.architecture.as_str(), foreign.repository),
        ("foreign", "aarch64", Some(0))
    );
    let requirement = |what: &str| -> &Requirement {
        &universe.requirements[find(&universe, what).dependencies[0] as usize]
    };
    assert_eq!(requirement("real 1-1 main").satisfiers, [0], "noarch serves everybody");
    let none: [u32; 0] = [];
    assert_eq!(requirement("any 1-1 main").satisfiers, none);
    assert_eq!(
        requirement("any 1-1 main").wrong_architecture,
        [1],
        "a noarch package cannot use it, and the view says so"
    );
}

#[test]
fn a_provide_without_version_meets_every_constraint() {
    let wants = needs("{\"name\":\"vv\",\"constraint\":\">= 5\"}");
    let provides = |version: &str| format!("{X86},\"provides\":[{{\"name\":\"vv\"{version}}}]");
    let system = System::new().with(
        "main",
        10,
        &[
            package("app", "1-1", &wants),
            package("p1", "1-1", &provides("")),
            package("p2", "1-1", &provides(",\"version\":\"4-1\"")),
            package("p3", "1-1", &provides(",\"version\":\"5-1\"")),
            package("vv", "6-1", X86),
        ],
    );
    let universe = system.universe(&["app"]);
    let dependencies = &find(&universe, "app 1-1 main").dependencies;
    assert_eq!(satisfiers(&universe, dependencies), ["p1 1-1 main", "p3 1-1 main", "vv 6-1 main"]);
}

#[test]
fn nothing_conflicts_with_or_replaces_itself() {
    let mail = format!(
        "{X86},\"conflicts\":[{{\"name\":\"mail\"}}],\"provides\":[{{\"name\":\"mail\"}}],\"replaces\":[{{\"name\":\"mail\"}},{{\"name\":\"old\"}}]"
    );
    let system = System::new()
        .with("main", 10, &[package("exim", "1-1", &mail), package("postfix", "2-1", &mail)])
        .installed("postfix", "1-1", "")
        .installed("old", "1-1", ",\"dependencies\":[],\"conflicts\":[],\"provides\":[{\"name\":\"mail\"}]");
    let universe = system.universe(&["mail"]);
    let postfix = find(&universe, "postfix 2-1 main");
    assert_eq!(satisfiers(&universe, &postfix.conflicts), ["exim 1-1 main", "old 1-1 installed"]);
    assert_eq!(satisfiers(&universe, &postfix.replaces), ["old 1-1 installed"], "by real name only");
    let requirement = universe.requirements.iter().filter(|requirement| requirement.name.as_str() == "mail");
    assert!(requirement.count() >= 2, "each of the two leaves itself out");
}

#[test]
fn an_upgrade_of_everything_follows_replacements() {
    let replaces = ",\"replaces\":[{\"name\":\"old\",\"constraint\":\"< 2\"}]";
    let system =
        System::new().with("main", 10, &[package("fresh", "1-1", replaces)]).installed("old", "1-1", "");
    assert_eq!(shown(&system.universe(&[])), ["old 1-1 installed"]);
    let universe = system.build(&Request { everything: true, ..system.request(&[]) });
    assert_eq!(shown(&universe), ["fresh 1-1 main", "old 1-1 installed"]);
    assert_eq!(satisfiers(&universe, &find(&universe, "fresh 1-1 main").replaces), ["old 1-1 installed"]);
}

#[test]
fn the_archive_is_searched_when_asked_and_shadows_nothing() {
    let system = System::new()
        .with(
            "main",
            10,
            &[
                package("app", "2-1", &needs("{\"name\":\"lib\"}")),
                package("lib", "2-1", X86),
                package("tool", "2-1", X86),
            ],
        )
        .archive(
            "main",
            &[
                package("app", "2-1", &needs("{\"name\":\"lib\"}")),
                package("app", "1-1", &needs("{\"name\":\"lib\",\"constraint\":\"= 1\"}")),
                package("lib", "2-1", X86),
                package("lib", "1-1", X86),
                package("tool", "2-1", X86),
                package("tool", "1-1", X86),
            ],
        )
        .installed("tool", "1-1", "");
    let without = system.universe(&["app"]);
    assert_eq!(shown(&without), ["app 2-1 main", "lib 2-1 main", "tool 2-1 main", "tool 1-1 installed"]);
    let universe = system.build(&Request { archives: vec!["main".into()], ..system.request(&["app"]) });
    assert_eq!(
        shown(&universe),
        [
            "app 2-1 main",
            "app 1-1 main",
            "lib 2-1 main",
            "lib 1-1 main",
            "tool 2-1 main",
            "tool 1-1 installed"
        ],
        "what is merely installed is not searched in the archive"
    );
    let archived =
        |what: &str| matches!(find(&universe, what).source, Source::Repository { archived: true, .. });
    assert!(!archived("app 2-1 main") && archived("app 1-1 main") && archived("lib 1-1 main"));
    assert_eq!(satisfiers(&universe, &find(&universe, "app 1-1 main").dependencies), ["lib 1-1 main"]);
}

#[test]
fn a_repository_that_does_not_verify_is_named_and_the_others_are_used() {
    let mut system = System::new().with("main", 10, &[package("app", "2-1", "")]).with(
        "spare",
        50,
        &[package("app", "1-1", "")],
    );
    let directory = system.root.absolute("var/lib/peipkg/cache/repositories/main");
    for file in std::fs::read_dir(directory).expect("listed") {
        std::fs::write(file.expect("entry").path(), b"{}").expect("damaged");
    }
    system.repositories.push(ConfiguredRepository { name: "never".into(), ..system.repositories[0].clone() });
    let universe = system.universe(&["app"]);
    assert_eq!(shown(&universe), ["app 1-1 spare"]);
    let problems: Vec<&str> = universe.problems.iter().map(|problem| &*problem.repository).collect();
    assert_eq!(problems, ["main", "never"]);
    assert!(universe.problems[0].reason.contains("altered"), "{:?}", universe.problems);
}

#[test]
fn a_root_without_database_is_an_empty_system() {
    let directory = tempfile::tempdir().expect("temporary directory");
    let root = Root::open(directory.path()).expect("root");
    let repositories = System::new().with("main", 10, &[]).repositories;
    let request = Request { names: vec!["app".into()], repositories, ..Request::default() };
    let universe = Universe::build(&root, &request, &Observer::default()).expect("built");
    assert_eq!((universe.generation, universe.candidates.len(), universe.problems.len()), (0, 0, 1));
    assert_eq!(root.list("").expect("list"), [""; 0], "looking creates nothing");
}

#[test]
fn what_is_fetched_is_known_and_where() {
    let system = System::new().with("main", 10, &[package("app", "2-1", "")]).installed("app", "1-1", "");
    let universe = system.universe(&["app"]);
    let expected = universe.expected(0).expect("offered");
    assert_eq!((expected.size_compressed, expected.size_installed), (10, 20));
    assert_eq!(expected.entry.expect("an index entry").name, Name::parse("app").expect("valid"));
    assert_eq!(expected.repository.expect("from a repository").configured.priority, 10);
    let url = "https://main.example.org/base/p/app".to_owned();
    assert_eq!(universe.location(0), Some(Location::Remote { repository: "main".into(), url }));
    assert!(universe.expected(1).is_none() && universe.location(1).is_none(), "installed");
    assert!(universe.expected(9).is_none());
}

#[test]
fn local_files_are_verified_and_come_first() {
    let system = System::new().with("main", 10, &[package("hello", "0.1-1", "")]);
    let golden = |name: &str| {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/packages").join(name)
    };
    let request =
        Request { locals: vec![golden("unsigned-hello_0.1-1_noarch.peipkg")], ..system.request(&[]) };
    let universe = system.build(&request);
    assert_eq!(shown(&universe), ["hello 0.1-1 local", "hello 0.1-1 main"]);
    let expected = universe.expected(0).expect("to be installed");
    assert!(expected.entry.is_none() && expected.repository.is_none());
    assert_eq!(expected.size_compressed, 595);
    let request = Request { locals: vec![golden("test-signing-key.pem")], ..system.request(&[]) };
    let error =
        Universe::build(&system.root, &request, &Observer::default()).expect_err("no package").to_string();
    assert!(error.contains("test-signing-key.pem: "), "{error}");
}

#[test]
fn the_whole_offer_has_the_relations_of_a_plan_and_no_texts() {
    let system = System::new()
        .with(
            "main",
            10,
            &[
                package("app", "2-1", r#","dependencies":[{"name":"lib","constraint":">= 2"}]"#),
                package("lib", "2-1", r#","conflicts":[{"name":"old"}],"replaces":[{"name":"old"}]"#),
                package("old", "1-1", ""),
                package("other", "1-1", r#","dependencies":[{"name":"lib","constraint":">= 2"}]"#),
            ],
        )
        .installed("app", "1-1", r#","dependencies":[{"name":"lib"}],"conflicts":[]"#);
    let whole = system.build(&Request { whole: true, ..system.request(&[]) });
    let plan = system.universe(&["app", "lib", "other", "old"]);
    assert!(whole.query && !plan.query, "nothing may be planned from it");
    assert_eq!(shown(&whole), shown(&plan));
    let relations = |universe: &Universe| {
        let told = |ids: &[u32]| {
            let requirement = |id: &u32| &universe.requirements[*id as usize];
            let told = ids.iter().map(requirement).map(|known| {
                let constraint = known.constraint.as_ref().map(|constraint| constraint.as_str().to_owned());
                (known.name.to_string(), constraint, known.satisfiers.clone())
            });
            told.collect::<Vec<_>>()
        };
        let all = universe.candidates.iter().map(|candidate| {
            let Candidate { dependencies, optional, conflicts, replaces, .. } = candidate;
            [told(dependencies), told(optional), told(conflicts), told(replaces)]
        });
        all.collect::<Vec<_>>()
    };
    assert_eq!(relations(&whole), relations(&plan));
    assert!(whole.candidates.iter().all(|candidate| candidate.package.url.is_empty()));
}
