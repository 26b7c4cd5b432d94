//! YAML text to the tree. The only module that knows the parser crate.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use crate::sorted::Map;

use super::codes;
use super::diagnostic::Findings;
use super::node::{Entry, Node, Span, Value};
use super::scalar::{self, ScalarFault};
use super::shape::join;

const SYNTAX: &str = codes::YAML_PARSE_ERROR;

/// Deeper than any contract, and far from what recursion over the tree could not bear.
const MAX_DEPTH: usize = 100;

/// How much a document may take once its aliases are followed, as [`Node::size`] counts.
const MAX_SIZE: usize = 100_000;

/// The one document in `text`, or `None` after a finding that leaves no tree to judge.
pub(super) fn parse(text: &str, findings: &mut Findings<'_>) -> Option<Node> {
    let mut builder = Builder::default();
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match event {
            Ok((event, span)) => (event, span),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                findings.error(SYNTAX, "", Span { start: at, end: at }, error.info());
                return None;
            }
        };
        let range = span.byte_range().unwrap_or(0..0);
        let span = Span {
            start: range.start,
            end: range.end,
        };
        if builder.take(event, span, findings).is_err() {
            return None;
        }
    }
    builder.root.or_else(|| {
        let nothing = Span { start: 0, end: 0 };
        findings.error(
            codes::SCHEMA_VIOLATION,
            "",
            nothing,
            "the contract is empty",
        );
        None
    })
}

/// Why `text` is not YAML, with the line; its meaning is not looked at.
pub(super) fn fault(text: &str) -> Option<String> {
    let error = Parser::new_from_str(text).find_map(Result::err)?;
    Some(format!("line {}: {}", error.marker().line(), error.info()))
}

/// The finding was made and reading cannot go on.
struct Stop;

#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    anchors: Map<usize, Node>,
    size: usize,
    documents: usize,
}

/// A list or mapping whose end has not come yet.
struct Open {
    kind: OpenKind,
    start: usize,
    anchor: usize,
}

enum OpenKind {
    List(Vec<Node>),
    Map(OpenMap),
}

#[derive(Default)]
struct OpenMap {
    entries: Vec<Entry>,
    origins: BTreeMap<String, Origin>,
    /// Some entries are merged ones whose key was written later.
    has_overridden: bool,
    key: Key,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Written,
    /// It came from a merge, and gives way to a written key.
    Merged,
}

#[derive(Default)]
enum Key {
    #[default]
    Awaited,
    Text(String, Span),
    /// `<<`: what follows is merged.
    Merge,
    /// It was no text; there is a finding, and what follows is dropped.
    Bad,
}

impl Builder {
    fn take(
        &mut self,
        event: Event<'_>,
        span: Span,
        findings: &mut Findings<'_>,
    ) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a contract is one document, and here a second begins";
                    findings.error_with_help(
                        codes::MULTIPLE_DOCUMENTS,
                        "",
                        span,
                        message,
                        "remove the `---`",
                    );
                    return Err(Stop);
                }
            }
            Event::Alias(id) => {
                // The parser refuses an alias without its anchor; one inside its own anchor is not complete.
                let Some(node) = self.anchors.get(&id) else {
                    findings.error(
                        SYNTAX,
                        &self.path(),
                        span,
                        "the alias stands inside what it names",
                    );
                    return Err(Stop);
                };
                self.size += node.size();
                self.check_size(span, findings)?;
                let node = Node {
                    value: node.value.clone(),
                    span,
                };
                return self.add(node, 0, findings);
            }
            // In quotes it is a key like any other.
            Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" && self.begin_merge() => {}
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), span, findings);
                return self.add(Node { value, span }, anchor, findings);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(OpenKind::List(Vec::new()), span, anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(OpenKind::Map(OpenMap::default()), span, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => return self.close(span, findings),
            _ => {}
        }
        Ok(())
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
        findings: &mut Findings<'_>,
    ) -> Value {
        let is_text = style != ScalarStyle::Plain
            || tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
        if is_text {
            return Value::Text(text.to_owned());
        }
        match scalar::resolve(text) {
            Ok(value) => value,
            Err(ScalarFault::NotANumber) => {
                let message =
                    format!("`{text}` cannot be given to a plugin: JSON has no such number");
                findings.error_with_help(
                    codes::NOT_A_NUMBER,
                    &self.path(),
                    span,
                    message,
                    "quote it to make it text",
                );
                Value::Null
            }
            Err(ScalarFault::LeadingZero) => {
                let message = format!("`{text}` is octal to some readers and decimal to others");
                let help =
                    "quote it to make it text, write `0o` before octal digits, or drop the zero";
                findings.error_with_help(
                    codes::AMBIGUOUS_NUMBER,
                    &self.path(),
                    span,
                    message,
                    help,
                );
                Value::Null
            }
        }
    }

    /// Takes a `<<` for a merge where a key is awaited.
    fn begin_merge(&mut self) -> bool {
        let Some(Open {
            kind: OpenKind::Map(map),
            ..
        }) = self.open.last_mut()
        else {
            return false;
        };
        let is_key = matches!(map.key, Key::Awaited);
        if is_key {
            map.key = Key::Merge;
        }
        is_key
    }

    fn open(&mut self, kind: OpenKind, span: Span, anchor: usize) {
        self.open.push(Open {
            kind,
            start: span.start,
            anchor,
        });
    }

    fn close(&mut self, end: Span, findings: &mut Findings<'_>) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.kind {
            OpenKind::List(items) => Value::List(items),
            OpenKind::Map(map) => Value::Map(map.into_entries()),
        };
        let span = Span {
            start: open.start,
            end: end.end.max(open.start),
        };
        self.add(Node { value, span }, open.anchor, findings)
    }

    /// Puts a complete node where it belongs: a key, a value, an item or the whole document.
    fn add(&mut self, node: Node, anchor: usize, findings: &mut Findings<'_>) -> Result<(), Stop> {
        self.size += node.own_size();
        if anchor > 0 {
            // It is there twice from now on.
            self.size += node.size();
        }
        self.check_size(node.span, findings)?;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let fault = match self.open.last_mut() {
            None => {
                self.root = Some(node);
                None
            }
            Some(Open {
                kind: OpenKind::List(items),
                ..
            }) => {
                items.push(node);
                None
            }
            Some(Open {
                kind: OpenKind::Map(map),
                ..
            }) => map.add(node).err(),
        };
        if let Some(fault) = fault {
            fault.report(&self.path(), findings);
        }
        Ok(())
    }

    fn check_size(&self, span: Span, findings: &mut Findings<'_>) -> Result<(), Stop> {
        if self.size <= MAX_SIZE {
            return Ok(());
        }
        let message =
            format!("the contract has more than {MAX_SIZE} values once its aliases are followed");
        findings.error(codes::TOO_LARGE, &self.path(), span, message);
        Err(Stop)
    }

    /// Where the next node belongs, such as `interfaces[0].port`.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match &open.kind {
                OpenKind::List(items) => path.push_str(&format!("[{}]", items.len())),
                OpenKind::Map(map) => {
                    if let Key::Text(key, _) = &map.key {
                        path = join(&path, key);
                    }
                }
            }
        }
        path
    }
}

