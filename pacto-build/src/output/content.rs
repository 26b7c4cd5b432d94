//! What a file is to hold, as long as its run may still be refused.

use std::borrow::Cow;
use std::path::Path;

use crate::error::Result;
use crate::fs::Spilled;
use crate::hash::Hash;

/// From here on a content waits on the disk, in bytes: the answers of all plugins of a run wait for
/// the last one, and not all of them have room in memory.
const LARGE: usize = 1024 * 1024;

/// What a file is to hold.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) hash: Hash,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Held(String),
    Waiting(Spilled),
}

impl Content {
    /// A large one waits in `dir`.
    pub(crate) fn new(text: String, dir: &Path) -> Result<Self> {
        Ok(Self {
            hash: Hash::of(text.as_bytes()),
            body: if text.len() < LARGE {
                Body::Held(text)
            } else {
                Body::Waiting(Spilled::new(dir, text.as_bytes())?)
            },
        })
    }

    pub(crate) fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        match &self.body {
            Body::Held(text) => Ok(Cow::Borrowed(text.as_bytes())),
            Body::Waiting(spilled) => spilled.read().map(Cow::Owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;
    use crate::fs::{self, TempDir};

    #[test]
    fn a_large_content_waits_on_the_disk_and_leaves_nothing() {
        let dir = TempDir::new(&Env::read().temp_dir()).expect("it can be created");
        for (size, files) in [(LARGE - 1, 0), (LARGE, 1)] {
            let text = "x".repeat(size);
            let content = Content::new(text.clone(), dir.path()).expect("there is room");
            let waiting = fs::list(dir.path()).expect("it can be listed").len();
            assert_eq!(waiting, files, "{size}");
            assert_eq!(content.bytes().expect("it is there"), text.as_bytes());
            assert_eq!(content.hash, Hash::of(text.as_bytes()));
            drop(content);
            assert!(fs::list(dir.path()).expect("it can be listed").is_empty());
        }
    }
}
