//! Every sentence of PSD-009 §3.2 and §3.4 about paths, destinations, symlinks and drop-ins.

use proptest::prelude::*;

use super::*;
use crate::error::Coded as _;
use crate::identity::{Architecture, Name};

fn architecture(text: &str) -> Architecture {
    Architecture::parse(text).expect(text)
}

#[test]
fn paths() {
    let component = "c".repeat(255);
    let deep = vec!["d"; 256].join("/");
    let long = format!("{}/{}/{}", vec![component.as_str(); 15].join("/"), "e".repeat(127), "e".repeat(128));
    assert_eq!(long.len(), 4096);
    for path in [
        "usr",
        "usr/bin/x",
        "etc/.hidden",
        "etc/...",
        "opt/größe",
        "opt/a b",
        "opt/.peipkg",
        ".peipkgs",
        &component,
        &deep,
        &long,
    ] {
        assert!(check_path(path).is_ok(), "{path}");
    }
    for (path, rule) in [
        ("", "must not be empty"),
        ("/", "relative"),
        ("/usr", "relative"),
        ("usr/", "empty component"),
        ("usr//bin", "empty component"),
        ("./usr", "component . or .."),
        ("usr/.", "component . or .."),
        ("usr/../etc", "component . or .."),
        ("..", "component . or .."),
        ("usr/a\0b", "NUL"),
        ("usr/a\nb", "control character"),
        ("usr/a\x1bb", "control character"),
        ("usr/a\x7fb", "control character"),
        ("usr/a\\b", "backslash"),
        ("usr/gro\u{308}ße", "NFC"),
        ("usr/\u{212b}", "NFC"),
        (".peipkg", ".peipkg"),
        (".peipkg/x", ".peipkg"),
        (&format!("{component}c"), "255 bytes"),
        (&format!("{}ö", &component[1..]), "255 bytes"),
        (&format!("{long}e"), "4096 bytes"),
        (&format!("{deep}/d"), "256 components"),
    ] {
        let error = check_path(path).expect_err(path);
        assert!(error.to_string().contains(rule), "{error}: {rule}");
        assert_eq!(error.code(), "PEI_PACKAGE_PATH");
    }
}

#[test]
fn c1_and_bidirectional_characters_are_not_forbidden_in_paths_but_are_escaped_in_messages() {
    assert!(check_path("opt/a\u{85}b").is_ok());
    let message = check_path("opt/\u{202e}\x1b").expect_err("a control character").to_string();
    assert!(message.contains("\\u{202e}\\u{1b}"), "{message}");
}

use EntryKind::{Directory, File, Symlink};

#[test]
fn destinations_of_every_package() {
    for arch in ["x86_64", "noarch"].map(architecture) {
        for destination in
            ["usr/bin", "usr/share", "usr/include", "etc", "opt", "boot", "system", "usr/src/debug"]
        {
            let below = format!("{destination}/a");
            for kind in [File, Directory, Symlink] {
                assert!(check_destination(kind, &below, &arch).is_ok(), "{below}");
                assert!(check_destination(kind, &format!("{below}/b"), &arch).is_ok(), "{below}/b");
                assert_eq!(
                    check_destination(kind, destination, &arch).is_ok(),
                    kind == Directory,
                    "{destination}"
                );
            }
        }
        for ancestor in ["usr", "usr/lib", "usr/src", "var", "dev", "proc", "run", "sys", "tmp"] {
            assert!(check_destination(Directory, ancestor, &arch).is_ok(), "{ancestor}");
            assert!(check_destination(File, ancestor, &arch).is_err(), "{ancestor}");
            assert!(check_destination(Symlink, ancestor, &arch).is_err(), "{ancestor}");
        }
        assert!(check_destination(Directory, "var/log/a", &arch).is_ok());
    }
}

#[test]
fn destinations_of_architectures() {
    let (own, noarch) = (architecture("x86_64"), architecture("noarch"));
    for destination in ["usr/lib/x86_64-linux-peios", "usr/lib/modules", "usr/lib/debug"] {
        assert!(check_destination(Directory, destination, &own).is_ok(), "{destination}");
        assert!(check_destination(File, &format!("{destination}/a"), &own).is_ok(), "{destination}");
        assert!(check_destination(File, destination, &own).is_err(), "{destination}");
        for kind in [File, Directory, Symlink] {
            let error = check_destination(kind, &format!("{destination}/a"), &noarch).expect_err(destination);
            assert!(error.to_string().contains("noarch"), "{error}");
            assert!(check_destination(kind, destination, &noarch).is_err(), "{destination}");
        }
    }
    for triplet in ["aarch64-linux-peios", "noarch-linux-peios", "x86_64-linux-gnu", "x86_64", "-linux-peios"]
    {
        assert!(check_destination(File, &format!("usr/lib/{triplet}/a"), &own).is_err(), "{triplet}");
        assert!(check_destination(Directory, &format!("usr/lib/{triplet}"), &noarch).is_err(), "{triplet}");
    }
}

