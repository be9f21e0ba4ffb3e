//! Rules one by one, and laws.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::error::Coded as _;

#[test]
fn names() {
    for name in ["ab", "a1", "0ad", "libstdc++", "edge.case+x", "a-b.c", "g++", "a+-b", &"a".repeat(64)] {
        assert_eq!(Name::parse(name).map(|name| name.to_string()).as_deref(), Ok(name));
    }
    for (name, rule) in [
        ("", "2 to 64"),
        ("a", "2 to 64"),
        (&*"a".repeat(65), "2 to 64"),
        ("Ab", "only a-z"),
        ("a_b", "only a-z"),
        ("ab\0", "only a-z"),
        ("größe", "only a-z"),
        ("a/b", "only a-z"),
        ("-ab", "start with"),
        (".ab", "start with"),
        ("+ab", "start with"),
        ("ab-", "must end"),
        ("ab.", "must end"),
        ("a--b", "two separators"),
        ("a..b", "two separators"),
        ("a-.b", "two separators"),
        ("a.-b", "two separators"),
    ] {
        let error = Name::parse(name).expect_err(name);
        assert!(error.to_string().contains(rule), "{error}");
        assert_eq!(error.code(), "PEI_NAME_INVALID");
    }
}

#[test]
fn versions_that_are_not() {
    for (version, rule) in [
        ("1.0", "must end in"),
        ("", "must end in"),
        ("1.0-0", "revision"),
        ("1.0-01", "revision"),
        ("1.0-+1", "revision"),
        ("1.0-9223372036854775808", "revision"),
        ("01:1.0-1", "epoch"),
        (":1.0-1", "epoch"),
        ("-1:1.0-1", "epoch"),
        ("9223372036854775808:1.0-1", "epoch"),
        ("1:2:1.0-1", "upstream"),
        ("-1", "upstream"),
        (".1-1", "upstream"),
        ("~1-1", "upstream"),
        ("1_0-1", "upstream"),
        ("1 0-1", "upstream"),
        ("1.ö-1", "upstream"),
    ] {
        let error = Version::parse(version).expect_err(version);
        assert!(error.to_string().contains(rule), "{error}");
        assert_eq!(error.code(), "PEI_VERSION_INVALID");
    }
    assert!(Version::parse("9223372036854775807:1-9223372036854775807").is_ok());
}

#[test]
fn equality_is_the_comparisons() {
    let [short, long, other] =
        ["1.0~a-1", "1.0~alpha-1", "1.0~b-1"].map(|text| Version::parse(text).expect(text));
    assert!(short == long && !short.same_text(&long));
    assert!(short < other && other > long);
}

#[test]
fn architectures() {
    for (text, triplet) in
        [("x86_64", Some("x86_64-linux-peios")), ("aarch64", Some("aarch64-linux-peios")), ("noarch", None)]
    {
        assert_eq!(Architecture::parse(text).map(|a| a.triplet()), Ok(triplet.map(String::from)));
    }
    assert!(Architecture::parse(Architecture::of_this_machine().as_str()).is_ok());
    for text in ["", "X86", "8086", "_x", "x-y", "x.y", "a2345678901234567", "ä"] {
        assert_eq!(Architecture::parse(text).expect_err(text).code(), "PEI_ARCHITECTURE_INVALID");
    }
}

#[test]
fn file_names() {
    let text = "libfoo_1:1.2.3~rc1-2_x86_64.peipkg";
    let parsed = PackageFileName::parse(text).expect(text);
    assert_eq!(
        (parsed.name.as_str(), parsed.version.as_str(), parsed.architecture.as_str()),
        ("libfoo", "1:1.2.3~rc1-2", "x86_64")
    );
    assert_eq!(parsed.to_string(), text);
    for text in [
        "",
        ".peipkg",
        "hello.peipkg",
        "hello_1-1.peipkg",
        "hello_1-1_noarch",
        "hello_1_noarch.peipkg",
        "Hello_1-1_noarch.peipkg",
    ] {
        assert!(PackageFileName::parse(text).is_err(), "{text}");
    }
}

