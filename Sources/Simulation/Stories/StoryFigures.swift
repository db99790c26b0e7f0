/// Figures that a story found.
public enum StoryFigures: Sendable, Equatable {
    /// A row of a table, by the names of its columns.
    case row(table: String, [Cell])
    /// A line of a plot: what was found on which day, in millionths.
    case line(plot: String, name: String, [Point])

    /// One figure of a row.
    public struct Cell: Sendable, Equatable {
        /// The column.
        public let column: String
        /// What stands there.
        public let text: String

        init(_ column: String, _ text: String) {
            self.column = column
            self.text = text
        }
    }

    /// One point of a line.
    public struct Point: Sendable, Equatable {
        /// The day.
        public let day: Int
        /// The value in millionths.
        public let millionths: Int64
    }
}
