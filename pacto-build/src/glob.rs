//! Patterns for paths with `/`: `*` and `?` within a part, `**` for any number of parts.
//!
//! Four rules in forty lines: the crates that know more cost each user of this one a second of building.

/// Whether `path` fits `pattern`; a pattern without wildcards also fits everything below it.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.trim_end_matches('/').split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    matches_parts(&pattern, &path)
}

/// Whether `pattern` has a wildcard.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// The folder that all matches are below: the parts before the first wildcard.
pub(crate) fn base(pattern: &str) -> &str {
    let Some(wildcard) = pattern.find(['*', '?']) else {
        return pattern;
    };
    pattern[..wildcard]
        .rfind('/')
        .map_or("", |slash| &pattern[..slash])
}

fn matches_parts(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], _) => true,
        (["**"], _) => !path.is_empty(),
        (["**", rest @ ..], _) => {
            (0..=path.len()).any(|skipped| matches_parts(rest, &path[skipped..]))
        }
        (_, []) => false,
        ([part, rest @ ..], [name, below @ ..]) => {
            matches_name(part, name) && matches_parts(rest, below)
        }
    }
}

/// The usual walk with one point to return to, which is never slower than the product of the lengths.
fn matches_name(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((star_at, from)) = star else {
                    return false;
                };
                star = Some((star_at, from + 1));
                p = star_at + 1;
                n = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("a", "a", true),
            ("a", "a/b", true),
            ("a/", "a/b", true),
            ("a", "ab", false),
            ("docs/drafts/**", "docs/drafts/x/y", true),
            ("docs/drafts/**", "docs/drafts", false),
            ("**/x", "x", true),
            ("**/x", "a/b/x", true),
            ("a/**/x", "a/x", true),
            ("a/**/x", "b/x", false),
            ("*.md", "a.md", true),
            ("*.md", "a/b.md", false),
            ("a*b?d", "axxbcd", true),
            ("a*b?d", "axxbd", false),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn bases() {
        for (pattern, expected) in [
            ("a/b/*.x", "a/b"),
            ("*.x", ""),
            ("a/b", "a/b"),
            ("a/b*/c", "a"),
        ] {
            assert_eq!(base(pattern), expected, "{pattern}");
        }
    }
}
