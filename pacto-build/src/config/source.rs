//! A `Cargo.toml` as TOML with places.

use toml::Spanned;
use toml::de::DeTable;

use crate::error::ErrorKind;
use crate::visible;

/// A manifest that was read as TOML, and how to say where something stands in it.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// As the user knows it, such as `Cargo.toml` or `../../Cargo.toml`.
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    /// From the package to the folder of this manifest, such as `.` or `../..`.
    pub(crate) folder: &'a str,
    pub(crate) root: Spanned<DeTable<'a>>,
}

pub(super) type Parsed<T> = Result<T, ErrorKind>;

impl<'a> Source<'a> {
    pub(crate) fn parse(name: &'a str, text: &'a str, folder: &'a str) -> Parsed<Self> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self {
                name,
                text,
                folder,
                root,
            }),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                Err(fault(name, text, at, error.message()))
            }
        }
    }

    pub(super) fn fault(&self, at: usize, message: impl Into<String>) -> ErrorKind {
        fault(self.name, self.text, at, message)
    }

    /// The table at `path`, if every part of it is there and a table.
    pub(super) fn table(&self, path: &[&str]) -> Option<&DeTable<'a>> {
        path.iter().try_fold(self.root.get_ref(), |table, key| {
            table.get(*key)?.get_ref().as_table()
        })
    }
}

/// A text in TOML may have several lines, and a message that quotes it has one.
fn fault(manifest: &str, text: &str, at: usize, message: impl Into<String>) -> ErrorKind {
    let line = text.as_bytes()[..at.min(text.len())]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1;
    ErrorKind::Config {
        manifest: manifest.to_owned(),
        line,
        message: visible::line(&message.into()),
    }
}
