//! A method without a paragraph in this suite is a method that was never seen to work on both engines.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn sources(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn every_public_method_has_a_paragraph_here() {
    let methods: BTreeSet<String> = sources("src")
        .iter()
        .flat_map(|source| source.split("    pub async fn ").skip(1).map(str::to_owned).collect::<Vec<_>>())
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect();
    assert!(methods.len() > 60, "the sources were found and read: {}", methods.len());
    let suite = sources("tests/it").concat();
    let called =
        |method: &&String| suite.contains(&format!(".{method}(")) || suite.contains(&format!("Store::{method}("));
    let missing: Vec<_> = methods.iter().filter(|method| !called(method)).collect();
    assert!(missing.is_empty(), "no paragraph calls {missing:?}");
}