/// Versions out of the pieces whose meeting is interesting.
fn version() -> impl Strategy<Value = Version> {
    let piece = prop::sample::select(vec![
        "0",
        "1",
        "007",
        "10",
        "123456789012345678901234567890",
        ".",
        "-",
        "+",
        "~",
        "a",
        "alpha",
        "Beta",
        "b",
        "rc",
        "RC",
        "pre",
        "dev",
        "foo",
        "zzz",
        "Foo",
        "x",
    ]);
    let epoch = prop::sample::select(vec!["", "0:", "1:"]);
    (epoch, "[0-9a-z]", prop::collection::vec(piece, 0..5), 1..3_u8)
        .prop_map(|(epoch, first, pieces, revision)| format!("{epoch}{first}{}-{revision}", pieces.concat()))
        .prop_map(|text| Version::parse(&text).expect(&text))
}

fn constraint() -> impl Strategy<Value = Constraint> {
    let operator = prop::sample::select(vec!["", "=", "!=", ">", ">=", "<", "<="]);
    (operator, version(), any::<bool>()).prop_map(|(operator, version, whole)| {
        let operand = version.as_str();
        let operand =
            if whole { operand } else { operand.rsplit_once('-').map_or(operand, |(upstream, _)| upstream) };
        Constraint::parse(&format!("{operator} {operand}")).expect(operand)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_order_is_total(a in version(), b in version(), c in version()) {
        prop_assert_eq!(a.cmp(&a), Ordering::Equal);
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        let mut sorted = [&a, &b, &c];
        sorted.sort();
        prop_assert!(sorted[0] <= sorted[1] && sorted[1] <= sorted[2] && sorted[0] <= sorted[2]);
        if a == b {
            prop_assert_eq!(a.cmp(&c), b.cmp(&c));
        }
    }

    #[test]
    fn the_letter_is_antisymmetric_and_agrees_where_no_word_differs_in_its_tail(a in version(), b in version()) {
        prop_assert_eq!(a.compare(&b), b.compare(&a).reverse());
        if !a.as_str().contains('~') && !b.as_str().contains('~') && a.compare(&b) != a.cmp(&b) {
            // Only a ranked word can have begun a tail then.
            let ranked = ["dev", "alpha", "beta", "pre", "rc", "a", "b"];
            let text = format!("{a}{b}").to_lowercase();
            prop_assert!(ranked.iter().any(|word| text.contains(word)));
        }
    }

    #[test]
    fn what_parses_prints_as_it_was(text in "[0-9]{0,2}:?[a-zA-Z0-9.+~-]{0,12}-[0-9]{1,3}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert_eq!(version.as_str(), &*text);
            prop_assert!(version.revision() > 0);
        }
    }

    #[test]
    fn nothing_panics(text in any::<String>()) {
        let _ = (Name::parse(&text), Version::parse(&text), Constraint::parse(&text), Architecture::parse(&text));
        let _ = PackageFileName::parse(&format!("{text}.peipkg"));
    }

    #[test]
    fn operators_are_what_they_say(v in version(), w in version()) {
        let holds = |operator: &str| Constraint::parse(&format!("{operator}{w}")).expect("valid").matches(&v);
        prop_assert_eq!(holds("="), !holds("!="));
        prop_assert_eq!(holds(">="), holds(">") || holds("="));
        prop_assert_eq!(holds("<="), holds("<") || holds("="));
        prop_assert_eq!(holds("<"), !holds(">="));
        prop_assert_eq!(holds(""), holds("="));
    }

    #[test]
    fn a_comma_means_and(v in version(), a in constraint(), b in constraint()) {
        let both = Constraint::parse(&format!("{a} ,\t{b}")).expect("valid");
        prop_assert_eq!(both.matches(&v), a.matches(&v) && b.matches(&v));
    }
}
