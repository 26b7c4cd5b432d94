//! SHA-256 of contents, where text has the same hash whatever its line ends are.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

/// Enough to make system calls rare, small enough to stay in the cache.
const CHUNK: usize = 128 * 1024;

/// Room in a buffer beside what a file is expected to have: to see its end, and for a character that was cut.
const SPARE: usize = 64;

/// A SHA-256. For text, meaning UTF-8 without NUL, CRLF counts as LF.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    /// The hash of `contents` as they would be in a file.
    pub(crate) fn of(contents: &[u8]) -> Self {
        let mut hasher = ContentHasher::default();
        hasher.update(contents);
        hasher.finish()
    }

    /// The hash of everything that `reader` gives, and whether CRLF counted as LF in it. Only a part is in
    /// memory at a time.
    /// `length` is what the reader is expected to give; it may be wrong.
    pub(crate) fn of_reader(mut reader: impl Read, length: u64) -> io::Result<(Self, bool)> {
        let mut hasher = ContentHasher::default();
        // Most files are small, and to clear the memory for a large one takes longer than to hash them.
        let expected = usize::try_from(length).unwrap_or(CHUNK);
        let mut buffer = vec![0; expected.saturating_add(SPARE).min(CHUNK)];
        let (mut kept, mut total) = (0, 0);
        loop {
            let read = reader.read(&mut buffer[kept..])?;
            let end = kept + read;
            total += read as u64;
            // One that had room for more and gave what was expected is at its end: small files take one call.
            let is_end = read == 0 || (total == length && end < buffer.len());
            let usable = if is_end {
                end
            } else {
                boundary(&buffer[..end])
            };
            hasher.update(&buffer[..usable]);
            buffer.copy_within(usable..end, 0);
            kept = end - usable;
            if is_end {
                let has_crlf = matches!(hasher.text, Text::Normalised { has_crlf: true, .. });
                return Ok((hasher.finish(), has_crlf));
            }
        }
    }

    /// One hash for a sequence of names and hashes.
    pub(crate) fn of_entries<'a>(entries: impl Iterator<Item = (&'a str, &'a Self)>) -> Self {
        let mut hash = hmac_sha256::Hash::new();
        for (name, value) in entries {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            hash.update(value.0);
        }
        Self(hash.finalize())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            text.push(DIGITS[usize::from(byte >> 4)].into());
            text.push(DIGITS[usize::from(byte & 15)].into());
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug)]
pub(crate) struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NotAHash)?;
        let mut bytes = [0; 32];
        // Thousands of these are read from a record, in build scripts, where iterators are not optimised away.
        let mut at = 0;
        while at < digits.len() {
            bytes[at / 2] = bytes[at / 2] << 4 | nibble(digits[at])?;
            at += 1;
        }
        Ok(Self(bytes))
    }
}

fn nibble(digit: u8) -> Result<u8, NotAHash> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NotAHash),
    }
}

/// Hashes in one pass, without knowing at the start whether the content is text.
struct ContentHasher {
    raw: hmac_sha256::Hash,
    text: Text,
}

enum Text {
    /// Text so far, and without CR: `raw` is the hash.
    AsItIs,
    /// Text so far; the hash has CRLF read as LF.
    Normalised {
        hash: hmac_sha256::Hash,
        has_crlf: bool,
    },
    /// A NUL or a byte that is not UTF-8 was seen.
    Binary,
}

impl Default for ContentHasher {
    fn default() -> Self {
        Self {
            raw: hmac_sha256::Hash::new(),
            text: Text::AsItIs,
        }
    }
}

impl ContentHasher {
    /// Adds a chunk that ends neither inside a character nor, unless it is the last, in a CR.
    fn update(&mut self, chunk: &[u8]) {
        if !matches!(self.text, Text::Binary) {
            match str::from_utf8(chunk) {
                Ok(text) if !chunk.contains(&0) => self.update_text(text),
                _ => self.text = Text::Binary,
            }
        }
        self.raw.update(chunk);
    }

