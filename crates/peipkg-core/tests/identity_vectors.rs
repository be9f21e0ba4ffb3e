//! The reference's vectors for versions and constraints.

use std::cmp::Ordering;

use peipkg_core::identity::{Constraint, Version};

const VERSIONS: &str = include_str!("vectors/versions.json");
const CONSTRAINTS: &str = include_str!("vectors/constraints.json");

/// The rows of one array: two texts (without escapes, as these vectors are) or one, then a literal.
fn rows(json: &str) -> impl Iterator<Item = (Vec<&str>, &str)> {
    json.lines().filter(|line| line.starts_with("[\"")).map(|line| {
        let parts: Vec<&str> = line.split('"').collect();
        let literal = line.trim_end_matches(['}', ',', ']']);
        let literal = literal.rsplit([',', ' ']).next().unwrap_or(literal);
        (parts.iter().skip(1).step_by(2).copied().collect(), literal)
    })
}

#[test]
fn versions_compare_as_the_reference_does() {
    let (compare, parse) = VERSIONS.split_once("\"parse\"").expect("two arrays");
    let mut count = 0;
    for (texts, order) in rows(compare) {
        let [left, right] = texts[..] else { panic!("{texts:?}") };
        let order: i32 = order.parse().expect("an order");
        let (left, right) = (Version::parse(left).expect(left), Version::parse(right).expect(right));
        assert_eq!(left.compare(&right) as i32, order, "{left} against {right}");
        assert_eq!(right.compare(&left) as i32, -order, "{right} against {left}");
        assert_eq!(left.cmp(&right) as i32, order, "the total order of {left} and {right}");
        count += 1;
    }
    assert_eq!(count, 390);
    let mut count = 0;
    for (texts, valid) in rows(parse) {
        let parsed = Version::parse(texts[0]);
        assert_eq!(parsed.is_ok(), valid == "true", "{texts:?}");
        assert!(parsed.is_err() || parsed.is_ok_and(|version| version.as_str() == texts[0]));
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[test]
fn constraints_match_as_the_reference_does() {
    let mut count = 0;
    for (texts, literal) in rows(CONSTRAINTS) {
        let constraint = Constraint::parse(texts[0]);
        if texts.len() == 3 {
            assert_eq!(texts[2], "invalid");
            assert!(constraint.is_err(), "{}", texts[0]);
        } else {
            let version = Version::parse(texts[1]).expect(texts[1]);
            let constraint = constraint.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(constraint.matches(&version), literal == "true", "{} against {}", texts[0], texts[1]);
        }
        count += 1;
    }
    assert!(count > 200, "{count}");
}

#[test]
fn revisions_are_compared_only_where_they_are_given() {
    for (constraint, version, expected) in [
        ("= 3.0", "3.0-7", true),
        ("> 3.0", "3.0-7", false),
        (">= 3.0-7", "3.0-7", true),
        ("< 3.0-7", "3.0-6", true),
        ("!= 3.0", "3.0-7", false),
        ("= 1.0-0", "1.0.0-4", true),
        ("= 0:1.0", "1.0-1", true),
        ("< 1:0", "9-1", true),
    ] {
        let matches =
            Constraint::parse(constraint).map(|c| c.matches(&Version::parse(version).expect(version)));
        assert_eq!(matches, Ok(expected), "{constraint} against {version}");
    }
}

#[test]
fn the_letter_has_a_cycle_and_the_total_order_has_none() {
    let [tail, plain, word] = ["1~zz-1", "1-1", "1-aa-1"].map(|text| Version::parse(text).expect(text));
    assert_eq!(tail.compare(&plain), Ordering::Less);
    assert_eq!(plain.compare(&word), Ordering::Less);
    assert_eq!(word.compare(&tail), Ordering::Less, "by the letter of the table: aa < zz");
    assert!(tail < plain && plain < word && tail < word);
}
