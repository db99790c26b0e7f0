/// Rows of a list, in columns that stand below each other.
///
/// On a terminal a row has a heading above it and fits the width: its last column is cut, or goes to a line
/// of its own where too little is left. Into a file or a pipe everything is written, without heading, and
/// without a space at the end of a line.
struct Table {
    /// One column.
    struct Column {
        let title: String
        let isNumber: Bool

        /// A column of words.
        static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        /// A column of numbers, which end below each other.
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    private let columns: [Column]
    private let rows: [[String]]

    /// Puts a table together.
    ///
    /// - Parameters:
    ///   - columns: the last one holds what may be cut.
    ///   - rows: a cell a column; text of strangers is made harmless here, and kept on its line.
    init(_ columns: [Column], rows: [[String]]) {
        self.columns = columns
        self.rows = rows.map { row in row.map { PeerText.shown($0) } }
    }

    /// What is printed.
    ///
    /// - Parameter width: the columns of the terminal; nil for what is no terminal.
    /// - Returns: the heading, where there is a terminal, and the lines below it.
    func lines(width: Int?) -> (heading: String?, body: [String]) {
        guard let width else {
            let widths = self.widths(of: self.rows)
            return (nil, self.rows.map { self.line($0, widths) })
        }
        let titles = self.columns.map(\.title)
        let widths = self.widths(of: [titles] + self.rows)
        let fixed = widths.dropLast().reduce(0) { $0 + $1 + Self.gap.count }
        let room = width - fixed
        let isWrapped = room < min(Self.roomMin, widths.last ?? 0)
        let body = self.rows.flatMap { self.fit($0, widths, room: room, width, isWrapped) }
        let heading = isWrapped ? Array(titles.dropLast()) : titles
        return (TextWidth.cut(self.line(heading, widths), to: width), body)
    }

    private static let gap = "  "
    /// The fewest columns of a terminal in which a text is still readable.
    private static let roomMin = 16

    private func fit(_ row: [String], _ widths: [Int], room: Int, _ width: Int, _ isWrapped: Bool)
        -> [String]
    {
        guard let last = row.last else { return [] }
        guard isWrapped else {
            return [self.line(row.dropLast() + [TextWidth.cut(last, to: room)], widths)]
        }
        let first = self.line(Array(row.dropLast()), widths)
        guard !last.isEmpty else { return [first] }
        return [first, Self.gap + TextWidth.cut(last, to: max(1, width - Self.gap.count))]
    }

    private func widths(of rows: [[String]]) -> [Int] {
        self.columns.indices.map { column in
            rows.map { $0.indices.contains(column) ? TextWidth.of($0[column]) : 0 }.max() ?? 0
        }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.enumerated().map { column, cell in
            let space = String(repeating: " ", count: max(0, widths[column] - TextWidth.of(cell)))
            return self.columns[column].isNumber ? space + cell : cell + space
        }
        var line = Substring(padded.joined(separator: Self.gap))
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}
