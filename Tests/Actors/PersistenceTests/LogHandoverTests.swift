import Foundation
import Messages
import Primitives
import TestSupport
import Testing

@testable import Persistence

@Suite("A log passes to the key that its node has after a rotation, and to no other")
struct LogHandoverTests {
    private static let next = NodeID(LogFixture.id("next"))
    private static let stranger = NodeID(LogFixture.id("stranger"))

    private static func otherNode(_ path: String, _ found: NodeID, _ expected: NodeID) -> LogError {
        .otherNode(path: path, found: found, expected: expected)
    }

    @Test("it passes with all its records, for good")
    func passes() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            let (records, lines) = try log.reopen(as: Self.next, after: LogFixture.node)
            #expect(records == 20 && lines.isEmpty)
            #expect(try log.reopen(as: Self.next).records == 20)
            #expect(log.refusal() == Self.otherNode(path, Self.next, LogFixture.node))
        }
    }

    @Test("a key that followed another one does not get it")
    func strangers() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            let refusal = log.refusal(as: Self.next, after: Self.stranger)
            #expect(refusal == Self.otherNode(path, LogFixture.node, Self.next))
            #expect(try log.reopen().records == 20)
        }
    }

    @Test("a crash between the log and its mark leaves neither without an owner")
    func halfWay() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            let mark = try Data(contentsOf: log.mark)
            _ = try log.reopen(as: Self.next, after: LogFixture.node)
            try mark.write(to: log.mark)
            let (records, lines) = try log.reopen(as: Self.next, after: LogFixture.node)
            #expect(records == 20 && lines.isEmpty, "nothing is rebuilt for that")
            #expect(try log.reopen(as: Self.next).records == 20, "the mark has followed")
        }
    }

    @Test("the log of whoever the mark names is rebuilt as theirs, and then passes")
    func rebuilt() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            try log.change { $0[10] ^= 1 }
            let refusal = log.refusal(as: Self.stranger)
            #expect(refusal == Self.otherNode(path, LogFixture.node, Self.stranger))
            try log.change { $0[10] ^= 1 }
            #expect(try log.reopen(as: Self.next, after: LogFixture.node).records == 20)
            #expect(try log.reopen(as: Self.next).lines.isEmpty)
        }
    }
}
