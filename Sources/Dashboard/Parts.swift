import Primitives

/// One figure with its name.
enum Figure {
    /// - Parameters:
    ///   - name: what it counts.
    ///   - value: the figure.
    ///   - note: what one should know of it.
    ///   - path: where more of it is.
    /// - Returns: what the template `figures` is filled with.
    static func view(
        _ name: String,
        _ value: String,
        note: String? = nil,
        path: DashboardPlace? = nil
    ) -> View {
        var view: View = ["name": name, "value": value]
        view["note"] = note
        view["figurePath"] = path?.path
        return view
    }

    /// A moment.
    static func time(_ name: String, _ milliseconds: Int64?) -> View {
        Self.small(name, Words.time(milliseconds))
    }

    /// A value that would not fit in one line otherwise.
    static func small(_ name: String, _ value: String) -> View {
        Self.view(name, value).merging(["figureClass": "small"]) { own, _ in own }
    }
}

/// A sentence that calls for attention.
enum Notice {
    /// How much.
    enum Level: String {
        case bad, warn, good
    }

    static func view(_ level: Level, _ text: String) -> View {
        ["level": level.rawValue, "sentence": VisibleText.line(text, bytesMax: 600)]
    }

    /// The first sentences of a list.
    static func views(_ level: Level, _ list: JSONValue?) -> [View] {
        (list?.texts ?? []).prefix(DashboardLimits.sentencesMax).map { Self.view(level, $0) }
    }
}

/// A cell of a table.
struct Cell {
    fileprivate private(set) var view: View

    private init(_ text: String) { self.view = ["cell": text] }

    /// A text, whoever wrote it.
    static func text(_ text: String?, bytesMax: Int = 120) -> Cell {
        Cell(text.map { VisibleText.line($0, bytesMax: bytesMax) } ?? "–")
    }

    /// A figure that was made a text.
    static func figure(_ text: String) -> Cell { Cell(text) }

    /// A moment.
    static func time(_ milliseconds: Int64?) -> Cell {
        var cell = Cell(Words.time(milliseconds))
        cell.view["cellClass"] = "time"
        return cell
    }

    /// The beginning of an id; the whole is shown by whoever stays on it.
    static func id(_ id: String?) -> Cell {
        var cell = Cell(Words.short(id))
        cell.view["cellClass"] = "id"
        cell.view["whole"] = id.map { VisibleText.line($0) }
        return cell
    }

    /// The same, leading to a page.
    func leading(to place: DashboardPlace?) -> Cell {
        var cell = self
        cell.view["cellPath"] = place?.path
        return cell
    }

    /// The same with a state that is seen from its colour as well.
    func marked(_ level: Notice.Level) -> Cell {
        var cell = self
        cell.view["mark"] = level.rawValue
        return cell
    }
}

/// A table.
struct Table {
    /// A column; figures stand at its right.
    struct Column {
        let name: String
        let isNumber: Bool

        static func text(_ name: String) -> Column { Column(name: name, isNumber: false) }
        static func number(_ name: String) -> Column { Column(name: name, isNumber: true) }
    }

    private let caption: String
    private let columns: [Column]
    private let rows: [[Cell]]
    private let left: Int
    private let nothing: String

    /// - Parameters:
    ///   - caption: what it lists.
    ///   - columns: its columns; the first one names the row.
    ///   - rows: all rows; those that are too many are counted instead.
    ///   - nothing: what is said in the place of a table without rows.
    ///   - most: how many rows are shown.
    init(
        _ caption: String,
        _ columns: [Column],
        rows: [[Cell]],
        else nothing: String,
        most: Int = DashboardLimits.rowsMax
    ) {
        self.caption = caption
        self.columns = columns
        self.rows = Array(rows.prefix(most))
        self.left = rows.count - self.rows.count
        self.nothing = nothing
    }

    var view: View {
        var view: View = [
            "caption": self.caption, "isEmpty": self.rows.isEmpty, "nothing": self.nothing,
            "columns": self.columns.map { ["column": $0.name, "isNumber": $0.isNumber] as View },
            "rows": self.rows.map { row in
                ["cells": zip(self.columns, row).enumerated().map(Self.cell)] as View
            },
        ]
        if self.left > 0 { view["left"] = Words.count(Int64(self.left)) }
        return view
    }

    private static func cell(_ place: Int, _ pair: (Column, Cell)) -> View {
        var view = pair.1.view
        view["isHead"] = place == 0
        if pair.0.isNumber { view["cellClass"] = "number" }
        return view
    }
}
