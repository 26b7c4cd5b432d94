//! The readiness of a service: its checks, their evidence, and when it has to be looked at again.

use std::collections::BTreeMap;

use super::codes;
use super::diagnostic::Findings;
use super::node::Node;

pub(super) fn check(root: &Node, findings: &mut Findings<'_>) {
    let Some(readiness) = root.get("readiness") else {
        return;
    };
    check_date(
        readiness,
        "expires",
        "readiness.expires",
        codes::INVALID_READINESS_EXPIRES,
        findings,
    );
    for list in ["checks", "claims"] {
        let mut ids = BTreeMap::new();
        for (index, check) in readiness.list_at(list).iter().enumerate() {
            let path = format!("readiness.{list}[{index}]");
            if let Some((id, node)) = check.text_at("id")
                && let Some(earlier) = ids.insert(id, index)
            {
                let message = format!("`{id}` is the id of entry {earlier} already");
                findings.error(
                    codes::DUPLICATE_READINESS_ID,
                    &format!("{path}.id"),
                    node.span,
                    message,
                );
            }
            check_one(check, &path, findings);
        }
    }
    for (index, revision) in readiness.list_at("history").iter().enumerate() {
        let path = format!("readiness.history[{index}]");
        check_date(
            revision,
            "date",
            &format!("{path}.date"),
            codes::INVALID_READINESS_REVISION,
            findings,
        );
        for key in ["version", "author", "description"] {
            check_blank(
                revision,
                key,
                &path,
                codes::INVALID_READINESS_REVISION,
                findings,
            );
        }
    }
}

fn check_one(check: &Node, path: &str, findings: &mut Findings<'_>) {
    // That it is empty is its shape's to say.
    if check
        .text_at("evidence")
        .is_some_and(|(text, _)| !text.is_empty())
    {
        check_blank(
            check,
            "evidence",
            path,
            codes::EMPTY_READINESS_EVIDENCE,
            findings,
        );
    }
    check_blank(
        check,
        "description",
        path,
        codes::EMPTY_READINESS_DESCRIPTION,
        findings,
    );
    check_date(
        check,
        "expires",
        &format!("{path}.expires"),
        codes::INVALID_READINESS_EXPIRES,
        findings,
    );
}

/// Text that is there must say something.
fn check_blank(
    owner: &Node,
    key: &str,
    path: &str,
    code: &'static str,
    findings: &mut Findings<'_>,
) {
    if let Some((_, node)) = owner
        .text_at(key)
        .filter(|(text, _)| text.trim().is_empty())
    {
        findings.error(
            code,
            &format!("{path}.{key}"),
            node.span,
            format!("`{key}` is blank"),
        );
    }
}

fn check_date(
    owner: &Node,
    key: &str,
    path: &str,
    code: &'static str,
    findings: &mut Findings<'_>,
) {
    if let Some((text, node)) = owner.text_at(key).filter(|(text, _)| !is_date(text)) {
        let message = format!("`{text}` is no date");
        findings.error_with_help(
            code,
            path,
            node.span,
            message,
            "write it as in `2026-03-31`",
        );
    }
}

/// `YYYY-MM-DD`, a day that the calendar has.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let is_plain = [(year, 4), (month, 2), (day, 2)]
        .iter()
        .all(|(part, length)| {
            part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit())
        });
    let (Ok(year), Ok(month), Ok(day)) = (
        year.parse::<u32>(),
        month.parse::<u32>(),
        day.parse::<u32>(),
    ) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    is_plain && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for text in ["2026-03-04", "2024-02-29", "2000-02-29"] {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "2026-3-4",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-01-32",
            "+026-01-01",
            "",
            "x",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
