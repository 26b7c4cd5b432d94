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

/// The walk of [`matches_name`] over parts, where `**` is the point to return to. At the end of the pattern everything
/// below fits too, but a `**` there stands for one part at the least.
fn matches_parts(pattern: &[&str], path: &[&str]) -> bool {
    let (mut p, mut n, mut stars) = (0, 0, None);
    while let Some(&part) = pattern.get(p) {
        if part == "**" && p + 1 == pattern.len() {
            return n < path.len();
        }
        if part == "**" {
            stars = Some((p, n));
            p += 1;
        } else if path.get(n).is_some_and(|name| matches_name(part, name)) {
            p += 1;
            n += 1;
        } else {
            match stars {
                Some((at, from)) if from < path.len() => {
                    stars = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                _ => return false,
            }
        }
    }
    true
}

/// The usual walk with one point to return to, which is never slower than the product of the lengths.
fn matches_name(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    let mut star = None;
    loop {
        let mut rest = pattern.clone();
        match (rest.next(), name.clone().next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                star = Some((rest.clone(), name.clone()));
                pattern = rest;
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                pattern = rest;
                name.next();
            }
            _ => {
                let Some((after, from)) = &mut star else {
                    return false;
                };
                if from.next().is_none() {
                    return false;
                }
                (pattern, name) = (after.clone(), from.clone());
            }
        }
    }
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
            ("**/a/**/b", "a/c/a/b", true),
            ("**/a/**", "a/b/a", true),
            ("**/a/**", "b/a", false),
            ("**/**", "a", true),
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

    /// Found by the fuzz target `paths`: with a walk that tries every way this took longer than anybody waits.
    #[test]
    fn many_stars_are_no_work() {
        let pattern = format!("{}b", "**/a/".repeat(40));
        assert!(!matches(&pattern, &"a/".repeat(80)));
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
