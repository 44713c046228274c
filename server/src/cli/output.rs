//! The one place that writes to the standard output: answers of commands, for people and for scripts.

use std::fmt;
use std::io::{self, Write};

/// Prints one line. A closed pipe (`keywright … | head -1`) is not an error.
pub fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints why a command could not be done.
pub fn complain(problem: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "keywright: {problem}");
}
