//! Contracts that are nearly right: one to three changes to one that is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::random::Random;

/// What changes are made from.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Every value of every contract below its key, and keys that no contract has.
    entries: Vec<(String, Value)>,
    texts: Vec<Value>,
    numbers: Vec<Value>,
    others: Vec<Value>,
}

impl Pool {
    pub(crate) fn new(contracts: &[Value]) -> Self {
        let unknown = ["prot", "Port", "", "x-y", "a.b", "nmae", "$ref"];
        let mut pool = Self {
            entries: unknown.map(|key| (key.to_owned(), json!("x"))).to_vec(),
            texts: texts(),
            numbers: numbers(),
            others: vec![
                json!(null),
                json!(true),
                json!(false),
                json!([]),
                json!({}),
                json!([{}]),
            ],
        };
        for contract in contracts {
            pool.take(contract);
        }
        pool.entries
            .sort_by_cached_key(|(key, value)| (key.clone(), value.to_string()));
        pool.entries.dedup();
        for values in [&mut pool.texts, &mut pool.numbers, &mut pool.others] {
            values.sort_by_cached_key(Value::to_string);
            values.dedup();
        }
        pool
    }

    fn take(&mut self, value: &Value) {
        match value {
            Value::String(_) => self.texts.push(value.clone()),
            Value::Number(_) => self.numbers.push(value.clone()),
            _ => self.others.push(value.clone()),
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.take(item)),
            Value::Object(map) => {
                for (key, value) in map {
                    self.entries.push((key.clone(), value.clone()));
                    self.take(value);
                }
            }
            _ => {}
        }
    }

    fn any_value(&self, random: &mut Random) -> Value {
        let values = [&self.texts, &self.numbers, &self.others][random.below(3)];
        random.pick(values).clone()
    }
}

/// Texts at the edges of rules.
fn texts() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "a-",
        "-a",
        "A",
        "a.b",
        "a_b",
        "a/b",
        "a@b",
        "é",
        "a\n",
        "\n",
        "/",
        "//",
        "/x",
        "/x\n",
        "/x\r",
        "/x\u{2028}",
        "x/",
        "null",
        "1",
        "1.0",
        "9",
        "true",
        "2026-02-30",
    ];
    let long = [2047, 2048, 2049].map(|count| Value::from("é".repeat(count)));
    texts.into_iter().map(Value::from).chain(long).collect()
}

/// Numbers at the edges of rules.
fn numbers() -> Vec<Value> {
    let whole = [-1_i64, 0, 1, 100, 101, 65_535, 65_536, i64::MAX];
    let fractions = [
        -0.5, -0.0, 0.5, 1.0, 1.5, 100.0, 8080.0, 8080.5, 1e3, 2e19, 1e30, 1e300, 1e-300,
    ];
    let whole = whole.into_iter().map(Value::from).chain([u64::MAX.into()]);
    whole.chain(fractions.map(Value::from)).collect()
}

/// Changes `contract` once.
pub(crate) fn mutate(contract: &mut Value, pool: &Pool, random: &mut Random) {
    if random.one_in(12) && contract.is_object() {
        let versions = ["1.0", "1.1", "1.2", "2.0", "3.0"];
        contract["pactoVersion"] = Value::from(*random.pick(&versions));
        return;
    }
    let mut place = random.below(size(contract));
    let node = nth(contract, &mut place).expect("it is below the size");
    match node {
        Value::Object(map) if !random.one_in(8) => mutate_map(map, pool, random),
        Value::Array(items) if !random.one_in(8) => mutate_list(items, pool, random),
        Value::String(_) if !random.one_in(4) => *node = random.pick(&pool.texts).clone(),
        Value::Number(_) if !random.one_in(4) => *node = random.pick(&pool.numbers).clone(),
        Value::Bool(flag) if !random.one_in(4) => *flag = !*flag,
        node => *node = pool.any_value(random),
    }
}

fn mutate_map(map: &mut Map<String, Value>, pool: &Pool, random: &mut Random) {
    let keys = keys(map);
    let (key, value) = random.pick(&pool.entries).clone();
    match random.below(4) {
        0 if !keys.is_empty() => {
            map.remove(random.pick(&keys));
        }
        1 if !keys.is_empty() => {
            let value = map.remove(random.pick(&keys));
            map.insert(key, value.expect("it is one of its keys"));
        }
        2 => {
            map.insert(key, pool.any_value(random));
        }
        _ => {
            map.insert(key, value);
        }
    }
}

fn mutate_list(items: &mut Vec<Value>, pool: &Pool, random: &mut Random) {
    match random.below(4) {
        0 => items.clear(),
        1 if !items.is_empty() => {
            items.remove(random.below(items.len()));
        }
        2 if !items.is_empty() => items.push(random.pick(items).clone()),
        _ => items.push(pool.any_value(random)),
    }
}

