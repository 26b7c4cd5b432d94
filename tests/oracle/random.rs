//! How random the tests are, as variables say.

use std::env;

pub(crate) use crate::split_mix::Random;

impl Random {
    /// `PACTO_ORACLE_SEED` is for looking further than every run does.
    pub(crate) fn seeded() -> (Self, u64) {
        let seed = number("PACTO_ORACLE_SEED").unwrap_or(20_260_304);
        (Self::new(seed), seed)
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// How many mutations a test looks at: `PACTO_ORACLE_COUNT`, or as many as are done in seconds.
pub(crate) fn count(usual: usize) -> usize {
    number("PACTO_ORACLE_COUNT")
        .map_or(usual, |count| usize::try_from(count).expect("a count fits"))
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} must be a number, this is `{text}`")),
    )
}
