//! Where our YAML reader and another one both accept a text, both read the same from it.
//!
//! What a plugin gets is compared, so that the way from the text to the request is walked whole. Not
//! everything need be accepted by both. Ours refuses on purpose what others guess at: keys that are not
//! text, numbers with leading zeros or that are none (NaN), a second document. Merges are an extension,
//! which the other reader does only when it is asked.

use std::fs;
use std::time::Duration;

use pacto_build::Severity;
use pacto_build::driver::{Force, Interrupt, SingleRun, findings_in};
use serde_json::Value;
use tempfile::TempDir;
use yaml_serde::Value as Yaml;

use crate::random::{self, Random};
use crate::{contracts, repository};

const HEAD: &str = "pactoVersion: \"1.0\"\nservice: {name: demo, version: 1.0.0}\n";

/// What a plugin gets for the contract `text`.
fn sent(text: &str) -> Result<Value, String> {
    let dir = TempDir::new().map_err(|error| error.to_string())?;
    let contract = dir.path().join("pacto.yaml");
    fs::write(&contract, text).map_err(|error| error.to_string())?;
    let output = dir.path().join("output");
    let run = SingleRun {
        sandbox: None,
        plugin: repository::path("tests/oracle/pacto-plugin-echo")
            .display()
            .to_string(),
        contract,
        output: output.clone(),
        options: [].into(),
        timeout: Duration::from_secs(60),
        force: Force::No,
        interrupt: Interrupt::default(),
    };
    run.run().map_err(|error| error.to_string())?;
    let request = fs::read(output.join("request.json")).map_err(|error| error.to_string())?;
    let mut request: Value = serde_json::from_slice(&request).map_err(|error| error.to_string())?;
    Ok(request["contract"].take())
}

/// What the other reader makes of `text`.
fn read(text: &str) -> Result<Value, String> {
    let mut read: Yaml = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    read.apply_merge().map_err(|error| error.to_string())?;
    serde_json::to_value(without_tags(read)).map_err(|error| error.to_string())
}

/// JSON has no tags: ours drops those that it does not know.
fn without_tags(value: Yaml) -> Yaml {
    match value {
        Yaml::Tagged(tagged) => without_tags(tagged.value),
        Yaml::Sequence(items) => items.into_iter().map(without_tags).collect(),
        Yaml::Mapping(map) => {
            let entries = map.into_iter();
            Yaml::Mapping(
                entries
                    .map(|(key, value)| (key, without_tags(value)))
                    .collect(),
            )
        }
        value => value,
    }
}

fn is_accepted(text: &str) -> bool {
    findings_in(text)
        .iter()
        .all(|finding| finding.severity == Severity::Warning)
}

/// `text` as one value of a good contract.
fn nested(text: &str, key: &str) -> String {
    let lines: String = text
        .split_inclusive('\n')
        .map(|line| {
            if line.trim().is_empty() {
                line.to_owned()
            } else {
                format!("    {line}")
            }
        })
        .collect();
    format!("  {key}:\n{lines}\n")
}

fn contract(entries: &[String]) -> String {
    format!("{HEAD}metadata:\n{}", entries.concat())
}

/// What ours reads on purpose as the other does not, and why; `None` is refused.
const DELIBERATE: &[(&str, Option<&str>)] = &[
    // A number has as many digits as are written.
    ("99999999999999999999", Some("1e20")),
    // Octal to some, decimal to others, text to this one.
    ("010", None),
    // JSON has no such number.
    (".nan", None),
    ("-.inf", None),
    // No reader of JSON finds a number where a key should be.
    ("{1: a}", None),
    // YAML 1.2 has signs before decimal numbers only, and no binary ones.
    ("-0x1F", Some("\"-0x1F\"")),
    ("0b11", Some("\"0b11\"")),
    // In YAML 1.2 a dash before a comma is neither an item nor text, a second colon is what ends a key,
    ("[-]", None),
    ("[::]", Some("[{\":\":null}]")),
    // a question mark asks for a blank behind it,
    ("[?a: 1]", Some("[{\"?a\":1}]")),
    // and only CR and LF break lines.
    ("a\u{85}b", Some("\"a\u{85}b\"")),
    ("a\u{2028}b", Some("\"a\u{2028}b\"")),
    // A tag that nobody knows says nothing, and what is in quotes is text.
    ("!!foo 1", Some("1")),
    ("!!int '1'", Some("\"1\"")),
];