/// `contracts` with one key more, which another of them has at the same place: not all are good.
pub(crate) fn with_known_keys(contracts: &[Value]) -> Vec<Value> {
    let mut known = BTreeMap::new();
    for contract in contracts {
        for (pointer, place) in places(contract) {
            if let Some(Value::Object(map)) = contract.pointer(&pointer) {
                let known: &mut BTreeMap<&str, &Value> = known.entry(place).or_default();
                known.extend(map.iter().map(|(key, value)| (key.as_str(), value)));
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for contract in contracts {
        for (pointer, place) in places(contract) {
            for (key, value) in known.get(&place).into_iter().flatten() {
                let mut more = contract.clone();
                let map = more.pointer_mut(&pointer).and_then(Value::as_object_mut);
                if let Some(map) = map
                    && !map.contains_key(*key)
                    && seen.insert((version(contract), place.clone(), *key, keys(map)))
                {
                    map.insert((*key).to_owned(), (*value).clone());
                    all.push(more);
                }
            }
        }
    }
    all
}

/// `contracts` with one fault each, or none: at every place that one of them has, in each of its formats.
pub(crate) fn with_single_faults(contracts: &[Value]) -> Vec<Value> {
    let mut texts = BTreeMap::new();
    for contract in contracts {
        collect_texts(contract, "", &mut texts);
    }
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for contract in contracts {
        for (pointer, place) in places(contract) {
            if seen.insert((version(contract), place.clone())) {
                let key = place.rsplit('/').next().unwrap_or_default();
                let texts = texts.get(key).into_iter().flatten().take(20);
                faults.extend(faults_at(contract, &pointer, texts));
            }
        }
    }
    faults
}

fn keys(map: &Map<String, Value>) -> Vec<String> {
    map.keys().cloned().collect()
}

fn version(contract: &Value) -> String {
    contract["pactoVersion"].to_string()
}

/// The texts that stand below each key somewhere: other words of the same list of words.
fn collect_texts(value: &Value, key: &str, texts: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::String(text) => {
            texts
                .entry(key.to_owned())
                .or_default()
                .insert(text.clone());
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_texts(item, "-", texts)),
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| collect_texts(value, key, texts)),
        _ => {}
    }
}

/// Where each value is, as a JSON pointer, and the same without the indices of lists.
fn places(contract: &Value) -> Vec<(String, String)> {
    let mut places = Vec::new();
    collect_places(contract, "", "", &mut places);
    places
}

fn collect_places(value: &Value, pointer: &str, place: &str, places: &mut Vec<(String, String)>) {
    places.push((pointer.to_owned(), place.to_owned()));
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_places(
                    item,
                    &format!("{pointer}/{index}"),
                    &format!("{place}/-"),
                    places,
                );
            }
        }
        // What is free has no places that anybody speaks of.
        Value::Object(_)
            if ["/metadata", "/extensions", "/values"]
                .iter()
                .any(|free| place.ends_with(free)) => {}
        Value::Object(map) => {
            for (key, value) in map {
                let step = key.replace('~', "~0").replace('/', "~1");
                collect_places(
                    value,
                    &format!("{pointer}/{step}"),
                    &format!("{place}/{step}"),
                    places,
                );
            }
        }
        _ => {}
    }
}

fn faults_at<'a>(
    contract: &Value,
    pointer: &str,
    texts: impl Iterator<Item = &'a String>,
) -> Vec<Value> {
    let mut others = vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(0.5),
        json!(101),
        json!(70_000),
        json!(""),
        json!("no such word!"),
        json!("x".repeat(2049)),
        json!([]),
        json!([0]),
        json!({}),
    ];
    others.extend(texts.map(|text| json!(text)));
    let place = |contract: &mut Value, value: Value| {
        *contract.pointer_mut(pointer).expect("it was found here") = value;
    };
    let mut faults: Vec<Value> = others
        .into_iter()
        .map(|other| {
            let mut fault = contract.clone();
            place(&mut fault, other);
            fault
        })
        .collect();
    if let Some(Value::Object(map)) = contract.pointer(pointer) {
        let mut with_more = map.clone();
        with_more.insert("zebra".to_owned(), json!("x"));
        let with_less = map.keys().map(|key| {
            let mut map = map.clone();
            map.remove(key);
            map
        });
        for map in with_less.chain([with_more]) {
            let mut fault = contract.clone();
            place(&mut fault, Value::Object(map));
            faults.push(fault);
        }
    }
    faults
}

/// How many values there are in `value`, itself among them.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(map) => map.values().map(size).sum(),
        _ => 0,
    }
}

/// The value that is reached after `left` others.
fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        Value::Object(map) => map.values_mut().find_map(|value| nth(value, left)),
        _ => None,
    }
}
