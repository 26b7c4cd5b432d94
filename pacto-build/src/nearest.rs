//! "Did you mean": the known name that a misspelt one is nearest to.

/// How long a name is looked at: the work grows with the square, and a name can be as long as a file.
const LONGEST: usize = 64;

/// The nearest of `known`, if it is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let is_short = |name: &str| name.len() <= LONGEST;
    let nearest = known
        .iter()
        .filter(|candidate| is_short(name) && is_short(candidate))
        .map(|&candidate| (distance(name, candidate), candidate))
        .min()?;
    let (distance, candidate) = nearest;
    (distance <= 1 + candidate.len() / 4).then_some(candidate)
}

/// "; did you mean `x`?", or nothing.
pub(crate) fn suggestion(name: &str, known: &[&str]) -> String {
    nearest(name, known).map_or(String::new(), |candidate| {
        format!("; did you mean `{candidate}`?")
    })
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        let known = ["options", "output", "inputs"];
        for (name, expected) in [
            ("optoins", "options"),
            ("outputs", "output"),
            ("ouput", "output"),
            ("input", "inputs"),
        ] {
            assert_eq!(nearest(name, &known), Some(expected), "{name}");
        }
        assert_eq!(nearest("zebra", &known), None);
    }
}
