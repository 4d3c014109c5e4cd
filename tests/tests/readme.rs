//! What the README shows is what the program prints.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

#[test]
fn the_readme_shows_what_smi_flow_prints() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("<!-- output of smi-flow: begin -->\n```\n").unwrap();
    let (shown, _) = rest.split_once("```\n<!-- output of smi-flow: end -->").unwrap();
    let ran = e2e::cli::smmlab(&["smi-flow"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out == shown, "README.md is out of date; paste this in:\n{}", ran.out);
}
