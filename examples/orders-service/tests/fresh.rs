//! Fails when somebody changed the contract and did not generate the checked-in files anew.

#[test]
fn generated_files_are_fresh() {
    pacto_build::assert_fresh();
}