/// Why a key or a merge cannot be taken; reading goes on without it.
enum MapFault {
    KeyNotText { kind: &'static str, span: Span },
    Duplicate { key: String, span: Span },
    MergeOf { kind: &'static str, span: Span },
}

impl MapFault {
    fn report(self, path: &str, findings: &mut Findings<'_>) {
        match self {
            Self::KeyNotText { kind, span } => {
                let message = format!("a key must be text, this is {kind}");
                findings.error_with_help(codes::KEY_NOT_TEXT, path, span, message, "quote it");
            }
            Self::Duplicate { key, span } => {
                let message = format!("the key `{key}` stands twice in one mapping");
                findings.error(codes::DUPLICATE_KEY, &join(path, &key), span, message);
            }
            Self::MergeOf { kind, span } => {
                let message = format!("only mappings can be merged, this is {kind}");
                findings.error(codes::INVALID_MERGE, path, span, message);
            }
        }
    }
}

impl OpenMap {
    fn add(&mut self, node: Node) -> Result<(), MapFault> {
        match std::mem::take(&mut self.key) {
            Key::Awaited => {
                // Until the key is known to be good, what follows it is dropped.
                self.key = Key::Bad;
                self.key = self.key_of(node)?;
            }
            Key::Text(key, span) => self.insert(key, span, node),
            Key::Merge => self.merge(node)?,
            Key::Bad => {}
        }
        Ok(())
    }

    fn key_of(&self, node: Node) -> Result<Key, MapFault> {
        let span = node.span;
        let kind = node.kind();
        let Value::Text(key) = node.value else {
            return Err(MapFault::KeyNotText { kind, span });
        };
        if self.origins.get(&key) == Some(&Origin::Written) {
            return Err(MapFault::Duplicate { key, span });
        }
        Ok(Key::Text(key, span))
    }

    fn insert(&mut self, key: String, key_span: Span, value: Node) {
        if self.origins.insert(key.clone(), Origin::Written) == Some(Origin::Merged) {
            self.has_overridden = true;
        }
        self.entries.push(Entry {
            key,
            key_span,
            value,
        });
    }

    /// The last entry of each key.
    fn into_entries(mut self) -> Vec<Entry> {
        if self.has_overridden {
            let mut seen = BTreeSet::new();
            self.entries.reverse();
            self.entries.retain(|entry| seen.insert(entry.key.clone()));
            self.entries.reverse();
        }
        self.entries
    }

    /// `<<: *defaults` or `<<: [*a, *b]`: keys that are here already stay, earlier sources win.
    fn merge(&mut self, node: Node) -> Result<(), MapFault> {
        let span = node.span;
        let sources = match node.value {
            Value::List(items) => items,
            value => vec![Node { value, span }],
        };
        for source in sources {
            let (kind, span) = (source.kind(), source.span);
            let Value::Map(entries) = source.value else {
                return Err(MapFault::MergeOf { kind, span });
            };
            for entry in entries {
                if !self.origins.contains_key(&entry.key) {
                    self.origins.insert(entry.key.clone(), Origin::Merged);
                    self.entries.push(entry);
                }
            }
        }
        Ok(())
    }
}
