//! The bench itself works, and Keywright counts right while it is loaded. Nothing about time is asserted: tests run where
//! others run too.

use serde_json::Value;
use std::process::Command;

#[test]
fn a_quick_run_finds_every_call_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let output =
        Command::new(env!("CARGO_BIN_EXE_bench")).args(["report", "--quick", "--json"]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let report = std::fs::read(&file).unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
    let report: Value = serde_json::from_slice(&report).unwrap();

    let rows = report["rows"].as_array().unwrap();
    let of = |section: &str| -> Vec<&Value> {
        rows.iter().filter(|row| row["section"].as_str().unwrap().starts_with(section)).collect()
    };
    let correctness = of("Correctness");
    assert!(correctness.len() >= 9, "{said}");
    for row in correctness {
        assert_eq!(row["verdict"], "pass", "{row}\n{said}");
    }
    let lost = rows.iter().filter(|row| row["what"].as_str().unwrap().contains("not answered as asked"));
    for row in lost {
        assert_eq!(row["figure"]["median"], 0.0, "{row}\n{said}");
    }
    for section in ["Requests per second", "What each step", "Latency", "Streams", "Memory", "Start", "Growth", "Pages"]
    {
        assert!(!of(section).is_empty(), "no row about {section}\n{said}");
    }
}
