//! Cells of files that people open in a spreadsheet.

/// One cell, quoted as RFC 4180 has it where it must be. Names come from people: a text that a spreadsheet would take for a
/// formula begins with an apostrophe.
pub fn cell(text: &str) -> String {
    const FORMULA: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
    let guarded = match text.starts_with(FORMULA) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match guarded.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", guarded.replace('"', "\"\"")),
        false => guarded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_no_cell_leaves_its_place() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("＝1", "'＝1"),
            ("@x", "'@x"),
            ("-3", "'-3"),
            ("\tx", "'\tx"),
            ("\nx", "\"'\nx\""),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("+a,b", "\"'+a,b\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
