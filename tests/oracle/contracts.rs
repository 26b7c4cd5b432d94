//! The contracts of the repository: those that look like real services, and those that have every key.

use std::fs;

use crate::repository;

/// Name and text of every contract, sorted by name.
pub(crate) fn all() -> Vec<(String, String)> {
    let mut contracts = Vec::new();
    for folder in ["tests/contracts", "tests/fuzz/seeds/contract"] {
        let entries = fs::read_dir(repository::path(folder)).expect(folder);
        for entry in entries {
            let path = entry.expect(folder).path();
            if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                let name = path.file_name().expect("it has an extension");
                let text = fs::read_to_string(&path).expect("a contract is text");
                contracts.push((name.to_string_lossy().into_owned(), text));
            }
        }
    }
    contracts.sort();
    assert!(contracts.len() > 40, "only {} contracts", contracts.len());
    contracts
}

/// `text` with a number that fits into 64 bits for each that does not: few readers take more.
pub(crate) fn within_64_bits(text: &str) -> String {
    let is_border = |c: char| c.is_whitespace() || "[]{},".contains(c);
    let words = text.split_inclusive(is_border).map(|word| {
        let number = word.trim_end_matches(is_border);
        let is_long = number.len() > 19 && number.bytes().all(|byte| byte.is_ascii_digit());
        if is_long {
            word.replace(number, "7")
        } else {
            word.to_owned()
        }
    });
    words.collect()
}