/// Whether a garbled text has what the readers are known to differ in, by accident.
fn is_deliberate(text: &str) -> bool {
    let tags = [
        "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!str",
    ];
    let known = tags.iter().fold(text.to_owned(), |text, tag| {
        text.replace(&format!("{tag} "), "")
    });
    let asks = |part: &str| !part.starts_with([' ', '\n']);
    // A number has as many digits as are written, and few readers of JSON have room for this one.
    let is_huge = |word: &str| {
        let has_digits = word.contains(|c: char| c.is_ascii_digit());
        has_digits && word.parse::<f64>().is_ok_and(f64::is_infinite)
    };
    let is_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    known.contains("!!")
        || text.split('?').skip(1).any(asks)
        || text.split(|c| !is_number(c)).any(is_huge)
}

/// Texts that say what they say in unusual ways; each is the value of a key.
const UNUSUAL: &[&str] = &[
    // Plain scalars.
    "[~, null, Null, NULL, nULL, true, True, TRUE, tRUE, false, yes, no, on, off, y, N]",
    "[0, -0, +1, 1.5, -1.50, .5, 5., +.5, 1e3, 1E3, 1e+3, 1.e-3, 0x1F, 0xabc, 0o17, 0x, 0o8, 0x1G, 1_000, 1:30]",
    "[9007199254740993, 18446744073709551615, -9223372036854775808, 0.1, 1.7976931348623157e308]",
    "[2026-03-04, 2026-03-04T05:06:07Z, 12:30:45, 1.2.3, v1, 1.0.0-rc.1, ---a, a-b, a#b, 'a #b']",
    "[a b, a  b, 'a  b', http://x/y?z#w, a:b, '::', \"a:\\tb\", =, <, '>', ^1, '*', '&', '!', '%', '@', '`']",
    "[inf, Inf, nan, NaN, infinity, -inf, e1, 1e, .e1, ., .., '', '~']",
    // Quoted scalars.
    "[\"\\0\\a\\b\\t\\n\\v\\f\\r\\e\\\"\\/\\\\\\N\\_\\L\\P\\x41\\u263A\\U0001F980\"]",
    "'it''s'\n",
    "\"one\n  two\n\n  three \\\n  four\"\n",
    "'one\n  two\n\n  three  '\n",
    "one\n  two\n\n  three\n",
    // Block scalars.
    "|\n  one\n    two\n\n  three\n\n",
    "|-\n  one\n\n",
    "|+\n  one\n\n",
    ">\n  one\n  two\n\n  three\n    four\n  five\n",
    ">-\n  one\n\n\n  two\n",
    ">+\n  one\n\n",
    "|2\n    one\n   two\n",
    "|1-\n one\n",
    ">2+\n   one\n  two\n\n",
    "|  # a comment\n  # no comment\n  one\n",
    "|\n  tab\there\n  \tand here\n",
    "|\n",
    ">\n\n\n",
    // Collections.
    "{}\n",
    "[]\n",
    "{a: , b: , ? c, \"d\":1, 'e':2, f}\n",
    "[a: 1, {b: 2}, [c], ? d : 4]\n",
    "[a, b, ]\n",
    "{a: [1, 2], b: {c: {d: e}},}\n",
    "- - a\n  - b\n- c: 1\n  d: 2\n-\n  e: 3\n-\n",
    "? a\n: b\n? \"c\"\n: - d\n  - e\n? f\n",
    "a:\n- b\n- c\nd:\n  - e\n",
    "{a: 1 # one\n  , b: 2}\n",
    "# first\na: 1 # one\n# between\n\nb: 2\n# last\n",
    // Anchors, aliases, merges and tags.
    "a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n",
    "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3\nc: {l: 4, <<: *x}\n",
    "a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc: {<<: [*x, *y]}\n",
    "&k a: *k\n",
    "[&e , *e, &f '', *f]\n",
    "a: !!str 1\nb: !!str\nc: !foo bar\nd: !<tag:x,2026:y> [1]\ne: !foo {a: !bar 1}\n",
    "a: !!int 1\nb: !!float 1.5\nc: !!bool true\nd: !!null ~\ne: !!map {a: 1}\nf: !!seq [a]\n",
];

/// What stands for itself in YAML, and what it stands between.
const ATOMS: &[&str] = &[
    " ", "  ", "\n", "\n\n", "\n  ", "\n    ", ":", ": ", "-", "- ", "? ", ",", "[", "]", "{", "}",
    "#", " #", "&a ", "*a", "!", "!!str ", "!foo ", "|", "|-", "|+", "|2", ">", ">-", ">+", ">1",
    "'", "''", "\"", "\\", "\\n", "\\\n", "\\u00e9", "%", "@", "`", "<<: ", "~", "null", "true",
    "0", "1", ".", "0x", "0o", "e", "+", "_", "a", "é", "\u{a0}", "\t", "\r", "\r\n", "---", "...",
    "x: y",
];

