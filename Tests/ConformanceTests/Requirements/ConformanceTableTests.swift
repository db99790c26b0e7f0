import Foundation
import Testing

/// Keeps `docs/conformance.md` true.
@Suite("Conformance table")
struct ConformanceTableTests {
    private static let document = Repository.root.appendingPathComponent("docs/conformance.md")

    @Test("No MUST row of a finished subsystem is without a test")
    func gaps() throws {
        let gaps = try ConformanceTable().gaps
        #expect(gaps.isEmpty, "\(gaps.joined(separator: "\n"))")
    }

    @Test("Rows that a decision declares void exist, and no test claims them")
    func voidRows() throws {
        #expect(try ConformanceTable().wronglyVoid.isEmpty)
    }

    @Test("docs/conformance.md is what `make conformance` writes")
    func document() throws {
        let table = try ConformanceTable().markdown
        if ProcessInfo.processInfo.environment["VALENCE_WRITE_CONFORMANCE"] != nil {
            try table.write(to: Self.document, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: Self.document, encoding: .utf8)
        #expect(
            written.utf8.elementsEqual(table.utf8),
            "run `make conformance` and commit docs/conformance.md"
        )
    }
}
