//! What a plugin said, for showing: nothing in it can move the cursor, or hide what stands beside it.

/// A text of several lines; what is not UTF-8 is replaced.
pub(crate) fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        match c {
            '\n' => shown.push(c),
            '\t' => shown.push_str("    "),
            '\r' => {}
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            c if is_unseen(c) => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    shown
}

/// A text on one line of its own.
pub(crate) fn line(said: &str) -> String {
    text(said.replace('\t', " ").as_bytes()).replace('\n', " ")
}

/// The first `count` characters, and dots if there are more.
pub(crate) fn start(text: &str, count: usize) -> String {
    match text.char_indices().nth(count) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a character shows nothing itself: a control, or what reorders, divides or tags the text around it.
///
/// The two joiners are none of these: words of Persian and Hindi, and emoji, are spelled with them.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_says_is_shown_and_does_nothing() {
        for (said, shown) in [
            (&b"a\x1b[2Jb\n\n"[..], "a\u{241b}[2Jb"),
            (b"a\r\n\tb", "a\n    b"),
            ("\u{202e}x\u{9b}y".as_bytes(), "\u{fffd}x\u{fffd}y"),
            (
                "\u{61c}\u{2060}\u{e0041}".as_bytes(),
                "\u{fffd}\u{fffd}\u{fffd}",
            ),
            ("می\u{200c}خواهم".as_bytes(), "می\u{200c}خواهم"),
            (b"\xff", "\u{fffd}"),
        ] {
            assert_eq!(text(said), shown);
        }
        assert_eq!(line("one\ntwo\t\u{85}three\n"), "one two \u{fffd}three");
        assert_eq!(
            (start("añb", 3), start("añb", 2)),
            ("añb".to_owned(), "añ...".to_owned())
        );
    }
}
