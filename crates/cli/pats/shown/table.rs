//! A text table that fits a terminal: the widest flexible columns are truncated first.
//!
//! It does not know the columns' meaning.

/// Longest cell; the other formats have the whole text.
const WIDEST_CELL: usize = 48;

/// Shortest width of a truncated column.
const NARROWEST_CELL: usize = 8;

/// The space between two columns.
const GAP: &str = "  ";

/// The lines of a table, with the head in uppercase. `flexible` columns may be truncated.
pub(super) fn lines<const N: usize>(
    head: &[&str; N],
    rows: impl Iterator<Item = Vec<String>>,
    flexible: &[usize],
    width: Option<usize>,
) -> Vec<String> {
    let head = head.iter().map(|name| name.to_uppercase()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let mut widths: Vec<usize> = (0..N)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|cell| cell.chars().count()).max();
            widest.unwrap_or_default().min(WIDEST_CELL)
        })
        .collect();
    if let Some(width) = width {
        fit(&mut widths, flexible, width);
    }
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{:width$}", cut(cell, *width)))
                .collect();
            cells.join(GAP).trim_end().to_owned()
        })
        .collect()
}

fn fit(widths: &mut [usize], flexible: &[usize], width: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let widest = flexible.iter().max_by_key(|column| widths[**column]);
        match widest {
            Some(column) if widths[*column] > NARROWEST_CELL => widths[*column] -= 1,
            _ => return,
        }
    }
}

fn cut(cell: &str, width: usize) -> String {
    if cell.chars().count() <= width {
        return cell.to_owned();
    }
    let kept: String = cell.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn the_widest_columns_are_cut_until_the_table_fits() {
        let rows = || {
            [("1", "ada@contoso.example", "a token for releases")]
                .map(|(number, owner, name)| [number, owner, name].map(str::to_owned).to_vec())
                .into_iter()
        };
        for (width, expected) in [
            (
                None,
                [
                    "#  OWNER                NAME",
                    "1  ada@contoso.example  a token for releases",
                ],
            ),
            (
                Some(30),
                ["#  OWNER          NAME", "1  ada@contoso.…  a token for…"],
            ),
            // Less than that is not readable.
            (Some(10), ["#  OWNER     NAME", "1  ada@con…  a token…"]),
        ] {
            assert_eq!(
                lines(&["#", "owner", "name"], rows(), &[1, 2], width),
                expected
            );
        }
        let long = lines(&["x"], [vec!["y".repeat(100)]].into_iter(), &[0], None);
        assert_eq!(long[1].chars().count(), 48);
    }
}
