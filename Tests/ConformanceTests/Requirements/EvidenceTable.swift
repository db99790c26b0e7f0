import Foundation

/// What can go wrong, what the node does about it, and the tests that try it.
struct EvidenceTable {
    /// One thing that can go wrong.
    struct Entry {
        /// Names of it; tests carry one of them in front of their sentence.
        let ids: [String]
        let what: String
        let answer: String
        /// Trials with real processes that show it too, by their names in `Tests/Faults`.
        var trials: [String] = []
    }

    private let title: String
    private let introduction: String
    private let what: String
    private let lines: [(entry: Entry, tests: [String])]
    /// Trials that are named here and exist nowhere.
    let unknownTrials: [String]

    init(title: String, introduction: String, what: String, entries: [Entry]) throws {
        let named = try NamedTests()
        let trials = try Self.trials()
        self.title = title
        self.introduction = introduction
        self.what = what
        self.unknownTrials = entries.flatMap(\.trials).filter { !trials.contains($0) }
        self.lines = entries.map { entry in
            let processes = entry.trials.map { "`make faults`: \($0)" }
            return (entry, Set(entry.ids.flatMap { named.naming($0) }).sorted() + processes)
        }
    }

    /// The script that names the trials.
    private static func trials() throws -> String {
        let script = Repository.root.appendingPathComponent("Tests/Faults/run.py")
        return try String(contentsOf: script, encoding: .utf8)
    }

    /// Entries that nothing shows.
    var open: [String] {
        self.lines.filter(\.tests.isEmpty).map { $0.entry.ids.joined(separator: ", ") }
    }

    /// The table as a page of `docs`.
    var markdown: String {
        var text = """
            # \(self.title)

            Made by `make conformance`. \(self.introduction)

            | \(self.what) | names | answer | tried by |
            |---|---|---|---|

            """
        for (entry, tests) in self.lines {
            text += "| \(entry.what) | \(entry.ids.joined(separator: ", ")) | \(entry.answer) "
            text += "| \(tests.map(ConformanceTable.escaped).joined(separator: "<br>")) |\n"
        }
        return text
    }
}
