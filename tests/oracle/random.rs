//! Numbers that look random and are the same in every run.

use std::env;

/// `SplitMix64`: the whole state is one number, which is therefore the seed of whatever comes next.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// `PACTO_ORACLE_SEED` is for looking further than every run does.
    pub(crate) fn seeded() -> (Self, u64) {
        let seed = number("PACTO_ORACLE_SEED").unwrap_or(20_260_304);
        (Self(seed), seed)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end`, which is not in it.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("an index fits");
        usize::try_from(self.number() % end).expect("it is below an index")
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
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
