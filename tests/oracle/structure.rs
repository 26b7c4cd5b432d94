//! The JSON Schema that editors use and our reader say the same of a contract's structure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jsonschema::Validator;
use pacto_build::driver::{self, findings_in};
use serde_json::{Map, Value};

use crate::contracts;
use crate::mutation::{self, Pool};
use crate::random::{self, Random};
use crate::vectors::VECTORS;

/// The codes that speak of structure; the others are of rules that a schema cannot say.
const STRUCTURE: [&str; 6] = [
    "CAPABILITY_REF_REQUIRED",
    "CONTRACT_REQUIRED",
    "PORT_REQUIRED",
    "SCHEMA_VIOLATION",
    "UNSUPPORTED_PACTO_VERSION",
    "VALUES_WITHOUT_SCHEMA",
];

/// The codes of YAML that is refused before there is a structure to speak of.
const YAML: [&str; 8] = [
    "AMBIGUOUS_NUMBER",
    "DUPLICATE_KEY",
    "INVALID_MERGE",
    "KEY_NOT_TEXT",
    "MULTIPLE_DOCUMENTS",
    "NOT_A_NUMBER",
    "TOO_LARGE",
    "YAML_PARSE_ERROR",
];

/// What a reader says of the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Good,
    Bad,
    /// It is no YAML that has one meaning, so that no schema can be asked.
    Unread,
}

fn verdict(text: &str) -> Verdict {
    let findings = findings_in(text);
    let has = |codes: &[&str]| findings.iter().any(|one| codes.contains(&one.code));
    if has(&YAML) {
        Verdict::Unread
    } else if has(&STRUCTURE) {
        Verdict::Bad
    } else {
        Verdict::Good
    }
}

/// What the schema says.
fn schema_verdict(schema: &Validator, instance: &Value) -> Verdict {
    if schema.is_valid(instance) {
        Verdict::Good
    } else {
        Verdict::Bad
    }
}

fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(driver::contract_schema)
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::new(schema).expect("it is a schema")
}

/// A contract as text, and as what a schema is asked about.
#[derive(Debug)]
struct Document {
    name: String,
    text: String,
    instance: Value,
}

/// The contracts and the vectors as they are written, but for those that are no YAML to others.
fn written() -> Vec<Document> {
    let vectors = VECTORS
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let all = vectors.chain(contracts::all());
    all.filter_map(|(name, text)| {
        let instance = instance(&contracts::within_64_bits(&text))?;
        Some(Document {
            name,
            text,
            instance,
        })
    })
    .collect()
}

/// What a schema is asked about, as another reader reads it.
fn instance(text: &str) -> Option<Value> {
    let mut read: yaml_serde::Value = yaml_serde::from_str(text).ok()?;
    read.apply_merge().ok()?;
    serde_json::to_value(read).ok()
}

fn good_instances() -> Vec<Value> {
    let good = |base: &Document| verdict(&base.text) == Verdict::Good;
    let bases = written().into_iter().filter(good);
    bases.map(|base| base.instance).collect()
}

/// Contracts with one to three changes, half of them in JSON's style and half in blocks.
fn mutated(random: &mut Random, count: usize) -> Vec<Document> {
    let bases = good_instances();
    let pool = Pool::new(&bases);
    let mutated = (0..count).map(|index| {
        let mut instance = random.pick(&bases).clone();
        // Most have one change: two faults hide that only one of them is seen.
        let changes = *random.pick(&[1, 1, 1, 2, 3]);
        for _ in 0..changes {
            mutation::mutate(&mut instance, &pool, random);
        }
        let text = if random.one_in(2) {
            instance.to_string()
        } else {
            yaml_serde::to_string(&instance).expect("JSON is YAML")
        };
        Document {
            name: format!("mutation {index}"),
            text,
            instance,
        }
    });
    mutated.collect()
}

/// What the two readers do not say alike, in words.
fn differences<'a>(
    documents: &'a [Document],
    schema: &'a Validator,
) -> impl Iterator<Item = String> + 'a {
    documents.iter().filter_map(|document| {
        let ours = verdict(&document.text);
        let theirs = schema_verdict(schema, &document.instance);
        if ours == theirs || ours == Verdict::Unread {
            return None;
        }
        let mut said: Vec<String> = findings_in(&document.text)
            .iter()
            .map(|one| format!("  reader: {}", one.summary()))
            .collect();
        said.extend(
            schema
                .iter_errors(&document.instance)
                .map(|error| format!("  schema: {error} at {}", error.instance_path())),
        );
        let Document { name, text, .. } = document;
        Some(format!(
            "{name}: the reader says {ours:?}, the schema {theirs:?}\n{}\n{text}\n",
            said.join("\n")
        ))
    })
}

#[track_caller]
fn assert_alike(documents: &[Document], about: &str) {
    let schema = validator(schema());
    let differences: Vec<String> = differences(documents, &schema).collect();
    let shown: Vec<&str> = differences.iter().take(10).map(String::as_str).collect();
    assert!(
        differences.is_empty(),
        "{} of {} differ{about}\n{}",
        differences.len(),
        documents.len(),
        shown.join("\n")
    );
}

