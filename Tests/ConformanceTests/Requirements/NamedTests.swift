import Foundation

/// The tests of the repository that name rows or vectors.
struct NamedTests {
    private struct Entry {
        let path: String
        let name: String
        let ids: [String]

        init(path: String, name: String) {
            self.path = path
            self.name = name
            self.ids = NamedTests.ids(in: name)
        }

        var label: String { "\(self.path.split(separator: "/").last ?? ""): \(self.name)" }
    }

    private let entries: [Entry]

    /// Reads every `@Test("…")` of Swift, and what the stages of the trials with processes say of
    /// themselves.
    init() throws {
        let base = Repository.root.appendingPathComponent("Tests")
        let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
        self.entries = try (paths ?? []).sorted().flatMap { path in
            guard path.hasSuffix(".swift") || path.hasSuffix(".py") else { return [Entry]() }
            let url = base.appendingPathComponent(path)
            let text = try String(contentsOf: url, encoding: .utf8)
            let names = path.hasSuffix(".swift") ? Self.tests(in: text) : Self.stages(in: text)
            return names.map { Entry(path: path, name: $0) }
        }
    }

    private static func tests(in text: String) -> [String] {
        text.matches(of: /@Test\(\s*"((?:[^"\\]|\\.)*)"/).map { String($0.1) }
    }

    /// First lines of the descriptions of functions, where they begin with ids.
    private static func stages(in text: String) -> [String] {
        text.matches(of: /def \w+\([^\n]*:\n\s+"""([^\n"]*)/).map { String($0.1) }
            .filter { $0.prefixMatch(of: /[A-Z]+-/) != nil }
    }

    /// Row and vector ids in a name; `R-01-010 to R-01-012` names all three.
    private static func ids(in name: String) -> [String] {
        var ids = name.matches(of: /[A-Z]+(?:-[A-Z]?[0-9]+[a-z]*|-[0-9]{2}-[0-9]{3})+\*?/)
            .map { String($0.0) }
        for match in name.matches(of: /R-(\d\d)-(\d{3}) to R-\d\d-(\d{3})/) {
            guard let first = Int(match.2), let last = Int(match.3), first < last else { continue }
            ids += (first...last).map { number in
                let digits = String(number)
                let zeros = String(repeating: "0", count: max(0, 3 - digits.count))
                return "R-\(match.1)-\(zeros)\(digits)"
            }
        }
        return ids
    }

    /// Names of the tests that begin with a list in which this word stands, such as `T17` or a CVE.
    func naming(_ word: String) -> [String] {
        self.entries.filter { entry in
            let heading = entry.name.split(separator: ":", maxSplits: 1).first ?? ""
            return heading.split(separator: ", ").contains { $0 == word }
        }.map(\.label)
    }

    /// The tests that carry the row's id or one of its vectors.
    func showing(_ row: RequirementRow) -> [Evidence] {
        self.entries.filter { entry in
            entry.ids.contains { id in
                id == row.id || row.vectors.contains { VectorName.fits(id, $0) }
            }
        }.map { entry in
            // A place without a rule is found by a test; until then it is worth least.
            let kind = EvidenceKind.ofTests(in: entry.path) ?? .schema
            return Evidence(kind: kind, source: entry.label)
        }
    }

    /// Files with tests that lie where nobody said what kind of tests lies there.
    var withoutKind: [String] {
        Set(self.entries.map(\.path)).sorted().filter { EvidenceKind.ofTests(in: $0) == nil }
    }

    /// Names in the names of tests that look like rows or vectors, and are none.
    func unknownIDs(rows: [RequirementRow], vectors: ClaimedVectors) -> [String] {
        let named = vectors.names + rows.flatMap(\.vectors)
        let families = Set((named + rows.map(\.id)).compactMap { $0.split(separator: "-").first })
        let known = Set(rows.map(\.id))
        return self.entries.flatMap { entry in
            entry.ids.filter { id in
                guard let family = id.split(separator: "-").first, families.contains(family)
                else { return false }
                return !known.contains(id) && !named.contains { VectorName.fits(id, $0) }
            }.map { "\($0) in \(entry.label)" }
        }
    }
}

/// Names of vectors and the patterns that rows use for them.
enum VectorName {
    /// Whether a name is meant by a pattern such as `REP-D*`, or the other way round.
    static func fits(_ name: String, _ pattern: String) -> Bool {
        if pattern.hasSuffix("*") { return name.hasPrefix(pattern.dropLast()) }
        if name.hasSuffix("*") { return pattern.hasPrefix(name.dropLast()) }
        return name == pattern
    }
}
