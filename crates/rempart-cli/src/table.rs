/// Columns under their headings, two blanks apart, for people to read.
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
    /// From this column on, cells are moved to the right, as numbers are.
    numbers_from: usize,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(str::to_owned)], numbers_from: N }
    }

    /// Says that there are numbers in this column and after it, counted from 0.
    pub(crate) const fn numbers_from(mut self, column: usize) -> Self {
        self.numbers_from = column;
        self
    }

    pub(crate) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// The lines, without blanks at their ends.
    pub(crate) fn render(&self) -> String {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(widths).enumerate();
            let cells = cells.map(|(column, (cell, width))| match column {
                column if column < self.numbers_from => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_up_its_columns() {
        let mut table = Table::new(["KEY", "STATE"]);
        table.row(["2026-11-22".to_owned(), "active".to_owned()]);
        table.row(["é".to_owned(), String::new()]);
        assert_eq!(table.render(), "KEY         STATE\n2026-11-22  active\né\n");
    }

    #[test]
    fn moves_numbers_to_the_right() {
        let mut table = Table::new(["GROUP", "SENT", "SERVED"]).numbers_from(1);
        table.row(["é".to_owned(), "1,000".to_owned(), "7".to_owned()]);
        assert_eq!(table.render(), "GROUP   SENT  SERVED\né      1,000       7\n");
    }
}
