//! The lenient semantic versions of contracts: a `v` before, and one to three numbers.

/// Whether `text` is a version by the rules that Pacto's own readers use.
///
/// One to three numbers, leading zeros allowed, each below 2^64; a pre-release whose numeric parts
/// have no leading zero; build metadata.
pub(super) fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, build) = split(text, '+');
    let (numbers, pre_release) = split(text, '-');
    let numbers: Vec<&str> = numbers.split('.').collect();
    numbers.len() <= 3
        && numbers.iter().all(|number| is_number(number))
        && build.is_none_or(|build| build.split('.').all(is_identifier))
        && pre_release.is_none_or(|pre| {
            pre.split('.')
                .all(|part| is_identifier(part) && !has_leading_zero(part))
        })
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

pub(super) fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_ok()
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn has_leading_zero(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for text in [
            "1.0.0",
            "v1.0.0",
            "1",
            "1.2",
            "v1.0",
            "01.2.3",
            "2024.01.01",
            "1.2.3-rc.1",
            "1.2.3+build",
            "1.2-beta",
            "1+meta",
        ] {
            assert!(is_version(text), "{text}");
        }
        for text in [
            "1.2.3.4",
            "V1.0.0",
            " 1",
            "1 ",
            "",
            "latest",
            "1.0.x",
            "1.2.3-01",
            "1.2.3-",
            "1.2.3-a_b",
            "1.2.3-alpha..1",
            "18446744073709551616",
            "+1",
            "1.+2",
        ] {
            assert!(!is_version(text), "{text}");
        }
    }
}
