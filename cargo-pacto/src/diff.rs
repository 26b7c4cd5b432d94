//! Two contents of a file as a unified diff.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use pacto_build::Difference;
use pacto_build::driver::is_unseen;
use similar::{ChangeTag, TextDiff};

const REMOVED: Style = AnsiColor::Red.on_default();
const ADDED: Style = AnsiColor::Green.on_default();

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// After this a diff is no longer the shortest one: large files may have nothing in common.
const PATIENCE: Duration = Duration::from_secs(2);

/// The diff from what is there to what would be there, in colour; `names` stand in its head.
pub(crate) fn unified(difference: &Difference, names: (&str, &str)) -> String {
    let (Ok(old), Ok(new)) = (
        std::str::from_utf8(&difference.old),
        std::str::from_utf8(&difference.new),
    ) else {
        let sizes = (difference.old.len(), difference.new.len());
        return format!(
            "binary contents of {} and {} bytes differ\n",
            sizes.0, sizes.1
        );
    };
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let mut text = format!("--- {}\n+++ {}\n", names.0, names.1);
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        writeln!(text, "{}", hunk.header()).expect("a string takes every write");
        for change in hunk.iter_changes() {
            let style = match change.tag() {
                ChangeTag::Delete => REMOVED,
                ChangeTag::Insert => ADDED,
                ChangeTag::Equal => Style::new(),
            };
            let line = shown(change.value());
            writeln!(text, "{style}{}{line}{style:#}", change.tag())
                .expect("a string takes every write");
            if change.missing_newline() {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}

/// A line of a file without its end; what would move the cursor, or the text around it, is made visible.
fn shown(line: &str) -> String {
    line.trim_end_matches('\n')
        .chars()
        .map(|c| match c {
            '\t' => c,
            '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
            c if is_unseen(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}
