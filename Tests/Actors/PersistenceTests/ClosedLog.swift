import Foundation
import Messages
import Primitives
import TestSupport
import Testing

@testable import Persistence

/// A closed log of some messages, whose files a test damages.
struct ClosedLog {
    let path: String
    let entries: [LogEntry]

    init(_ path: String, _ count: Int = 20) throws {
        self.path = path
        self.entries = try LogFixture.entries(0..<count)
        try LogFixture.write(self.entries, to: path)
    }

    var file: URL { URL(fileURLWithPath: "\(self.path)/log/data.mdb") }
    var damagedFile: URL { URL(fileURLWithPath: "\(self.path)/log/data.mdb.damaged") }
    var mark: URL { URL(fileURLWithPath: "\(self.path)/log.format") }

    func change(_ change: (inout Data) throws -> Void) throws {
        var data = try Data(contentsOf: self.file)
        try change(&data)
        try data.write(to: self.file)
    }

    /// Opens the log, counts its records and closes it; the lines of its log come back, too.
    func reopen(
        as node: NodeID = LogFixture.node,
        after former: NodeID? = nil
    ) throws -> (records: Int, lines: [String]) {
        let told = Told()
        let store = try LogStore(
            dataDirectory: self.path,
            nodeID: node,
            formerNodeID: former,
            logger: told.logger
        )
        defer { store.close() }
        return (try LogFixture.all(store).count, told.lines)
    }

    func refusal(as node: NodeID = LogFixture.node, after former: NodeID? = nil) -> LogError? {
        #expect(throws: LogError.self) { try self.reopen(as: node, after: former) }
    }
}

extension Data {
    /// Puts other bytes of the same length in the place of every one of these.
    mutating func replaceAll(_ old: [UInt8], with new: [UInt8]) {
        while let place = self.range(of: Data(old)) { self.replaceSubrange(place, with: new) }
    }
}
