import Foundation
import Testing

/// Keeps `docs/conformance.md`, `docs/threats.md` and `docs/faults.md` true.
@Suite("Conformance table")
struct ConformanceTableTests {
    @Test("No MUST row of a finished subsystem is without a test")
    func gaps() throws {
        let gaps = try ConformanceTable().gaps
        #expect(gaps.isEmpty, "\(gaps.joined(separator: "\n"))")
    }

    @Test("Rows that a decision declares void exist, and no test claims them")
    func voidRows() throws {
        #expect(try ConformanceTable().wronglyVoid.isEmpty)
    }

    @Test("No row is claimed by a schema alone, unless it is about one, or declared open")
    func forms() throws {
        let table = try ConformanceTable()
        #expect(table.claimedByForm.isEmpty, "\(table.claimedByForm.joined(separator: "\n"))")
        #expect(table.wronglySchema.isEmpty, "\(table.wronglySchema)")
        #expect(table.wronglyOpen.isEmpty, "\(table.wronglyOpen)")
    }

    @Test("Every row and every vector that the name of a test names exists")
    func names() throws {
        let unknown = try ConformanceTable().unknownIDs
        #expect(unknown.isEmpty, "\(unknown.joined(separator: "\n"))")
    }

    @Test("For every file of tests it is said what its tests run")
    func kinds() throws {
        let files = try NamedTests().withoutKind
        #expect(files.isEmpty, "\(files)")
    }

    @Test("docs/conformance.md is what `make conformance` writes")
    func document() throws {
        try self.check("docs/conformance.md", ConformanceTable().markdown)
    }

    @Test("Every known attack on the transport has a test that names it")
    func attacks() throws {
        let open = try EvidenceTable.threats().open
        #expect(open.isEmpty, "\(open)")
    }

    @Test("docs/threats.md is what `make conformance` writes")
    func threats() throws {
        try self.check("docs/threats.md", EvidenceTable.threats().markdown)
    }

    @Test("Every fault that was found and mended has a test or a trial that names it")
    func faults() throws {
        let table = try EvidenceTable.faults()
        #expect(table.open.isEmpty, "\(table.open)")
        #expect(table.unknownTrials.isEmpty, "\(table.unknownTrials)")
    }

    @Test("docs/faults.md is what `make conformance` writes")
    func faultDocument() throws {
        try self.check("docs/faults.md", EvidenceTable.faults().markdown)
    }

    /// Compares a document with the table, after writing it when asked to.
    private func check(_ document: String, _ table: String) throws {
        let file = Repository.root.appendingPathComponent(document)
        if ProcessInfo.processInfo.environment["VALENCE_WRITE_CONFORMANCE"] != nil {
            try table.write(to: file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(
            written.utf8.elementsEqual(table.utf8),
            "run `make conformance` and commit \(document)"
        )
    }
}
