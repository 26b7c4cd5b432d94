//! Files that a merge left in conflict.

/// Both sides of a file with merge markers; `None` if it has none. Lines outside of conflicts belong to both.
pub(crate) fn sides(text: &str) -> Option<(String, String)> {
    enum At {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut ours, mut theirs) = (String::new(), String::new());
    let mut at = At::Both;
    let mut has_conflict = false;
    for line in text.split_inclusive('\n') {
        match marker(line) {
            Some("<<<<<<<") => at = At::Ours,
            Some("|||||||") => at = At::Base,
            Some("=======") => at = At::Theirs,
            Some(">>>>>>>") => {
                at = At::Both;
                has_conflict = true;
            }
            _ => match at {
                At::Both => {
                    ours.push_str(line);
                    theirs.push_str(line);
                }
                At::Ours => ours.push_str(line),
                At::Base => {}
                At::Theirs => theirs.push_str(line),
            },
        }
    }
    has_conflict.then_some((ours, theirs))
}

/// The marker that a line begins with. Longer ones are of the conflicts in a base that was merged itself.
fn marker(line: &str) -> Option<&str> {
    let (marker, rest) = line.split_at_checked(7)?;
    let is_end = rest.is_empty() || rest.starts_with([' ', '\r', '\n']);
    is_end.then_some(marker)
}

/// JSON of one line an entry, with commas between entries and nowhere else: a merge of lines can
/// leave one too many or too few.
pub(crate) fn with_commas(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let line = line.trim_end().trim_end_matches(',');
        let opens = line.ends_with(['{', '[']);
        let next_closes = lines
            .get(index + 1)
            .is_none_or(|next| next.trim_start().starts_with(['}', ']']));
        text.push_str(line);
        text.push_str(if opens || next_closes { "\n" } else { ",\n" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_found() {
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        for (text, expected) in [
            ("a\nb\n", None),
            ("<<<<<<< x\na\n=======\n", None),
            (
                "0\n<<<<<<< x\na\n=======\nb\n>>>>>>> y\n1\n",
                pair("0\na\n1\n", "0\nb\n1\n"),
            ),
            (
                "<<<<<<< x\na\n||||||| o\no\n=======\n>>>>>>> y\n",
                pair("a\n", ""),
            ),
        ] {
            assert_eq!(sides(text), expected, "{text}");
        }
    }

    #[test]
    fn commas_are_set_right() {
        let text = "{\n  \"a\": 1\n  \"b\": {\n    \"c\": 2,\n  },\n}\n";
        assert_eq!(
            with_commas(text),
            "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 2\n  }\n}\n"
        );
    }
}
