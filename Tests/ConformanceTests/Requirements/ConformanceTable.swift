import Foundation

/// Every row of the requirements with what shows it.
struct ConformanceTable {
    /// Subsystems whose MUST rows all have a test.
    static let complete: Set<String> = [
        "anti-gaming", "consensus", "discovery", "errors", "evolution", "gossip", "identity",
        "reputation", "transport", "verification",
    ]

    private struct Line {
        let row: RequirementRow
        let suites: [String]
        let tests: [String]

        var isShown: Bool { !self.suites.isEmpty || !self.tests.isEmpty }
        var void: VoidRows.Decision? { VoidRows.all[self.row.id] }
    }

    private let lines: [Line]

    init() throws {
        let tests = try NamedTests()
        let suites = try Self.suitesByVector()
        self.lines = try RequirementRow.all().map { row in
            let claimed = suites.filter { vector in
                row.vectors.contains { VectorName.fits(vector.key, $0) }
            }.values
            return Line(
                row: row,
                suites: Set(claimed).sorted(),
                tests: tests.showing(row)
            )
        }
    }

    /// The suite of every vector that the runner claims.
    private static func suitesByVector() throws -> [String: String] {
        let claimed = Set(VectorSuite.claimed.map(\.name))
        var suites: [String: String] = [:]
        for url in try VectorFiles.all(in: VectorFiles.committed) {
            guard let file = try VectorFile(url), claimed.contains(file.suite) else { continue }
            for name in file.cases.compactMap({ $0["id"]?.string }) { suites[name] = file.suite }
        }
        return suites
    }

    /// MUST rows of the complete subsystems that nothing shows.
    var gaps: [String] {
        self.lines.filter {
            $0.row.level == .must && Self.complete.contains($0.row.subsystem) && !$0.isShown
                && $0.void == nil
        }.map { "\($0.row.id): \($0.row.text)" }
    }

    /// Rows that are declared void although there are none such, or a test shows them.
    var wronglyVoid: [String] {
        VoidRows.all.keys.sorted().filter { id in
            self.lines.first { $0.row.id == id }?.isShown ?? true
        }
    }

    /// The rows that decisions declare void.
    private var voidTable: String {
        var text = """
            ## Void rows

            A decision took these rows out, so there is nothing to show.

            | row | decision | why |
            |---|---|---|

            """
        for line in self.lines {
            guard let void = line.void else { continue }
            text += "| \(line.row.id) | \(void.id) | \(Self.escaped(void.reason)) |\n"
        }
        return text
    }

    /// The table as `docs/conformance.md` shows it.
    var markdown: String {
        let must = self.lines.filter { $0.row.level == .must && $0.void == nil }
        let shown = must.filter(\.isShown)
        var text = """
            # Conformance

            Made by `make conformance` from `docs/requirements.tsv`, the names of the tests and the \
            vector suites that are run. A row is shown by a test that carries its id or one of its \
            vectors in its name, or by a vector suite.

            Shown: \(shown.count) of \(must.count) MUST rows.

            | row | level | subsystem | rule | shown by |
            |---|---|---|---|---|

            """
        for line in self.lines {
            let by = line.suites.map { "vectors `\($0)`" } + line.tests.map(Self.escaped)
            text += "| \(line.row.id) | \(line.row.level.rawValue) | \(line.row.subsystem) "
            text += "| \(Self.escaped(line.row.text)) "
            let nothing = line.void.map { "void, \($0.id)" } ?? "–"
            text += "| \(by.isEmpty ? nothing : by.joined(separator: "<br>")) |\n"
        }
        return text + "\n" + self.voidTable
    }

    static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|")
    }
}
