import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

@Suite("§5 What nodes hold after they exchanged their logs, against plain rules")
struct ExchangeModelTests {
    @Test("R-05-006, R-12-016: whatever got lost or was cut, all come to hold the same")
    func agree() async {
        // A history is hours long.
        let differences = await ModelRunner.differences(
            histories: 40,
            ExchangeStep.history,
            ExchangeTown.run
        )
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    /// What long runs found.
    private static let found: [[ExchangeStep]] = [
        [
            // Two nodes that catch up hold what no synced node does.
            .write(by: 3, to: [1], ExchangeBatch(count: 1, phase: 1, age: 0))
        ]
    ]

    @Test(
        "R-05-006: all come to hold the same after what once kept them apart",
        arguments: Self.found
    )
    func agreeAgain(steps: [ExchangeStep]) throws {
        let difference = try ExchangeTown.run(steps, ModelCast())
        #expect(difference == nil, "\(difference.map { "\($0)" } ?? "")")
    }
}

extension ModelCast {
    private static let withdrawal = "any payload"

    /// A message of any type: sync looks at nothing but its type, its stamp and its id.
    func bare(_ number: Int, _ type: MessageType, by author: Int, at time: Int64) throws -> Message
    {
        let bytes = Array("\(number)".utf8)
        let filled = try self.message(number, by: author, at: time, memo: Self.withdrawal) {
            .withdrawal(of: .named("a proposal"))
        }
        return Message(
            id: filled.id,
            from: filled.from,
            timestamp: filled.timestamp,
            version: 0,
            typeName: type.rawValue,
            type: type,
            payload: filled.payload,
            signature: filled.signature,
            canonical: bytes,
            payloadRange: bytes.indices
        )
    }

    /// The number of a message that ``bare(_:_:by:at:)`` made.
    func number(of bytes: [UInt8]) throws -> Int {
        guard let number = Int(String(decoding: bytes, as: UTF8.self)) else {
            throw Difference("nobody wrote these bytes")
        }
        return number
    }

    func asking(_ request: SyncRequest, at time: Int64) throws -> Message {
        let filled = try self.message(0, by: 0, at: time, memo: Self.withdrawal) {
            .withdrawal(of: .named("a proposal"))
        }
        return Message(
            id: filled.id,
            from: filled.from,
            timestamp: filled.timestamp,
            version: 0,
            typeName: MessageType.syncRequest.rawValue,
            type: .syncRequest,
            payload: .syncRequest(request),
            signature: filled.signature,
            canonical: [],
            payloadRange: 0..<0
        )
    }
}