    fn update_text(&mut self, text: &str) {
        if let Text::Normalised { hash, has_crlf } = &mut self.text {
            *has_crlf |= feed_lines(hash, text);
        } else if text.as_bytes().contains(&b'\r') {
            let mut hash = self.raw;
            let has_crlf = feed_lines(&mut hash, text);
            self.text = Text::Normalised { hash, has_crlf };
        }
    }

    fn finish(self) -> Hash {
        Hash(match self.text {
            Text::Normalised { hash, .. } => hash.finalize(),
            Text::AsItIs | Text::Binary => self.raw.finalize(),
        })
    }
}

/// Feeds `text` with LF for CRLF; whether there was any.
fn feed_lines(hash: &mut hmac_sha256::Hash, text: &str) -> bool {
    let mut has_crlf = false;
    for (index, line) in text.split("\r\n").enumerate() {
        if index > 0 {
            has_crlf = true;
            hash.update("\n");
        }
        hash.update(line);
    }
    has_crlf
}

/// Where to cut `bytes` so that no character and no CRLF is torn.
fn boundary(bytes: &[u8]) -> usize {
    let end = bytes.len() - unfinished_character(bytes);
    if bytes[..end].ends_with(b"\r") {
        end - 1
    } else {
        end
    }
}

/// How many bytes at the end begin a character that is not complete.
fn unfinished_character(bytes: &[u8]) -> usize {
    let begins_one = |length: &usize| {
        let tail = &bytes[bytes.len() - length..];
        matches!(str::from_utf8(tail), Err(error) if error.valid_up_to() == 0 && error.error_len().is_none())
    };
    (1..=bytes.len().min(3)).find(begins_one).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_what_sha256sum_says() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Hash::of(b"").to_string(), empty);
        assert_eq!(
            Hash::of(b"a\n").to_string().parse::<Hash>().ok(),
            Some(Hash::of(b"a\n"))
        );
        assert!("xyz".parse::<Hash>().is_err());
    }

    #[test]
    fn line_ends_count_in_binary_files_only() {
        for (a, b, equal) in [
            (&b"a\r\nb\r\n"[..], &b"a\nb\n"[..], true),
            (b"a\rb", b"a\nb", false),
            (b"\0a\r\n", b"\0a\n", false),
            (b"a\r\n\0", b"a\n\0", false),
            (b"\xffa\r\n", b"\xffa\n", false),
        ] {
            assert_eq!(Hash::of(a) == Hash::of(b), equal, "{a:?}");
        }
    }

    /// Gives its bytes in pieces of `step`, as a slow file would.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let (now, later) = self.0.split_at(self.1.min(self.0.len()));
            buffer[..now.len()].copy_from_slice(now);
            self.0 = later;
            Ok(now.len())
        }
    }

    #[test]
    fn reading_in_pieces_changes_nothing() {
        for text in [
            "a\r\nb\r",
            "ä\r\nö€😀\r\n\r\n",
            "plain",
            "\r\n",
            "\r",
            "x\0\r\n",
        ] {
            for step in 1..6 {
                let length = text.len() as u64 * u64::from(step % 2 == 0);
                let (hash, has_crlf) = Hash::of_reader(Pieces(text.as_bytes(), step), length)
                    .expect("memory can be read");
                assert_eq!(hash, Hash::of(text.as_bytes()), "{text:?} by {step}");
                let is_text = !text.contains('\0');
                assert_eq!(
                    has_crlf,
                    is_text && text.contains("\r\n"),
                    "{text:?} by {step}"
                );
            }
        }
        for bytes in [&b"\xff\r\n\xe2\x82"[..], b"\xe2\x82", b"a\xf0\x9f\r\n"] {
            for step in 1..6 {
                let (hash, _) =
                    Hash::of_reader(Pieces(bytes, step), 1 << 40).expect("memory can be read");
                assert_eq!(hash, Hash::of(bytes), "{bytes:?} by {step}");
            }
        }
    }
}
