//! Schemas with one thing missing: whoever compares readers must notice each of them.

use serde_json::{Map, Value};

/// Every schema that is `schema` with one key, word, bound or condition less, by the place of what is
/// missing.
pub(crate) fn plants(schema: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    collect(schema, "", &mut places);
    let plants = places.into_iter().map(|place| {
        let mut planted = schema.clone();
        remove(&mut planted, &place);
        (place, planted)
    });
    plants.collect()
}

fn collect(schema: &Value, place: &str, places: &mut Vec<String>) {
    match schema {
        Value::Object(map) => collect_map(map, place, places),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
}

fn collect_map(map: &Map<String, Value>, place: &str, places: &mut Vec<String>) {
    for (keyword, value) in map {
        let place = format!("{place}/{keyword}");
        match (keyword.as_str(), value) {
            ("title" | "description" | "$schema", _) => continue,
            // The condition itself is not what is said; an object without keys says nothing either.
            ("if", _) => continue,
            ("properties", Value::Object(properties)) => {
                places.extend(properties.keys().map(|key| format!("{place}/{key}")));
            }
            ("required" | "enum" | "allOf" | "anyOf" | "oneOf", Value::Array(items)) => {
                let left = usize::from(keyword != "required");
                let removable = if items.len() > left { items.len() } else { 0 };
                places.extend((0..removable).map(|index| format!("{place}/{index}")));
            }
            // No key below zero and no list shorter than nothing: these say nothing.
            ("minItems", Value::Number(least)) if least.as_u64() == Some(0) => {}
            _ if !value.is_object() => places.push(place.clone()),
            _ => {}
        }
        collect(value, &place, places);
    }
}

fn remove(schema: &mut Value, place: &str) {
    let (parent, last) = place.rsplit_once('/').expect("every place has a parent");
    match schema.pointer_mut(parent).expect("it was found here") {
        Value::Object(map) => {
            map.remove(last);
        }
        Value::Array(items) => {
            items.remove(last.parse().expect("a place in a list is a number"));
        }
        _ => unreachable!("only these have places in them"),
    }
}
