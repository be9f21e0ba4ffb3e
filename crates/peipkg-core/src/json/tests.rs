use proptest::prelude::*;

use super::{JsonError, MAX_DEPTH, Problem, Reader, Writer, read};

mod reference;

const LIMIT: u64 = 1 << 26;

fn check(document: &[u8]) -> Result<(), JsonError> {
    read(document, LIMIT, Reader::skip)
}

fn problem(document: &str) -> Problem {
    check(document.as_bytes()).expect_err(document).problem().clone()
}

#[test]
fn accepts_what_the_rules_allow() {
    for document in [
        "{}",
        "[]",
        " \t\r\n{ } \n",
        r#"{"a":{"b":1},"b":[true,false,null,0,18446744073709551615,"x"]}"#,
        r#"["\"\\\/\b\f\n\r\t\u0041\ud83d\ude00\u0000"]"#,
        "\"\u{7f}\u{80}\u{feff}\"",
        "1",
    ] {
        check(document.as_bytes()).expect(document);
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn refuses_each_broken_rule_by_name() {
    let found = |found: &str| found.to_owned();
    let cases = [
        ("", Problem::UnexpectedEnd),
        ("\u{feff}{}", Problem::ByteOrderMark),
        ("{} x", Problem::TrailingBytes),
        ("{}{}", Problem::TrailingBytes),
        ("{}\0", Problem::TrailingBytes),
        (r#"{"a":1,"a":2}"#, Problem::DuplicateKey("a".into())),
        (r#"{"a":1,"\u0061":2}"#, Problem::DuplicateKey("a".into())),
        (r#"[{"x":{"b":1,"c":2,"b":3}}]"#, Problem::DuplicateKey("b".into())),
        ("-1", Problem::NegativeNumber),
        ("-0", Problem::NegativeNumber),
        ("1.0", Problem::NotAnInteger),
        ("1e3", Problem::NotAnInteger),
        ("0E0", Problem::NotAnInteger),
        ("01", Problem::LeadingZero),
        ("00", Problem::LeadingZero),
        ("18446744073709551616", Problem::NumberTooLarge),
        ("99999999999999999999999999", Problem::NumberTooLarge),
        (r#""\ud800""#, Problem::LoneSurrogate),
        (r#""\ud800\u0041""#, Problem::LoneSurrogate),
        (r#""\udc00\ud800""#, Problem::LoneSurrogate),
        (r#""\ud800x""#, Problem::LoneSurrogate),
        (r#""\x""#, Problem::InvalidEscape),
        (r#""\u12g4""#, Problem::InvalidEscape),
        (r#""\u+123""#, Problem::InvalidEscape),
        ("\"a\u{1}\"", Problem::ControlCharacter(1)),
        ("\"a\nb\"", Problem::ControlCharacter(b'\n')),
        ("\"0123456789abcdef\u{1f}\"", Problem::ControlCharacter(0x1f)),
        ("\"abc", Problem::UnexpectedEnd),
        ("\"abc\\", Problem::UnexpectedEnd),
        ("[1,]", Problem::Unexpected { expected: "a value", found: found("']'") }),
        ("[1 2]", Problem::Unexpected { expected: "',' or ']'", found: found("a number") }),
        ("{\"a\":1,}", Problem::Unexpected { expected: "a key", found: found("'}'") }),
        ("{\"a\" 1}", Problem::Unexpected { expected: "':'", found: found("a number") }),
        ("{a:1}", Problem::Unexpected { expected: "a key", found: found("'a'") }),
        ("nul", Problem::Unexpected { expected: "null", found: found("'n'") }),
        ("truth", Problem::Unexpected { expected: "true", found: found("'t'") }),
        ("[", Problem::UnexpectedEnd),
        ("\u{a0}{}", Problem::Unexpected { expected: "a value", found: found("'\\u{a0}'") }),
    ];
    for (document, expected) in cases {
        assert_eq!(problem(document), expected, "{document:?}");
    }
    assert_eq!(*check(b"\"\xff\"").expect_err("bytes").problem(), Problem::InvalidUtf8);
    assert_eq!(*check(b"\"\xed\xa0\x80\"").expect_err("surrogate bytes").problem(), Problem::InvalidUtf8);
}

#[test]
fn nests_to_the_limit_and_no_deeper() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    check(nested(MAX_DEPTH).as_bytes()).expect("the limit itself");
    assert_eq!(problem(&nested(MAX_DEPTH + 1)), Problem::TooDeep);
    assert_eq!(problem(&"[".repeat(1_000_000)), Problem::TooDeep);
    assert_eq!(problem(&"{\"a\":".repeat(MAX_DEPTH + 1)), Problem::TooDeep);
}

#[test]
fn a_document_over_its_limit_is_not_read() {
    let error = read(b"[1,2]", 4, Reader::skip).expect_err("five bytes");
    assert_eq!(*error.problem(), Problem::TooLarge { size: 5, limit: 4 });
}

#[test]
fn types_are_demanded() {
    let string = |document: &str| {
        read(document.as_bytes(), LIMIT, |reader| reader.string().map(std::borrow::Cow::into_owned))
    };
    assert_eq!(string("\"a\"").expect("string"), "a");
    for document in ["null", "1", "{}", "[]", "true"] {
        string(document).expect_err(document);
        read(document.as_bytes(), LIMIT, |reader| reader.array(Reader::skip)).err();
    }
    read(b"null", LIMIT, Reader::u64).expect_err("null is no integer");
    read(b"null", LIMIT, |reader| reader.object(|reader, _| reader.skip())).expect_err("null is no object");
    assert!(read(b"true", LIMIT, Reader::bool).expect("bool"));
}

#[test]
fn errors_say_where() {
    let error = check(b"{\"packages\":[\n{},{\"hash\":{\"value\":-1}}]}").expect_err("negative");
    assert_eq!((error.path(), error.offset(), error.line()), ("packages[1].hash.value", 34, 2));
    assert_eq!(
        error.to_string(),
        "invalid JSON: a negative number, where only integers from 0 to 18446744073709551615 are allowed at \
         packages[1].hash.value (byte 34, line 2)"
    );
    let hostile = check("{\"\\u001b[31m\":{\"x y\u{202e}\":-1}}".as_bytes()).expect_err("negative");
    assert_eq!(hostile.path(), r#"["\u{1b}[31m"]["x y\u{202e}"]"#);
}

#[test]
fn a_million_keys_take_no_quadratic_time() {
    let keys: Vec<String> = (0..1_000_000).map(|key| format!("\"{key:07}\":0,")).collect();
    let document = format!("{{{}", keys.concat());
    let distinct = format!("{document}\"last\":0}}");
    check(distinct.as_bytes()).expect("all differ");
    let repeated = format!("{document}\"0000017\":0}}");
    assert_eq!(problem(&repeated), Problem::DuplicateKey("0000017".into()));
}

#[test]
fn nested_objects_keep_their_keys_apart() {
    let many = |inner: &str| {
        let fields: Vec<String> = (0..60).map(|key| format!("\"k{key}\":{inner}")).collect();
        format!("{{{}}}", fields.join(","))
    };
    check(many(&many(&many("1"))).as_bytes()).expect("same keys on different levels");
    let late = format!("{{\"a\":{},\"b\":{{}},\"a\":1}}", many("{}"));
    assert_eq!(problem(&late), Problem::DuplicateKey("a".into()));
}

#[test]
fn writes_the_canonical_form() {
    let mut writer = Writer::new();
    writer.object(|writer| {
        writer.key("a").string("<&>\"\\/\n\u{1}\u{7f}\u{2028}ü");
        writer.key("b").array(|writer| {
            writer.u64(1);
            writer.bool(true);
            writer.object(|_| {});
            writer.array(|_| {});
        });
        writer.key("c").string("");
    });
    let expected = "{\"a\":\"<&>\\\"\\\\/\\n\\u0001\u{7f}\\u2028ü\",\"b\":[1,true,{},[]],\"c\":\"\"}\n";
    assert_eq!(String::from_utf8(writer.finish_line()).expect("UTF-8"), expected);
}

/// Text that is likely to be almost JSON.
fn almost_json() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\"a\""),
        Just("\"b\""),
        Just("\"\\u0061\""),
        Just("\"\\ud800\""),
        Just("\"\\ud83d\\ude00\""),
        Just("0"),
        Just("01"),
        Just("12"),
        Just("1.5"),
        Just("-"),
        Just("1e1"),
        Just("null"),
        Just("true"),
        Just("false"),
        Just(" "),
        Just("\n"),
        Just("\""),
        Just("\\"),
        Just("ü"),
        Just("\u{1}"),
        Just("\"a\":1"),
        Just("{\"a\":"),
        Just("[0,"),
    ];
    proptest::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat().into_bytes())
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        Just("null".to_owned()),
        any::<String>().prop_map(|text| quoted(&text)),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6)
                .prop_map(|values| format!("[{}]", values.join(" , "))),
            proptest::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|fields| {
                let fields: Vec<String> =
                    fields.iter().map(|(key, value)| format!("{}: {value}", quoted(key))).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

fn quoted(text: &str) -> String {
    let mut writer = Writer::new();
    writer.string(text);
    writer.finish()
}

proptest! {
    #[test]
    fn any_bytes_are_judged_as_by_the_reference(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert_eq!(check(&bytes).is_ok(), reference::accepts(&bytes));
    }

    #[test]
    fn almost_json_is_judged_as_by_the_reference(bytes in almost_json()) {
        prop_assert_eq!(check(&bytes).is_ok(), reference::accepts(&bytes), "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn values_are_accepted_and_damaged_ones_judged_as_by_the_reference(text in value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        check(text.as_bytes()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut damaged = text.into_bytes();
        let at = at.index(damaged.len());
        damaged[at] = byte;
        prop_assert_eq!(check(&damaged).is_ok(), reference::accepts(&damaged));
    }

    #[test]
    fn strings_survive_a_round_trip(text in any::<String>()) {
        let document = quoted(&text);
        let back = read(document.as_bytes(), LIMIT, |reader| reader.string().map(std::borrow::Cow::into_owned)).expect("string");
        prop_assert_eq!(back, text);
    }
}
