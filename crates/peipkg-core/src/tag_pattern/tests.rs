use super::*;

fn version(pattern: &str, tag: &str) -> Option<String> {
    TagPattern::compile(pattern).expect(pattern).version(tag)
}

fn refusal(pattern: &str) -> String {
    TagPattern::compile(pattern).expect_err(pattern).to_string()
}

#[test]
fn the_first_group_is_the_version() {
    assert_eq!(version(r"^v(\d+\.\d+)$", "v1.10").as_deref(), Some("1.10"));
    assert_eq!(version(r"^v(\d+\.\d+)$", "v1.10-rc1"), None);
    assert_eq!(version(r"v(\d+)", "release-v7-final").as_deref(), Some("7"), "the search is not anchored");
    assert_eq!(version(r"^v(\d+)(-rc)?$", "v3-rc").as_deref(), Some("3"), "further groups are ignored");
    assert_eq!(version("^release(.*)$", "release").as_deref(), Some(""), "an empty capture is one");
    assert_eq!(version("^a(b)?", "a").as_deref(), Some(""), "a group that took no part is empty");
}

#[test]
fn named_groups_make_the_version() {
    let underscores = r"^(?P<major>\d+)_(?P<minor>\d+)_(?P<patch>\d+)$";
    assert_eq!(version(underscores, "1_36_1").as_deref(), Some("1.36.1"));
    let prerelease = r"^v(?<major>\d+)\.(?<minor>\d+)(?:\.(?<patch>\d+))?(?:-(?<prerelease>[a-z0-9]+))?$";
    assert_eq!(version(prerelease, "v0.20.0-alpha1").as_deref(), Some("0.20.0-alpha1"));
    assert_eq!(version(prerelease, "v0.20.0").as_deref(), Some("0.20.0"));
    assert_eq!(version(prerelease, "v0.20").as_deref(), Some("0.20"));
    let turned = r"(?P<minor>\d+) of (?P<major>\d+)";
    assert_eq!(version(turned, "2 of 1").as_deref(), Some("1.2"), "the order of the groups means nothing");
    let bare = r"^v(?P<major>\d*)-(?P<minor>\d*)$";
    assert_eq!(version(bare, "v-").as_deref(), Some("."), "what they capture is not judged here");
}

