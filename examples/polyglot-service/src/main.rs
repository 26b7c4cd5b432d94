//! Shows the card that was generated from the contract, `pacto/pacto.yaml`.
//!
//! It is kept in the repository, so that building needs no Bash, Python or Go until the contract changes.

fn main() {
    print!("{}", include_str!("../docs/card.txt"));
}
