//! A list of cost centres as finance exports it: comma- or semicolon-separated, with a header that names the columns.
//!
//! A file is read whole or not at all: every line that cannot be read is told with its number, so that one look is enough
//! to put the file right. Lines are numbered as an editor numbers them, also where a quoted cell spans several.

use crate::cost_centre::{CentreDraft, CentreEntry};
use crate::refusal::Refusal;
use std::collections::HashSet;

/// Every file has all of these, in any order. An empty cell of a day is no limit.
pub const COLUMNS: [&str; 5] = ["code", "name", "contact", "valid_from", "valid_until"];
/// More than this is taken in several files.
pub const MOST_LINES: usize = 1_000;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongLine {
    pub line: usize,
    pub problem: LineProblem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineProblem {
    /// The header does not name this column.
    NoColumn(&'static str),
    UnknownColumn(String),
    /// A column or code that was there before.
    Twice(String),
    Cells {
        found: usize,
        wanted: usize,
    },
    /// A quote that is not closed, or text behind one.
    Quotes,
    TooMany {
        at_most: usize,
    },
    /// A cell, by the name of its column.
    Cell(Refusal),
    /// Nothing but a header, or not even that.
    Empty,
}

/// One record with the line that it begins on.
struct Record {
    line: usize,
    cells: Vec<String>,
}

/// Every entry in the order of the file, or everything that is wrong with it.
pub fn read(text: &str) -> Result<Vec<CentreEntry>, Vec<WrongLine>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = if header.contains(';') && !header.contains(',') { ';' } else { ',' };
    let mut records = match records(text, separator) {
        Ok(records) => records.into_iter(),
        Err(line) => return Err(vec![WrongLine { line, problem: LineProblem::Quotes }]),
    };
    let Some(header) = records.next() else {
        return Err(vec![WrongLine { line: 1, problem: LineProblem::Empty }]);
    };
    let order = read_header(&header)?;
    if records.len() == 0 {
        return Err(vec![WrongLine { line: header.line, problem: LineProblem::Empty }]);
    }
    if let Some(beyond) = records.as_slice().get(MOST_LINES) {
        return Err(vec![WrongLine { line: beyond.line, problem: LineProblem::TooMany { at_most: MOST_LINES } }]);
    }
    let (mut entries, mut wrong, mut codes) = (Vec::with_capacity(records.len()), Vec::new(), HashSet::new());
    for record in records {
        let mut tell = |problem| wrong.push(WrongLine { line: record.line, problem });
        if record.cells.len() != order.len() {
            tell(LineProblem::Cells { found: record.cells.len(), wanted: order.len() });
            continue;
        }
        let cell = |column: usize| {
            let at = order.iter().position(|&of| of == column);
            at.and_then(|at| record.cells.get(at)).cloned().unwrap_or_default()
        };
        let [code, name, contact, valid_from, valid_until] = [cell(0), cell(1), cell(2), cell(3), cell(4)];
        match (CentreDraft { code, name, contact, valid_from, valid_until }).read() {
            Ok(entry) if codes.insert(entry.code.clone()) => entries.push(entry),
            Ok(entry) => tell(LineProblem::Twice(entry.code)),
            Err(refusals) => refusals.into_iter().for_each(|refusal| tell(LineProblem::Cell(refusal))),
        }
    }
    if wrong.is_empty() { Ok(entries) } else { Err(wrong) }
}

/// Which of [`COLUMNS`] each column of the file is.
fn read_header(header: &Record) -> Result<Vec<usize>, Vec<WrongLine>> {
    let (mut order, mut wrong) = (Vec::new(), Vec::new());
    for cell in &header.cells {
        let name = cell.trim().to_lowercase();
        match COLUMNS.iter().position(|column| *column == name) {
            Some(column) if order.contains(&column) => wrong.push(LineProblem::Twice(name)),
            Some(column) => order.push(column),
            None => wrong.push(LineProblem::UnknownColumn(cell.trim().chars().take(64).collect())),
        }
    }
    let missing = COLUMNS.iter().enumerate().filter(|(column, _)| !order.contains(column));
    wrong.extend(missing.map(|(_, &name)| LineProblem::NoColumn(name)));
    let line = header.line;
    if wrong.is_empty() {
        Ok(order)
    } else {
        Err(wrong.into_iter().map(|problem| WrongLine { line, problem }).collect())
    }
}

/// Cells as RFC 4180 has them; lines without anything are left out. The error is the line of a broken quote.
fn records(text: &str, separator: char) -> Result<Vec<Record>, usize> {
    let mut records: Vec<Record> = Vec::new();
    let (mut line, mut begun) = (1, 1);
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    loop {
        // At the beginning of a cell.
        if letters.next_if_eq(&'"').is_some() {
            let opened = line;
            loop {
                match letters.next() {
                    Some('"') if letters.next_if_eq(&'"').is_some() => cell.push('"'),
                    Some('"') => break,
                    Some(letter) => {
                        line += usize::from(letter == '\n');
                        cell.push(letter);
                    }
                    None => return Err(opened),
                }
            }
            if letters.peek().is_some_and(|&next| next != separator && next != '\r' && next != '\n') {
                return Err(line);
            }
        }
        let mut ended = None;
        for letter in letters.by_ref() {
            match letter {
                '\r' => {}
                '\n' => {
                    ended = Some(true);
                    break;
                }
                letter if letter == separator => {
                    ended = Some(false);
                    break;
                }
                letter => cell.push(letter),
            }
        }
        cells.push(std::mem::take(&mut cell));
        if ended != Some(false) {
            let cells = std::mem::take(&mut cells);
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                records.push(Record { line: begun, cells });
            }
            line += 1;
            begun = line;
        }
        if ended.is_none() {
            return Ok(records);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Reason;
    use proptest::prelude::*;

    fn wrong(text: &str) -> Vec<(usize, LineProblem)> {
        read(text).unwrap_err().into_iter().map(|wrong| (wrong.line, wrong.problem)).collect()
    }

    fn at(field: &'static str, reason: Reason) -> LineProblem {
        LineProblem::Cell(Refusal::new(field, reason))
    }

    #[test]
    fn a_file_as_a_spreadsheet_writes_it_is_read() {
        let text = "\u{FEFF}Code;Name;Valid_from;Valid_until;Contact\r\n\
                    4711;\"Research; \"\"blue\"\"\";2026-01-01;;ada@example.com\r\n;;;;\r\n4712;Sales;;2026-12-31;\r\n";
        let entries = read(text).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0].code.as_str(), entries[0].name.as_str()), ("4711", "Research; \"blue\""));
        assert_eq!(entries[0].contact.as_deref(), Some("ada@example.com"));
        assert_eq!(entries[1].valid_until.unwrap().date().to_string(), "2026-12-31");
    }

    #[test]
    fn every_bad_line_is_told_with_its_number() {
        let text = "code,name,contact,valid_from,valid_until\n\
                    ,Research,,,\n\
                    4711,\"Two\nlines\",,,\n\
                    4712,Sales,,tomorrow,2026-01-01\n\
                    4713,Legal\n\
                    4714,Fine,,,\n\
                    4714,Again,,,\n";
        assert_eq!(
            wrong(text),
            [
                (2, at("code", Reason::Missing)),
                (3, at("name", Reason::HiddenCharacters)),
                (5, at("valid_from", Reason::Malformed)),
                (6, LineProblem::Cells { found: 2, wanted: 5 }),
                (8, LineProblem::Twice("4714".into())),
            ]
        );
    }

    #[test]
    fn a_file_without_its_columns_or_with_open_quotes_is_none() {
        assert_eq!(wrong(""), [(1, LineProblem::Empty)]);
        assert_eq!(wrong("\ncode,name,contact,valid_from,valid_until\n\n"), [(2, LineProblem::Empty)]);
        let header = wrong("code,name,name,valid_from,valid_until,colour\n1,2,3,4,5,6");
        let expected = [
            (1, LineProblem::Twice("name".into())),
            (1, LineProblem::UnknownColumn("colour".into())),
            (1, LineProblem::NoColumn("contact")),
        ];
        assert_eq!(header, expected);
        let columns = COLUMNS.join(",");
        assert_eq!(wrong(&format!("{columns}\n4711,\"Research,,,\n")), [(2, LineProblem::Quotes)]);
        assert_eq!(wrong(&format!("{columns}\n\"4711\"x,Research,,,\n")), [(2, LineProblem::Quotes)]);
        let many = format!("{columns}\n{}", "1,2,,,\n".repeat(MOST_LINES + 1));
        assert_eq!(wrong(&many), [(MOST_LINES + 2, LineProblem::TooMany { at_most: MOST_LINES })]);
    }

    proptest! {
        #[test]
        fn no_text_stops_it(text in "(code,name,contact,valid_from,valid_until\n)?[a-z0-9,;\"\r\n]{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn a_quoted_cell_is_read_back(name in "[ -~]{1,40}") {
            let name = format!("x{name}x");
            let cell = format!("\"{}\"", name.replace('"', "\"\""));
            let entries = read(&format!("{}\n4711,{cell},,,\n", COLUMNS.join(","))).unwrap();
            prop_assert_eq!(&entries[0].name, &name);
        }
    }
}
