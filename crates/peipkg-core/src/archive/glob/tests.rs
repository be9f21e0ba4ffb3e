use super::*;

fn matched(pattern: &str, path: &str) -> bool {
    Glob::parse(pattern).unwrap().matches(path, false)
}

#[test]
fn stars_and_components() {
    for (pattern, path, expected) in [
        ("*", "abc", true),
        ("*", "", true),
        ("*c", "abc", true),
        ("a*", "ab/c", false),
        ("a*/b", "abc/b", true),
        ("a*/b", "a/c/b", false),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
        ("a*b?c*x", "abxbbxdbxebxczzx", true),
        ("a*b?c*x", "abxbbxdbxebxczzy", false),
        ("a?b", "a☺b", true),
        ("a???b", "a☺b", false),
        ("a?b", "a/b", false),
        ("a*b", "a/b", false),
        ("a\\*b", "ab", false),
        ("a\\*b", "a*b", true),
        ("**", "a/b/c", true),
        ("**/c", "c", true),
        ("**/c", "a/b/c", true),
        ("**/c", "a/abc", false),
        ("a/**", "a", true),
        ("a/**", "a/b/c", true),
        ("a/**", "ab", false),
        ("a/**/b", "a/b", true),
        ("a/**/d", "a/b/c/d", true),
        ("a/**/*.so", "a/x/y.so", true),
        ("a/**/**/b", "a/b", true),
        ("**/a/**/b/*", "x/a/y/z/b/c", true),
        ("abc**", "abc", true),
        ("abc**", "abcd/e", false),
        ("**abc", "xabc", true),
        ("**abc", "x/abc", false),
        ("a/**b/c", "a/xb/c", true),
        ("a/**b/c", "a/x/b/c", false),
    ] {
        assert_eq!(matched(pattern, path), expected, "{pattern} {path}");
    }
}

#[test]
fn classes_and_braces() {
    for (pattern, path, expected) in [
        ("ab[c]", "abc", true),
        ("ab[b-d]", "abc", true),
        ("ab[e-g]", "abc", false),
        ("ab[^c]", "abc", false),
        ("ab[!e-g]", "abc", true),
        ("a[^a]b", "a☺b", true),
        ("[a-ζ]*", "α", true),
        ("[\\]a]", "]", true),
        ("[x\\-]", "-", true),
        ("[-x]", "-", true),
        ("[x-]", "-", true),
        ("[x-]", "z", false),
        ("[a-b-c]", "-", true),
        ("a[!b]c", "a/c", false),
        ("ab{c,d}", "abd", true),
        ("ab{c,d,*}", "abcde", true),
        ("{a}", "a", true),
        ("a{,b}", "a", true),
        ("{a/**,b}/c", "a/x/c", true),
        ("a{b{c,d},e}f", "abdf", true),
        ("a\\{b,c}", "a{b,c}", false),
        ("[{]a", "{a", true),
        ("usr/lib/*.so{,.*}", "usr/lib/libx.so.1", true),
        ("(1)", "(1)", true),
    ] {
        let glob = Glob::parse(pattern);
        assert_eq!(glob.is_ok_and(|glob| glob.matches(path, false)), expected, "{pattern} {path}");
    }
}

#[test]
fn malformed_patterns_are_named() {
    for pattern in
        ["[", "a[", "[^", "[]", "[]a]", "[^bc", "\\", "a\\", "{a", "a}", "ab{c,d}[", "{a,b", "[a-", "a/[x"]
    {
        let error = Glob::parse(pattern).unwrap_err();
        assert_eq!(error.pattern, pattern);
        assert!(error.to_string().starts_with("malformed pattern "), "{error}");
    }
    assert!(Glob::parse(&"{a,b}".repeat(20)).is_err(), "2^20 alternatives");
}

#[test]
fn a_trailing_slash_claims_the_directory_itself() {
    let patterns = ["var/log/".to_owned(), "var/*/".to_owned(), "var/**".to_owned()];
    let paths = ["var/log", "var/log/x", "var/spool"].map(str::to_owned);
    let matched = match_all(&patterns, &paths, &[true, false, false]).unwrap();
    assert_eq!(matched, [vec![0], vec![0], vec![0, 1, 2]]);
}
