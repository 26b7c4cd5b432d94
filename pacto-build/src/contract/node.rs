//! The tree that a contract is.

/// Where something stands in the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As JSON writes it, with the digits of the source.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a mapping and what it holds.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

fn text_size(text: &str) -> usize {
    1 + text.len() / 100
}

impl Node {
    /// The entries of a mapping; nothing for all else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// What is reached by one key after the other.
    pub(super) fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text at `key`, with its place.
    pub(super) fn text_at(&self, key: &str) -> Option<(&str, &Self)> {
        self.get(key)?.with_text()
    }

    /// The items of the list at `key`; nothing if there is none.
    pub(super) fn list_at(&self, key: &str) -> &[Self] {
        self.get(key).map_or(&[], Self::items)
    }

    /// The node as text, with itself for its place.
    pub(super) fn with_text(&self) -> Option<(&str, &Self)> {
        self.as_text().map(|text| (text, self))
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list; nothing for all else.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// How much the tree takes: one for each value and key in it, more for one with a long text.
    pub(super) fn size(&self) -> usize {
        self.own_size()
            + match &self.value {
                Value::List(items) => items.iter().map(Self::size).sum(),
                Value::Map(entries) => entries
                    .iter()
                    .map(|entry| text_size(&entry.key) + entry.value.size())
                    .sum(),
                _ => 0,
            }
    }

    /// How much it takes without what is in it.
    pub(super) fn own_size(&self) -> usize {
        match &self.value {
            Value::Text(text) | Value::Number(text) => text_size(text),
            _ => 1,
        }
    }

    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "empty",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
