//! The inventory for a spreadsheet (RFC 4180), in which no cell is a formula.
//!
//! It never ends a record; its caller does.

use super::super::Inventory;
use super::{COLUMNS, cells};

/// Characters that start a formula in Excel, LibreOffice or Google Sheets (OWASP, "CSV Injection"), including
/// full-width forms.
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// The head, and a record for each token.
pub(crate) fn csv(inventory: &Inventory) -> Vec<String> {
    let head = record(&COLUMNS.map(str::to_owned));
    let records = inventory.pats.iter().map(|pat| record(&cells(pat)));
    std::iter::once(head).chain(records).collect()
}

fn record(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    cells.join(",")
}

/// Quotes a cell; an apostrophe before a possible formula makes a spreadsheet treat it as text.
fn quoted(cell: &str) -> String {
    let is_formula = cell
        .trim_start_matches([' ', '"', '\''])
        .starts_with(FORMULA);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", cell.replace('"', "\"\""))
}

#[test]
fn no_cell_is_a_formula() {
    for (cell, expected) in [
        ("", r#""""#),
        ("ada@contoso.example", r#""ada@contoso.example""#),
        ("a,b", r#""a,b""#),
        (r#"say "hi""#, r#""say ""hi""""#),
        ("=1+1", r#""'=1+1""#),
        ("+1", r#""'+1""#),
        ("-1", r#""'-1""#),
        ("@SUM(A1)", r#""'@SUM(A1)""#),
        (" =1", r#""' =1""#),
        (r#""=1"#, r#""'""=1""#),
        ("＝1", r#""'＝1""#),
        ("\t=1", "\"'\t=1\""),
    ] {
        assert_eq!(quoted(cell), expected, "{cell:?}");
    }
}
