import Foundation

/// One rule of the protocol, as `docs/requirements.tsv` has it.
struct RequirementRow: Sendable {
    enum Level: String, Sendable {
        case must = "MUST"
        case should = "SHOULD"
        case may = "MAY"
    }

    let id: String
    let level: Level
    let subsystem: String
    let text: String
    /// Vectors that show it, with `*` for any ending.
    let vectors: [String]

    /// Reads a line; nil for the header.
    init?(line: String) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard fields.count >= 6, let level = Level(rawValue: fields[1]) else { return nil }
        self.id = fields[0]
        self.level = level
        self.subsystem = fields[2]
        self.text = fields[3]
        self.vectors = fields[5].split(separator: ",").map(String.init).filter { $0 != "-" }
    }

    /// All rows in the order of the file.
    static func all() throws -> [RequirementRow] {
        let url = Repository.root.appendingPathComponent("docs/requirements.tsv")
        let text = try String(contentsOf: url, encoding: .utf8)
        return text.components(separatedBy: "\n").compactMap { RequirementRow(line: $0) }
    }
}

/// Where the sources of this test lie.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}
