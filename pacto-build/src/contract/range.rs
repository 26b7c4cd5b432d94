//! Ranges of versions, as the `compatibility` of a dependency says them.
//!
//! The grammar is that of Pacto's own readers: alternatives with `||`, conditions that all hold
//! separated by commas or blanks, `a - b`, and wildcards.

use super::semver;

const OPERATORS: [&str; 12] = [
    "=>", "<=", ">=", "=<", "!=", "~>", "^", "~", "=", "<", ">", "",
];

/// Whether `text` is a range.
pub(super) fn is_range(text: &str) -> bool {
    text.split("||")
        .all(|alternative| is_alternative(alternative.trim()))
}

fn is_alternative(text: &str) -> bool {
    if let Some((from, to)) = text.split_once(" - ") {
        return is_version(from.trim()) && is_version(to.trim());
    }
    // An operator may stand apart from its version: `>= 1`.
    let mut words = Vec::new();
    for part in text.split(',') {
        let part_words: Vec<&str> = part.split_whitespace().collect();
        if part_words.is_empty() {
            return false;
        }
        words.extend(part_words);
    }
    let mut is_open = false;
    for word in words {
        let version = OPERATORS
            .iter()
            .find_map(|operator| word.strip_prefix(operator))
            .unwrap_or(word);
        if is_open && version.len() != word.len() {
            return false;
        }
        is_open = version.is_empty();
        if !is_open && !is_version(version) {
            return false;
        }
    }
    !is_open
}

/// A version in which numbers may be missing or wildcards.
fn is_version(text: &str) -> bool {
    let is_wildcard = |part: &str| matches!(part, "*" | "x" | "X");
    let numbers = text.strip_prefix('v').unwrap_or(text);
    let parts: Vec<&str> = numbers.split('.').collect();
    if parts.len() <= 3 && parts.iter().any(|part| is_wildcard(part)) {
        return parts
            .iter()
            .all(|part| is_wildcard(part) || semver::is_number(part));
    }
    semver::is_version(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for text in [
            "^1.0.0",
            "~1.2",
            "~> 1",
            "=1",
            "!=1",
            ">1",
            ">=1",
            "<2",
            "=<2",
            "*",
            "x",
            "X",
            "1.x",
            "1 - 2",
            ">=1, <2",
            ">=1 <2",
            "^1 || ^2",
            "^v1",
            "  ^1  ",
            "1.2.*",
            ">= 1.2.3-rc.1",
        ] {
            assert!(is_range(text), "{text}");
        }
        for text in [
            "", "latest", "^^1", ">=1,", "^1 foo", "||", "^1||", "^", ">= >= 1", "1.2.3.x",
        ] {
            assert!(!is_range(text), "{text}");
        }
    }
}