#[test]
fn groups_keep_their_rules() {
    assert_eq!(
        refusal(r"^v\d+$"),
        r#"tag_pattern "^v\d+$" must have at least one capture group (the version string)"#
    );
    assert!(refusal("(?:a)").contains("at least one capture group"));
    assert!(refusal("(?P<major>1)(?P<minor>2)(?P<build>3)").contains(r#"unknown named group "build""#));
    assert!(refusal("(?P<major>1)(?P<major>2)").contains(r#"repeats named group "major""#));
    assert!(refusal("(?P<major>1)(?P<minor>2)(3)").contains("mixes named and unnamed capture groups"));
    assert!(
        refusal("(?P<patch>1)(?P<minor>2)")
            .ends_with("requires both 'major' and 'minor' named groups (it has: minor, patch)")
    );
}

#[test]
fn what_is_not_re2_is_refused_with_the_reason() {
    for (pattern, reason) in [
        ("(unclosed", "unclosed group"),
        ("(a", "unclosed group"),
        ("a)(b)", "unopened group"),
        ("([a", "no closing ]"),
        ("(*)", "repetition operator missing expression"),
        ("(?=a)(b)", "look-around"),
        ("(?<!a)(b)", "look-around"),
        (r"(a)\1", "back-references"),
        (r"(\C)", r"\C (any byte)"),
        (r"(\Qa.b\E)", r"\Q…\E"),
        ("(?x) (a)", "(?x is not part of RE2"),
        ("(?u)(a)", "(?u is not part of RE2"),
        ("(?)(a)", "is not part of RE2"),
        (r"(\Z)", r"\Z is not an escape"),
        (r"(\u0041)", r"\u is not an escape"),
        (r"(\pZz)\p", "names no class"),
        (r"(\p{Script=Greek})", "names no class"),
        (r"(\p{Nonsense})", "property"),
        ("(a{1001})", "more than 1000 times"),
        (r"((\pL{1000}){1000})", "bytes when compiled"),
        ("(?P<a b>c)", "a group's name"),
        ("(a)\\", "a backslash"),
        (r"([a-\d])", "a range ends"),
        ("([z-a])", "range"),
        ("([[:letters:]])", "class"),
    ] {
        let text = refusal(pattern);
        assert!(text.starts_with("invalid tag_pattern ") && text.contains(reason), "{pattern}: {text}");
        assert!(!text.contains('\n'), "{text}");
    }
    assert!(refusal(&"(a)".repeat(2000)).contains("longer than 4096 bytes"));
    assert!(refusal(&format!("{}a{}", "(".repeat(500), ")".repeat(500))).contains("nest"));
}

#[test]
fn what_the_two_dialects_read_differently_is_read_as_re2_reads_it() {
    assert_eq!(version(r"^(\d+)$", "١٢"), None, "digits are ASCII");
    assert_eq!(version(r"^(\w+)$", "é"), None, "word characters are ASCII");
    assert_eq!(
        version(r"\bé(x)", "aéx").as_deref(),
        Some("x"),
        "é is no word character, so a word ends before it"
    );
    assert_eq!(version(r"(a)\Bé", "aé"), None);
    assert_eq!(version(r"é\B(b)", "ééb"), None);
    assert_eq!(version(r"^([a&&b]+)$", "a&b").as_deref(), Some("a&b"));
    assert_eq!(version(r"^([[a]+)$", "[a[").as_deref(), Some("[a["));
    assert_eq!(version(r"^([+--]+)$", "+,-").as_deref(), Some("+,-"));
    assert_eq!(version(r"^([a~~]+)$", "~a").as_deref(), Some("~a"));
    assert_eq!(version(r"^([]a-]+)$", "]-a").as_deref(), Some("]-a"));
    assert_eq!(version(r"^([^]]+)$", "a-b").as_deref(), Some("a-b"));
    assert_eq!(version(r"^([\d._-]+)$", "1.2_3-4").as_deref(), Some("1.2_3-4"));
    assert_eq!(version(r"^([[:alpha:]\D]+)$", "ab").as_deref(), Some("ab"));
    assert_eq!(version(r"^(a{,2})$", "a{,2}").as_deref(), Some("a{,2}"));
    assert_eq!(version(r"^(a{2,}b{1}c{0,2})$", "aaabcc").as_deref(), Some("aaabcc"));
    assert_eq!(version(r"^(\<\>\_\ )$", "<>_ ").as_deref(), Some("<>_ "));
    assert_eq!(version(r"^(\x41\x{42}\103\0?)$", "ABC").as_deref(), Some("ABC"));
    assert_eq!(version(r"(?i)^(V\pL\p{^L}\PL)$", "vé12").as_deref(), Some("vé12"));
    assert_eq!(version(r"\A(?i:v)(?U:(\d+))\d*\z", "V123").as_deref(), Some("1"));
    assert_eq!(version("^(#  x)$", "#  x").as_deref(), Some("#  x"), "blanks are themselves");
}

#[test]
fn case_matters_where_nothing_says_that_it_does_not() {
    for (pattern, tag) in [
        (r"(?i)^(release-v\x41)$", "ReLease-Va"),
        (r"(?i)^V(é[É-Ï]+)$", "vééÉéï"),
        (r"(?i)^([a-c]+)$", "aBC"),
        (r"(?i)^([^k]+)$", "abc"),
        (r"(?i)^(\p{Lu}\p{Ll}[[:upper:]][[:^digit:]])$", "aBcD"),
        (r"(?i)^(?P<major>X)(?-i:(?P<minor>y))$", "xy"),
        (r"(?i)^(k)$", "\u{212a}"),
        (r"^((?i)x)$", "X"),
        (r"^(?i)((?-i)x|Y)$", "Y"),
        (r"(?is)^(a.)$", "A\n"),
    ] {
        assert!(version(pattern, tag).is_some(), "{pattern} {tag:?}");
    }
    for (pattern, tag) in [
        (r"^((?i)a)b$", "AB"),
        (r"^(?i:a)(b)$", "AB"),
        (r"(?i)^(a(?-i)b)c$", "aBc"),
        (r"(?i)^([^k]+)$", "K"),
        (r"(?i)^(\P{Lu})$", "a"),
        (r"(?i)^([[:^lower:]])$", "A"),
        (r"^(?i)((?-i)x|Y)$", "X"),
        (r"^(?i)((?-i)x|Y)$", "y"),
    ] {
        assert_eq!(version(pattern, tag), None, "{pattern} {tag:?}");
    }
    let wide = TagPattern::compile("(?i)^([\u{0}-\u{ffff}]+)$").expect("bounded");
    assert_eq!(wide.version("Ab").as_deref(), Some("Ab"));
}

#[test]
fn long_tags_and_nested_repetitions_take_linear_time() {
    let pattern = TagPattern::compile("^(a+)+$").expect("it is RE2");
    assert_eq!(pattern.version(&format!("{}b", "a".repeat(4000))), None);
    assert_eq!(pattern.version(&"a".repeat(5000)), None, "no ref has such a name");
}

proptest::proptest! {
    #[test]
    fn any_pattern_compiles_or_is_refused(pattern in "[(\\[{\\\\)\\]}?P<>a-c:^$.*+|0-9,=!iQCdDbpL&~-]{0,40}", tag in "\\PC{0,20}") {
        if let Ok(pattern) = TagPattern::compile(&pattern) {
            let _ = pattern.version(&tag);
        }
    }
}
