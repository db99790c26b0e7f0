import Foundation
import Testing

/// Whatever code, tests and documents cite can be looked up in the repository.
@Suite("Citations")
struct CitationTests {
    private let texts =
        ["Sources", "Tests", "Benchmarks"].flatMap { SourceTree.files(below: $0) }
        + SourceTree.documents

    @Test("Every decision that is cited stands in docs/decisions.md")
    func decisions() throws {
        try self.check(/\bD-\d{2,3}\b/, in: "docs/decisions.md") { "**\($0) " }
    }

    @Test("Every requirement that is cited stands in docs/requirements.tsv")
    func requirements() throws {
        try self.check(/\bR-\d{2}-\d{3}\b/, in: "docs/requirements.tsv") { "\n\($0)\t" }
    }

    @Test("Every threat that is cited stands in docs/threat-model.md")
    func threats() throws {
        try self.check(/\bT[1-9]\d?\b/, in: "docs/threat-model.md") { "| \($0) |" }
    }

    @Test("Every section that is cited has rules in docs/requirements.tsv")
    func sections() throws {
        try self.check(/§\d+/, in: "docs/requirements.tsv") { section in
            let number = section.dropFirst()
            return "\nR-" + (number.utf8.count == 1 ? "0" : "") + number + "-"
        }
    }

    @Test("Every decision record that is cited is in docs/adr")
    func records() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appendingPathComponent("docs/adr").path
        )
        for (citation, place) in self.citations(of: /\bADR[ -]\d{4}\b/) {
            let number = citation.suffix(4)
            #expect(names.contains { $0.hasPrefix(number) }, "\(citation), cited in \(place)")
        }
    }

    /// Looks every citation up in a document, where its entry begins with a certain text.
    private func check(
        _ pattern: some RegexComponent<Substring>,
        in document: String,
        entry: (String) -> String
    ) throws {
        let url = SourceTree.root.appendingPathComponent(document)
        let text = try String(contentsOf: url, encoding: .utf8)
        let citations = self.citations(of: pattern)
        #expect(!citations.isEmpty)
        for (citation, place) in citations {
            #expect(text.contains(entry(citation)), "\(citation), cited in \(place)")
        }
    }

    /// What is cited, each with one place that cites it.
    private func citations(of pattern: some RegexComponent<Substring>) -> [(String, String)] {
        var places: [String: String] = [:]
        for file in self.texts {
            for line in file.lines {
                for match in line.matches(of: pattern) {
                    places[String(match.output)] = file.path
                }
            }
        }
        return places.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