/// Changes a few characters of `text`.
fn garbled(text: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(chars.len() + 1);
        let end = (at + random.below(4)).min(chars.len());
        let inserted = match random.below(4) {
            0 => Vec::new(),
            1 => chars[at..end].repeat(2),
            _ => random.pick(ATOMS).chars().collect(),
        };
        let end = if random.one_in(2) { at } else { end };
        chars.splice(at..end, inserted);
    }
    chars.into_iter().collect()
}

/// What the two readers of `text` do not read alike.
fn difference(text: &str) -> Option<String> {
    match (sent(text), read(text)) {
        (Ok(ours), Ok(theirs)) if same(&ours, &theirs) => None,
        (ours, theirs) => Some(format!(
            "{text}\n  ours   {}\n  theirs {}\n",
            shown(ours),
            shown(theirs)
        )),
    }
}

fn same(ours: &Value, theirs: &Value) -> bool {
    without_signed_zeros(ours.clone()) == without_signed_zeros(theirs.clone())
}

/// `-0` goes out as it is written, and is the number 0 to all who calculate with it.
fn without_signed_zeros(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) => Value::from(0),
        Value::Array(items) => items.into_iter().map(without_signed_zeros).collect(),
        Value::Object(map) => {
            let entries = map.into_iter();
            entries
                .map(|(key, value)| (key, without_signed_zeros(value)))
                .collect()
        }
        value => value,
    }
}

fn shown(read: Result<Value, String>) -> String {
    match read {
        Ok(value) => value["metadata"].to_string(),
        Err(error) => error,
    }
}

#[test]
fn contracts_are_read_alike() {
    for (name, text) in contracts::all() {
        let text = contracts::within_64_bits(&text);
        if is_accepted(&text) {
            assert_eq!(sent(&text), read(&text), "{name}");
        }
    }
}

#[test]
fn deliberate_differences_are_as_they_are_told() {
    for (text, expected) in DELIBERATE {
        let text = contract(&[nested(text, "t")]);
        let ours = sent(&text).ok().map(|value| value["metadata"]["t"].clone());
        let expected: Option<Value> = expected.map(|json| serde_json::from_str(json).expect(json));
        assert_eq!(ours, expected, "{text}");
        let theirs = read(&text).ok().map(|value| value["metadata"]["t"].clone());
        assert_ne!(ours, theirs, "{text}");
    }
}

#[test]
fn unusual_texts_are_read_alike() {
    let mut wrong = Vec::new();
    for (index, text) in UNUSUAL.iter().enumerate() {
        let text = contract(&[nested(text, &format!("t{index}"))]);
        wrong.extend(difference(&text));
    }
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
#[expect(clippy::print_stdout, reason = "the numbers are what one runs it for")]
fn garbled_texts_are_read_alike() {
    let (mut random, seed) = Random::seeded();
    let count = random::count(2_000);
    let contracts = contracts::all();
    let bases: Vec<&str> = UNUSUAL
        .iter()
        .copied()
        .chain(contracts.iter().map(|(_, text)| text.as_str()))
        .collect();
    let mut accepted = Vec::new();
    for index in 0..count {
        // The unusual ones are short, so that a change hits something.
        let base = if random.one_in(3) {
            *random.pick(&bases)
        } else {
            *random.pick(UNUSUAL)
        };
        let entry = nested(&garbled(base, &mut random), &format!("t{index}"));
        let text = contract(std::slice::from_ref(&entry));
        if is_accepted(&text) && read(&text).is_ok() && !is_deliberate(&entry) {
            accepted.push(entry);
        }
    }
    println!(
        "seed {seed}: {} of {count} are accepted by both",
        accepted.len()
    );
    let wrong = accepted
        .chunks(50)
        .flat_map(differences_among)
        .collect::<Vec<_>>();
    assert!(
        wrong.is_empty(),
        "{} of {} differ (PACTO_ORACLE_SEED={seed})\n{}",
        wrong.len(),
        accepted.len(),
        wrong.join("\n")
    );
    assert!(
        accepted.len() * 5 > count,
        "only {} of {count} are accepted",
        accepted.len()
    );
}

/// Many at once first: each look at what a plugin gets starts a plugin.
fn differences_among(entries: &[String]) -> Vec<String> {
    if difference(&contract(entries)).is_none() {
        return Vec::new();
    }
    let one_by_one = entries
        .iter()
        .map(|entry| contract(std::slice::from_ref(entry)));
    one_by_one.filter_map(|text| difference(&text)).collect()
}