#[test]
fn nothing_anywhere_else() {
    let arch = architecture("x86_64");
    for (path, rule) in [
        ("a", "allowed destination"),
        ("bin/sh", "allowed destination"),
        ("lib/x", "allowed destination"),
        ("home/x", "allowed destination"),
        ("root", "allowed destination"),
        ("srv/x", "allowed destination"),
        ("conf/peipkg/x.repo", "allowed destination"),
        ("ETC/x", "allowed destination"),
        ("etcx/y", "allowed destination"),
        ("usr/binx", "below usr"),
        ("usr/sbin/x", "below usr"),
        ("usr/local/bin/x", "below usr"),
        ("usr/libexec/x", "below usr"),
        ("usr/lib64/x", "below usr"),
        ("usr/lib/x", "below usr/lib"),
        ("usr/lib/libx.so", "below usr/lib"),
        ("usr/lib/systemd/system/x", "below usr/lib"),
        ("usr/src/x", "below usr/src"),
        ("usr/src/debugx/y", "below usr/src"),
        ("dev/null", "nothing may be below"),
        ("proc/x", "nothing may be below"),
        ("run/x", "nothing may be below"),
        ("sys/x", "nothing may be below"),
        ("tmp/x", "nothing may be below"),
    ] {
        for kind in [File, Directory, Symlink] {
            let error = check_destination(kind, path, &arch).expect_err(path);
            assert!(error.to_string().contains(rule), "{error}: {rule}");
            assert_eq!(error.code(), "PEI_PACKAGE_DESTINATION");
        }
    }
    for kind in [File, Symlink] {
        let error = check_destination(kind, "var/lib/x", &arch).expect_err("only directories");
        assert!(error.to_string().contains("var/"), "{error}");
    }
}

