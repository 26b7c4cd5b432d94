//! A plugin that does next to nothing: it answers both `cargo pacto` and `buf` with one small file.

use std::io::{self, Read as _, Write as _};

const JSON: &[u8] = br#"{"files":[{"path":"answer.txt","content":"hello\n"}]}"#;

/// The same as a `CodeGeneratorResponse`: field 15 is a file, with its name in field 1 and its content
/// in field 15.
const PROTOBUF: &[u8] = b"\x7a\x14\x0a\x0aanswer.txt\x7a\x06hello\n";

fn main() -> io::Result<()> {
    let mut request = Vec::new();
    io::stdin().read_to_end(&mut request)?;
    let answer = if request.starts_with(b"{") {
        JSON
    } else {
        PROTOBUF
    };
    io::stdout().write_all(answer)
}
