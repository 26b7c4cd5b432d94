//! Sorted maps and sets, filled entry by entry.
//!
//! `collect` sorts the entries first, and brings a merge sort of its own for every kind of iterator: a
//! fifth of what this crate took to compile.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub(crate) fn map<K: Ord, V>(entries: impl Iterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

pub(crate) fn map_or_error<K: Ord, V, E>(
    entries: impl Iterator<Item = Result<(K, V), E>>,
) -> Result<BTreeMap<K, V>, E> {
    let mut map = BTreeMap::new();
    for entry in entries {
        let (key, value) = entry?;
        map.insert(key, value);
    }
    Ok(map)
}

pub(crate) fn set<T: Ord>(items: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

pub(crate) fn object(entries: impl Iterator<Item = (String, Value)>) -> Value {
    let mut object = Map::new();
    object.extend(entries);
    Value::Object(object)
}
