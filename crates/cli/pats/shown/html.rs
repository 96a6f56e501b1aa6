//! The inventory as one page for a browser: without scripts and external resources.
//!
//! Every value is shown as text, whatever it contains.

use adieu_inventory::{OwnedPat, State};
use adieu_scan::escape_html as escaped;

use super::super::Inventory;
use super::{COLUMNS, cells, how_to_revoke, leaks_without_owner, notes, summary};
use crate::moment::rfc_3339;

/// The browser's own colors, light or dark. The policy blocks scripts and all resources, in case a value is ever
/// interpreted as markup.
const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<style>
body { font: 14px/20px system-ui, sans-serif; margin: 24px; background: Canvas; color: CanvasText; }
h1 { font-size: 20px; }
h2 { font-size: 16px; }
table { border-collapse: collapse; }
th, td { border: 1px solid GrayText; padding: 4px 8px; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { position: sticky; top: 0; background: Canvas; overflow-wrap: normal; }
td:nth-child(-n+3), td:nth-child(7) { white-space: nowrap; }
small { opacity: .8; font-weight: 400; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.global td:first-child, .leaked td:nth-child(8) { font-weight: 700; }
.over { opacity: .7; }
@media print { body { margin: 0; font-size: 10px; } th { position: static; } }
</style>
"#;

/// Columns that share a cell: fourteen columns are wider than a screen.
const PLACES: [&[usize]; 9] = [
    &[0, 3],
    &[1, 2],
    &[4],
    &[5, 6],
    &[7, 8],
    &[9],
    &[10],
    &[11],
    &[12, 13],
];

/// The page.
pub(crate) fn html(inventory: &Inventory) -> String {
    let name = escaped(&inventory.organization);
    let mut page = format!(
        "{HEAD}<title>Personal access tokens of {name}</title>\n</head>\n<body>\n\
         <h1>Personal access tokens of {name}</h1>\n<p>{}</p>\n<p>{}</p>\n",
        escaped(&rfc_3339(inventory.taken)),
        escaped(&summary(inventory)),
    );
    page.push_str(&list(notes(inventory)));
    let head: String = PLACES
        .iter()
        .map(|places| {
            let names: Vec<&str> = places.iter().map(|place| COLUMNS[*place]).collect();
            format!("<th>{}</th>", names.join(", "))
        })
        .collect();
    page.push_str(&format!(
        "<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
    ));
    page.extend(inventory.pats.iter().map(row));
    page.push_str("</tbody>\n</table>\n");
    let unknown: Vec<String> = leaks_without_owner(inventory).collect();
    page.push_str(&list(unknown));
    let revocation = how_to_revoke(inventory).map(|line| escaped(line.trim()));
    let [sentence, request] = revocation;
    page.push_str(&format!(
        "<h2>Revoke</h2>\n<p>{sentence}</p>\n<pre>{request}</pre>\n</body>\n</html>"
    ));
    page
}

fn row(pat: &OwnedPat) -> String {
    let mut classes = Vec::new();
    if pat.state != State::Active {
        classes.push("over");
    } else if pat.pat.is_global() {
        classes.push("global");
    }
    if !pat.leaks.is_empty() {
        classes.push("leaked");
    }
    let mut row = format!("<tr class=\"{}\">", classes.join(" "));
    let cells = cells(pat);
    for places in PLACES {
        for (nth, place) in places.iter().enumerate() {
            let (begin, end) = match nth {
                0 => ("<td>", ""),
                _ => ("<br><small>", "</small>"),
            };
            row.push_str(begin);
            row.push_str(&escaped(&cells[*place]));
            row.push_str(end);
        }
        row.push_str("</td>");
    }
    row + "</tr>\n"
}

fn list(lines: Vec<String>) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let items: String = lines
        .iter()
        .map(|line| format!("<li>{}</li>\n", escaped(line)))
        .collect();
    format!("<ul>\n{items}</ul>\n")
}