#[test]
fn symlinks_within_the_destinations() {
    let arch = architecture("x86_64");
    for (path, target) in [
        ("usr/bin/a", "b"),
        ("usr/bin/a", "./b"),
        ("usr/bin/a", "."),
        ("usr/bin/a", ".//b/"),
        ("usr/bin/a", "../share"),
        ("usr/bin/a", "../share/"),
        ("usr/bin/a", "../share/x/../y"),
        ("usr/bin/a", "../lib/x86_64-linux-peios/libx.so"),
        ("usr/bin/a", "../lib/modules"),
        ("usr/bin/a", "../../etc/x"),
        ("usr/bin/a", "../../var/lib/x"),
        ("usr/bin/a", "../../etc"),
        ("boot/vmlinuz", "../usr/share/kernel/vmlinuz"),
        ("etc/a", "größe"),
        ("etc/x/y", "../../opt/../opt/z"),
    ] {
        check_symlink(path, target, &arch).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn symlinks_that_lead_elsewhere() {
    let arch = architecture("x86_64");
    for (path, target, rule) in [
        ("usr/bin/a", "", "empty"),
        ("usr/bin/a", "/usr/bin/b", "relative"),
        ("usr/bin/a", "/", "relative"),
        ("usr/bin/a", "..", "allowed destination"),
        ("usr/bin/a", "../lib", "allowed destination"),
        ("usr/bin/a", "../lib/", "allowed destination"),
        ("usr/bin/a", "../lib/libx.so", "allowed destination"),
        ("usr/bin/a", "../lib/aarch64-linux-peios/x", "allowed destination"),
        ("usr/bin/a", "../src", "allowed destination"),
        ("usr/bin/a", "../..", "allowed destination"),
        ("usr/bin/a", "../../home", "allowed destination"),
        ("usr/bin/a", "../../dev", "allowed destination"),
        ("usr/bin/a", "../../dev/null", "allowed destination"),
        ("usr/bin/a", "../../proc/self/exe", "allowed destination"),
        ("usr/bin/a", "../../tmp", "allowed destination"),
        ("usr/bin/a", "../../.peipkg/x", "allowed destination"),
        ("usr/bin/a", "../../../etc/x", "out of the root"),
        ("usr/bin/a", "../../../../usr/bin/b", "out of the root"),
        ("etc/a", "x/../../../etc/y", "out of the root"),
        ("etc/a", "b\\c", "backslash"),
        ("etc/a", "b\nc", "control character"),
        ("etc/a", "b\x7f", "control character"),
        ("etc/a", "o\u{308}", "NFC"),
        ("etc/a", &"x".repeat(256), "255 bytes"),
        ("etc/a", &"x/".repeat(2048), "4095 bytes"),
        ("etc/a", &"x/".repeat(257), "256 components"),
    ] {
        let error = check_symlink(path, target, &arch).expect_err(target);
        assert!(error.to_string().contains(rule), "{error}: {rule}");
        assert_eq!(error.code(), "PEI_PACKAGE_SYMLINK");
    }
    let noarch = architecture("noarch");
    assert!(check_symlink("usr/bin/a", "../lib/x86_64-linux-peios/x", &noarch).is_err());
    assert!(check_symlink("etc/a", &"./".repeat(2000), &arch).is_ok(), "dropped components do not count");
}

#[test]
fn drop_ins() {
    let drop_ins = DropIns::with(["/etc/own.d/", "system/deep/own.d", ""]);
    let package = Name::parse("nginx").expect("valid");
    let foreign = Origin::new(Some("extra"), false);
    let check = |origin, kind, path: &str| drop_ins.check(&package, origin, kind, path);
    for directory in [
        "etc/ld.so.conf.d",
        "etc/profile.d",
        "etc/sudoers.d",
        "etc/cron.d",
        "etc/cron.daily",
        "etc/cron.hourly",
        "etc/cron.weekly",
        "etc/cron.monthly",
        "etc/sysctl.d",
        "etc/modules-load.d",
        "etc/modprobe.d",
        "etc/binfmt.d",
        "etc/own.d",
        "system/deep/own.d",
    ] {
        let allowed = format!("{directory}/peios-extra/nginx.conf");
        for kind in [File, Symlink] {
            for path in [
                format!("{directory}/nginx"),
                format!("{directory}/peios-extra"),
                format!("{directory}/peios-extra/other"),
                format!("{directory}/peios-extra/ngin"),
                format!("{directory}/peios-local/nginx"),
                format!("{directory}/other/nginx"),
                directory.to_owned(),
            ] {
                let error = check(foreign, kind, &path).expect_err(&path);
                assert_eq!(error.code(), "PEI_PACKAGE_DROP_IN");
                assert!(error.to_string().contains("peios-extra"), "{error}");
                assert!(check(Origin::new(Some("extra"), true), kind, &path).is_ok(), "official: {path}");
            }
            assert!(check(foreign, kind, &allowed).is_ok(), "{allowed}");
            assert!(check(foreign, kind, &format!("{directory}/peios-extra/nginx.d/any")).is_ok());
            assert!(
                check(Origin::new(None, true), kind, &format!("{directory}/nginx")).is_err(),
                "a local file is never official"
            );
            assert!(check(Origin::Local, kind, &format!("{directory}/peios-local/nginx")).is_ok());
        }
        assert!(check(foreign, Directory, directory).is_ok());
        assert!(check(foreign, Directory, &format!("{directory}/peios-extra")).is_ok());
        assert!(check(foreign, Directory, &format!("{directory}/peios-other")).is_err());
    }
    for path in ["etc/nginx/a", "etc/profile", "etc/profile.dx/a", "usr/share/profile.d/a", "etc/conf.d/a"] {
        assert!(check(foreign, File, path).is_ok(), "{path}");
    }
    assert!(
        check(foreign, Symlink, "system/deep").is_err(),
        "a link above a drop-in directory would stand in for it"
    );
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "usr",
        "lib",
        "bin",
        "etc",
        "var",
        "profile.d",
        "..",
        ".",
        "",
        "/",
        "//",
        "\\",
        "\0",
        "\u{308}",
        "o",
        "ö",
        "x86_64-linux-peios",
        "dev",
        ".peipkg",
        "peios-extra",
        "nginx",
        "\u{202e}",
        "modules",
    ]);
    (prop::collection::vec(piece, 0..8), any::<bool>())
        .prop_map(|(pieces, slashes)| pieces.join(if slashes { "/" } else { "" }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn nothing_panics(path in hostile(), target in hostile(), any in any::<String>()) {
        for arch in ["x86_64", "noarch"].map(architecture) {
            for path in [&path, &any] {
                let _ = check_path(path);
                let _ = check_symlink(path, &target, &arch);
                for kind in [File, Directory, Symlink] {
                    let _ = check_destination(kind, path, &arch);
                    let _ = DropIns::default().check(&Name::parse("nginx").expect("valid"), Origin::Local, kind, path);
                }
            }
        }
    }

    /// The rule, put another way: an accepted link's target, resolved by the filesystem's rules, is accepted as a path.
    #[test]
    fn an_accepted_link_stays_inside(path in hostile(), target in hostile()) {
        let arch = architecture("x86_64");
        if check_path(&path).is_ok() && check_symlink(&path, &target, &arch).is_ok() {
            let mut resolved = std::path::PathBuf::from(&path);
            resolved.pop();
            for component in std::path::Path::new(&target).components() {
                match component {
                    std::path::Component::ParentDir => prop_assert!(resolved.pop()),
                    std::path::Component::Normal(name) => resolved.push(name),
                    std::path::Component::CurDir => {}
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            let resolved = resolved.to_str().expect("UTF-8").to_owned();
            prop_assert!(check_destination(Directory, &resolved, &arch).is_ok(), "{}", resolved);
            prop_assert!(!["usr", "usr/lib", "usr/src"].contains(&resolved.as_str()));
        }
    }
}