#[test]
fn the_schema_is_one() {
    if let Err(error) = jsonschema::draft202012::meta::validate(schema()) {
        panic!("{error}");
    }
}

#[test]
fn schema_and_reader_agree_on_what_is_written() {
    let documents = written();
    // A duplicate key, a tab, a number that JSON does not have, a key that is no text, a second document.
    // Contracts with such faults stand for what messages look like.
    let unread: Vec<&str> = VECTORS
        .iter()
        .filter(|(_, text)| verdict(text) == Verdict::Unread)
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(unread, ["V45a", "V45b", "V46", "V47", "V48"]);
    let is_asked = |name: &str| documents.iter().any(|document| document.name == name);
    let all = contracts::all();
    let unasked: Vec<&str> = all
        .iter()
        .filter(|(name, text)| verdict(text) != Verdict::Unread && !is_asked(name))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(unasked, [""; 0]);
    assert_alike(&documents, "");
}

#[test]
#[expect(clippy::print_stdout, reason = "the numbers are what one runs it for")]
fn schema_and_reader_agree_on_mutations() {
    let (mut random, seed) = Random::seeded();
    let documents = mutated(&mut random, random::count(5_000));
    let mut tally: BTreeMap<Verdict, usize> = BTreeMap::new();
    for document in &documents {
        *tally.entry(verdict(&document.text)).or_default() += 1;
    }
    println!("seed {seed}: {tally:?}");
    assert_alike(&documents, &format!(" (PACTO_ORACLE_SEED={seed})"));
    let share = |verdict| tally.get(&verdict).copied().unwrap_or_default() * 100 / documents.len();
    assert!(share(Verdict::Good) >= 10, "{tally:?}");
    assert!(share(Verdict::Bad) >= 30, "{tally:?}");
    // Every mutation is written by a YAML writer: none is unreadable but for a number beyond all measure.
    assert_eq!(share(Verdict::Unread), 0, "{tally:?}");
}

#[test]
fn schema_and_reader_agree_on_every_single_fault() {
    let documents = with_single_faults();
    assert_alike(&documents, "");

    // Every word of the schema is the only reason to refuse one of them, or nothing is said of that word here.
    let schema_reader = validator(schema());
    let mut unused = BTreeSet::new();
    collect_words(schema(), "", &mut unused);
    for document in &documents {
        let mut errors = schema_reader.iter_errors(&document.instance);
        if let (Some(error), None) = (errors.next(), errors.next()) {
            unused.remove(&error.schema_path().to_string());
        }
    }
    assert_eq!(
        unused,
        BTreeSet::new(),
        "nothing is refused for these alone"
    );
}

fn with_single_faults() -> Vec<Document> {
    let mut bases = good_instances();
    let schema_reader = validator(schema());
    let more = mutation::with_known_keys(&bases);
    let (good, bad): (Vec<Value>, Vec<Value>) = more
        .into_iter()
        .partition(|instance| schema_reader.is_valid(instance));
    bases.extend(good);
    let mut instances = mutation::with_single_faults(&bases);
    instances.extend(bases);
    instances.extend(bad);
    let documents = instances.into_iter().enumerate();
    documents
        .map(|(index, instance)| Document {
            name: format!("fault {index}"),
            text: instance.to_string(),
            instance,
        })
        .collect()
}

/// The place of every word that something can be refused for.
fn collect_words(schema: &Value, place: &str, words: &mut BTreeSet<String>) {
    let Value::Object(map) = schema else { return };
    for (word, value) in map {
        let place = format!("{place}/{word}");
        match (word.as_str(), value) {
            ("title" | "description" | "$schema" | "if", _) => {}
            ("properties", Value::Object(properties)) => {
                for (key, schema) in properties {
                    collect_words(schema, &format!("{place}/{key}"), words);
                }
            }
            ("allOf", Value::Array(schemas)) => {
                for (index, schema) in schemas.iter().enumerate() {
                    collect_words(schema, &format!("{place}/{index}"), words);
                }
            }
            ("items" | "then", schema) => collect_words(schema, &place, words),
            ("type", _) if is_said_twice(map, &place) => {}
            ("required", Value::Array(keys)) if keys.is_empty() => {}
            ("minItems", least) if least == 0 => {}
            _ => drop(words.insert(place)),
        }
    }
}

/// Whether what has another type is refused for something else, too.
fn is_said_twice(schema: &Map<String, Value>, place: &str) -> bool {
    let all = schema
        .get("allOf")
        .map(Value::to_string)
        .unwrap_or_default();
    schema.contains_key("enum")
        || ["oneOf", "not"]
            .iter()
            .any(|word| all.contains(&format!("\"{word}\"")))
        || ["/then/type", "/then/properties/pactoVersion/type"]
            .iter()
            .any(|root| place.ends_with(root))
}
