//! References to what lies in a registry.

/// What `oci://` stands before.
pub(super) const OCI: &str = "oci://";

/// Why `text`, without its scheme, is no reference.
///
/// A registry, a `/` and a repository, then a tag, a digest or both.
pub(super) fn fault(text: &str) -> Option<&'static str> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return Some("its digest is not `sha256:` and 64 hexadecimal digits");
    }
    let slash = name.rfind('/').map_or(0, |slash| slash + 1);
    let (path, tag) = match name[slash..].split_once(':') {
        Some((last, tag)) => (&name[..slash + last.len()], Some(tag)),
        None => (name, None),
    };
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return Some("its tag is not 1 to 128 letters, digits, `_`, `.` and `-`");
    }
    match path.split_once('/') {
        None => Some("it has no registry, as in `registry.example/team/service`"),
        Some(("", _) | (_, "")) => Some("its registry or its repository is empty"),
        Some(_) if path.contains(char::is_whitespace) => Some("it has a blank"),
        Some(_) => None,
    }
}

/// Whether a reference has a tag and no digest, so that it may mean something else tomorrow.
pub(super) fn is_tag_only(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or(text);
    !text.contains('@') && last.contains(':')
}

/// Whether a path looks as if its `oci://` had been forgotten: it begins with a host name.
pub(super) fn looks_remote(text: &str) -> bool {
    let Some((host, rest)) = text.split_once('/') else {
        return false;
    };
    let is_host = host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    is_host && rest.contains('/')
}

fn is_tag(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins_well = text.chars().next().is_some_and(is_word);
    begins_well && text.len() <= 128 && text.chars().all(|c| is_word(c) || c == '.' || c == '-')
}

fn is_digest(text: &str) -> bool {
    let is_hex = |digits: &str, count: usize| {
        digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    match text.split_once(':') {
        Some(("sha256", digits)) => is_hex(digits, 64),
        Some(("sha512", digits)) => is_hex(digits, 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let digest = format!("ghcr.io/a/b@sha256:{}", "0".repeat(64));
        for text in [
            "ghcr.io/a/b",
            "ghcr.io/a/b:1.0.0",
            "localhost:5000/a",
            "r/a:1_x.y-z",
            &digest,
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        for text in [
            "",
            "nginx",
            "redis:7",
            "/a",
            "a/",
            "ghcr.io/a/b@",
            "ghcr.io/a/b:",
            "ghcr.io/a/b:-x",
            "a b/c",
        ] {
            assert!(fault(text).is_some(), "{text}");
        }
    }

    #[test]
    fn tags_and_hosts() {
        for (text, tag_only, remote) in [
            ("ghcr.io/a/b:1", true, true),
            ("ghcr.io/a/b", false, true),
            ("localhost:5000/a", false, false),
            ("../x", false, false),
            ("./a/b", false, false),
            ("libs/x", false, false),
        ] {
            assert_eq!(
                (is_tag_only(text), looks_remote(text)),
                (tag_only, remote),
                "{text}"
            );
        }
    }
}
