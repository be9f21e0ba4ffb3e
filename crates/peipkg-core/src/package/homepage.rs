//! Whether a text is a URL that people may follow: `http` or `https` (RFC 3986, with the non-ASCII characters of RFC 3987).

use std::net::Ipv6Addr;

use crate::text::{is_unsafe, quote};

/// Accepts the empty text and valid URLs with scheme `http` or `https`.
pub(super) fn check(url: &str) -> Result<(), String> {
    let broken = |rule| Err(format!("homepage {} is not a valid http or https URL: {rule}", quote(url)));
    if url.is_empty() {
        return Ok(());
    }
    let scheme = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)));
    let Some(scheme) = scheme else {
        return broken("it must begin with http:// or https://");
    };
    if !url.chars().all(is_allowed) {
        return broken("it has a character that URLs must encode");
    }
    if !are_escapes_whole(url) {
        return broken("a % must be followed by two hexadecimal digits");
    }
    let rest = &url[scheme.len()..];
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if !is_authority(authority) {
        return broken("its host or port is not valid");
    }
    if rest.contains(['[', ']']) || rest.matches('#').count() > 1 {
        return broken("it has a [ ] or second # after the host");
    }
    Ok(())
}

fn is_allowed(character: char) -> bool {
    match character {
        ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => false,
        _ => !is_unsafe(character) && !character.is_whitespace(),
    }
}

fn are_escapes_whole(url: &str) -> bool {
    url.split('%').skip(1).all(|after| {
        let digits = after.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    })
}

/// `[userinfo@]host[:port]` with a host.
fn is_authority(authority: &str) -> bool {
    let (user, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = match host_port.strip_prefix('[') {
        Some(address) => {
            let Some((address, after)) = address.split_once(']') else {
                return false;
            };
            if address.parse::<Ipv6Addr>().is_err() {
                return false;
            }
            let Some(port) = after.strip_prefix(':').or_else(|| after.is_empty().then_some("")) else {
                return false;
            };
            ("[]", port)
        }
        None => host_port.split_once(':').unwrap_or((host_port, "")),
    };
    let is_port =
        port.bytes().all(|byte| byte.is_ascii_digit()) && (port.is_empty() || port.parse::<u16>().is_ok());
    let is_host = !host.is_empty() && (host == "[]" || !host.contains(['[', ']', ':']));
    is_port && is_host && !user.contains(['[', ']', '@'])
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn valid() {
        for url in [
            "",
            "https://example.org",
            "http://example.org/",
            "HTTPS://example.org/a?b=c#d",
            "https://example.org:8443/x",
            "https://[::1]:80/x",
            "https://user@example.org/",
            "https://example.org/gr%C3%B6%C3%9Fe",
            "https://example.org/größe",
            "https://example.org?q",
            "http://127.0.0.1/(a)[0]".trim_end_matches("[0]"),
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn invalid() {
        for url in [
            "example.org",
            "ftp://example.org",
            "javascript:alert(1)",
            "http:example.org",
            "https:/example.org",
            "https://",
            "https:///x",
            "https://:80/",
            "https://exa mple.org",
            "https://example.org/a b",
            "https://example.org/%",
            "https://example.org/%4",
            "https://example.org/%zz",
            "https://example.org:port/",
            "https://example.org:65536/",
            "https://[::1/",
            "https://[zz]/",
            "https://[::1]x/",
            "https://example.org/\n",
            "https://example.org/\u{202e}",
            "https://example.org/\u{a0}",
            "https://example.org/<b>",
            "https://a]b/",
            "https://example.org/a#b#c",
            " https://example.org",
            "https://example.org\\x",
            "http://a:b:c/",
            "http://@/",
            "//example.org/",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
