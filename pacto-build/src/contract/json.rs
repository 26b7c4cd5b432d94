//! The tree as JSON. `serde_json::Value` would lose the order of keys and digits beyond 64 bits.

use super::node::{Node, Value};

/// Appends `node` to `out` on one line.
pub(super) fn write(node: &Node, out: &mut Vec<u8>) {
    match &node.value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => out.extend(number.as_bytes()),
        Value::Text(text) => write_text(text, out),
        Value::List(items) => {
            write_all(items, *b"[]", out, write);
        }
        Value::Map(entries) => write_all(entries, *b"{}", out, |entry, out| {
            write_text(&entry.key, out);
            out.push(b':');
            write(&entry.value, out);
        }),
    }
}

fn write_all<T>(
    items: &[T],
    [open, close]: [u8; 2],
    out: &mut Vec<u8>,
    write: impl Fn(&T, &mut Vec<u8>),
) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(close);
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("memory takes every write");
}
