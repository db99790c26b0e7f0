import Foundation

/// The tests of the repository that name rows or vectors.
struct NamedTests {
    private struct Entry {
        let place: String
        let name: String
        let ids: [String]
    }

    private let entries: [Entry]

    /// Reads every `@Test("…")` and `def test_…`-like name below `Tests`.
    init() throws {
        let base = Repository.root.appendingPathComponent("Tests")
        let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
        var entries: [Entry] = []
        for path in (paths ?? []).filter({ $0.hasSuffix(".swift") }).sorted() {
            let text = try String(
                contentsOf: base.appendingPathComponent(path),
                encoding: .utf8
            )
            let place = path.split(separator: "/").last.map(String.init) ?? path
            for match in text.matches(of: /@Test\(\s*"((?:[^"\\]|\\.)*)"/) {
                let name = String(match.1)
                entries.append(Entry(place: place, name: name, ids: Self.ids(in: name)))
            }
        }
        self.entries = entries
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
        }.map { "\($0.place): \($0.name)" }
    }

    /// Names of the tests that carry the row's id or one of its vectors.
    func showing(_ row: RequirementRow) -> [String] {
        self.entries.filter { entry in
            entry.ids.contains { id in
                id == row.id || row.vectors.contains { VectorName.fits(id, $0) }
            }
        }.map { "\($0.place): \($0.name)" }
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
