import Foundation

/// Every row of the requirements with what shows it.
struct ConformanceTable {
    /// Subsystems whose MUST rows all have a test.
    static let complete: Set<String> = [
        "anti-gaming", "consensus", "discovery", "errors", "evolution", "gossip", "identity",
        "reputation", "transport", "verification",
    ]

    private let lines: [ConformanceLine]
    private let unknown: [String]

    init() throws {
        let tests = try NamedTests()
        let vectors = try ClaimedVectors()
        let rows = try RequirementRow.all()
        self.lines = rows.map { row in
            ConformanceLine(
                row: row,
                evidence: (vectors.showing(row) + tests.showing(row)).sorted()
            )
        }
        self.unknown = tests.unknownIDs(rows: rows, vectors: vectors)
    }

    // MARK: What must not be

    /// MUST rows of the complete subsystems that nothing shows, and that nobody declared open.
    var gaps: [String] {
        self.lines.filter { line in
            line.row.level == .must && Self.complete.contains(line.row.subsystem)
                && !line.isShown && line.void == nil && line.openBecause == nil
        }.map(\.description)
    }

    /// Rows that nothing but a reader or a writer claims, although they are about more than a form.
    var claimedByForm: [String] {
        self.lines.filter { $0.verdict == .formOnly && $0.openBecause == nil }.map(\.description)
    }

    /// Rows that are said to be about a form, although they do not exist or nothing shows the form.
    var wronglySchema: [String] {
        self.listedInVain(SchemaRows.groups.flatMap(\.ids)) { $0.isShown }
    }

    /// Rows that are declared void although there are none such, or a test shows them.
    var wronglyVoid: [String] {
        self.listedInVain(VoidRows.all.keys.sorted()) { $0.evidence.isEmpty }
    }

    /// Rows that are declared open although nothing claims them, so that they are open anyway.
    var wronglyOpen: [String] {
        self.listedInVain(OpenRows.groups.flatMap(\.ids)) { line in
            !line.evidence.isEmpty || Self.complete.contains(line.row.subsystem)
        }
    }

    /// Names in the names of tests that look like rows or vectors, and are none.
    var unknownIDs: [String] { self.unknown }

    private func listedInVain(_ ids: [String], unless isRight: (ConformanceLine) -> Bool)
        -> [String]
    {
        let twice = Set(ids.filter { id in ids.filter { $0 == id }.count > 1 })
        return ids.filter { id in
            guard let line = self.lines.first(where: { $0.row.id == id }) else { return true }
            return !isRight(line) || twice.contains(id)
        }
    }

    // MARK: The page

    /// The table as `docs/conformance.md` shows it.
    var markdown: String {
        let rules = self.lines.map(\.markdown).joined()
        return """
            # Conformance

            Made by `make conformance` from `docs/requirements.tsv`, the names of the tests and the \
            vector suites that are run. A row is claimed by a test that carries its id or one of its \
            vectors in its name, and by a vector suite that holds one of its vectors. Of what kind \
            such evidence is follows from where the test lies and from what the suite drives:

            - *process*: whole nodes, as processes, over sockets or in a simulated network \
            (`make test`, `make interop`, `make faults`);
            - *state machine*: a state machine or an actor that is told what a node hears;
            - *schema*: a reader, a writer or a formula, apart from the node that uses it.

            A row is shown by a process or a state machine. Schema evidence alone shows only rows \
            that are about nothing but a form (`SchemaRows.swift`); all others are not shown. Nor are \
            those that wait for a part that is not built, whatever tests touch on them (the table at \
            the end).

            \(self.counts)
            | row | level | subsystem | rule | verdict | evidence |
            |---|---|---|---|---|---|
            \(rules)
            \(self.openTable)
            \(self.voidTable)
            """
    }

    private var counts: String {
        var text = """
            | level | rows | shown | of these by schema | not shown | of these with schema only |
            |---|---|---|---|---|---|

            """
        for level in [RequirementRow.Level.must, .should, .may] {
            let lines = self.lines.filter { $0.row.level == level && $0.void == nil }
            func count(_ verdict: ConformanceLine.Verdict) -> Int {
                lines.filter { $0.verdict == verdict }.count
            }
            let shown = lines.filter(\.isShown).count
            text += "| \(level.rawValue) | \(lines.count) | \(shown) | \(count(.formShown)) "
            text += "| \(lines.count - shown) | \(count(.formOnly)) |\n"
        }
        return text
    }

    /// The rows that wait for something.
    private var openTable: String {
        var text = """
            ## Open rows

            Tests touch on these rows, or their subsystem is finished, and still they are not shown.

            | rows | what is missing |
            |---|---|

            """
        for group in OpenRows.groups {
            text += "| \(group.ids.joined(separator: ", ")) | \(Self.escaped(group.reason)) |\n"
        }
        return text
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

    static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|")
    }
}
