//! The edges between packages, asserted from what Cargo itself says. A new edge is a design change: change this list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const EDGES: [(&str, &[&str]); 7] = [
    ("app", &["domain", "portal"]),
    // Measures the others from outside and inside; nothing that is shipped knows it.
    ("bench", &["domain", "portal", "proxy", "server", "store"]),
    ("domain", &[]),
    ("portal", &["domain", "store"]),
    ("proxy", &["domain"]),
    ("server", &["app", "domain", "portal", "proxy", "store"]),
    ("store", &["domain"]),
];

#[test]
fn packages_import_only_downwards() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();

    let seen: BTreeMap<&str, Vec<&str>> = packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let edges: BTreeSet<&str> = dependencies
                .filter(|dependency| dependency["kind"].is_null())
                .filter_map(|dependency| dependency["name"].as_str())
                .filter(|name| ours.contains(name))
                .collect();
            (package["name"].as_str().unwrap(), edges.into_iter().collect())
        })
        .collect();
    let wanted: BTreeMap<&str, Vec<&str>> = EDGES.iter().map(|(name, edges)| (*name, edges.to_vec())).collect();
    assert_eq!(seen, wanted);
}

#[test]
fn domain_has_no_clock_randomness_io_or_async() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/domain/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    let (dependencies, _) = dependencies.split_once("\n[").unwrap();
    for banned in ["tokio", "rand", "async", "futures", "reqwest", "hyper", "sqlx", "tracing"] {
        assert!(!dependencies.contains(banned), "domain depends on {banned}");
    }
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/domain/src"))) {
        let text = std::fs::read_to_string(&file).unwrap();
        for banned in ["SystemTime::now", "Instant::now", "std::fs", "std::net::Tcp", "async fn", "Timestamp::now"] {
            assert!(!text.contains(banned), "{} uses {banned}", file.display());
        }
    }
}

/// The switch that lets the ledger lie about durability exists only where a build asks for it by name.
#[test]
fn nothing_that_is_shipped_can_inject_faults() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let (_, features) = manifest.split_once("\n[features]\n").unwrap();
    let (features, _) = features.split_once("\n[").unwrap();
    let lines: Vec<&str> = features.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(lines, ["fault-injection = []"], "no default feature, and none that brings this one along");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
