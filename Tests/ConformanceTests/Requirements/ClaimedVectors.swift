import Foundation

/// The cases of the suites that are run, and what each of them drives.
struct ClaimedVectors {
    private struct Entry {
        let name: String
        let suite: String
        let kind: EvidenceKind
    }

    private let entries: [Entry]
    /// The names of all committed cases, whether they are run or not.
    let names: [String]

    init() throws {
        var entries: [Entry] = []
        var names: [String] = []
        for url in try VectorFiles.all(in: VectorFiles.committed) {
            guard let file = try VectorFile(url) else { continue }
            names += file.cases.compactMap { $0["id"]?.string }
            guard let suite = VectorSuite.claimed.first(where: { $0.name == file.suite })
            else { continue }
            entries += suite.cases(of: file).compactMap { json in
                json["id"]?.string.map {
                    Entry(name: $0, suite: suite.name, kind: suite.kind(of: json))
                }
            }
        }
        self.entries = entries
        self.names = names
    }

    /// The suites with a case of the row; the strongest case counts.
    func showing(_ row: RequirementRow) -> [Evidence] {
        let fitting = self.entries.filter { entry in
            row.vectors.contains { VectorName.fits(entry.name, $0) }
        }
        return Set(fitting.map(\.suite)).sorted().map { suite in
            let kinds = fitting.filter { $0.suite == suite }.map(\.kind)
            return Evidence(kind: kinds.max() ?? .schema, source: "vectors `\(suite)`")
        }
    }
}
