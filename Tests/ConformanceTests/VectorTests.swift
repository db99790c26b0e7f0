import Foundation
import Testing

/// The vectors of the protocol against the code of this node.
///
/// What a case asks is decided by its own members; names of cases mean nothing here, so that other
/// files of the same suites can be run as well (`VALENCE_VECTORS`).
@Suite("Test vectors")
struct VectorTests {
    @Test("Every case of a claimed suite passes", arguments: VectorSuite.claimed)
    func claimed(suite: VectorSuite) throws {
        let files = try VectorFiles.all(in: VectorFiles.directory)
            .compactMap { try VectorFile($0) }
            .filter { $0.suite == suite.name }
        // Another folder may hold a part of the suites; the committed one holds all of them.
        if files.isEmpty {
            VectorFiles.report("\(suite.name): no file")
            #expect(!VectorFiles.isCommitted, "no file of Tests/Vectors holds \(suite.name)")
        }
        for file in files {
            let (passed, failures) = suite.run(file)
            VectorFiles.report("\(suite.name): \(passed)/\(file.cases.count)")
            for failure in failures { Issue.record("\(failure)") }
            let unknown = suite.unknownCases(in: file)
            #expect(unknown.isEmpty || !VectorFiles.isCommitted, "\(unknown)")
        }
    }

    @Test(
        "C1-19: cases of shapes that no runner knew are committed, and pass",
        arguments: [
            "AUTH-N09", "COMMENT-N06", "LINK-N08", "LINK-N13", "MERKLE-N14", "REP-V05", "REP-E09",
            "REP-E14", "RETAIN-protocol",
        ]
    )
    func once(unknown name: String) throws {
        let files = try VectorFiles.all(in: VectorFiles.committed).compactMap { try VectorFile($0) }
        let file = try #require(files.compactMap { $0.holding(name) }.first, "no file holds it")
        let suite = try #require(VectorSuite.claimed.first { $0.name == file.suite })
        #expect(suite.run(file).failures == [])
    }

    @Test("Every committed suite is run, or named as one that waits")
    func unclaimed() throws {
        let files = try VectorFiles.all(in: VectorFiles.directory)
        #expect(!files.isEmpty, "\(VectorFiles.directory.path) holds no vectors")
        let claimed = Set(VectorSuite.claimed.map(\.name))
        let others = try files.compactMap { try VectorFile($0) }
            .filter { !claimed.contains($0.suite) }
        let names = others.map { "\($0.suite) (\($0.cases.count))" }
        VectorFiles.report("not claimed yet: \(names.joined(separator: ", "))")
        let isAllThere = Set(others.map(\.suite)) == VectorSuite.waiting
        #expect(isAllThere || !VectorFiles.isCommitted, "\(names)")
    }
}
