import Messages
import Primitives
import TestSupport

@testable import Identity

/// Live messages while a node syncs: which wait, and which give way.
enum LiveVectors {
    private static let origin = Origin.gossip(relay: SyncVectors.peer, topic: .proposals, ticket: 1)

    @Sendable static func live(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let name = try input.text("type")
        guard let type = MessageType(rawValue: name) else { throw VectorFailure("no type \(name)") }
        if expect.has("phase") {
            try Check.same("phase", type.syncPhase.map { Int64($0) }, try expect.integer("phase"))
        }
        let current = Int(try input.integer("current_phase"))
        let read = input.optional("completed")?.elements?.compactMap(\.integer)
        let missing = read.map { read in (1...5).filter { !read.contains(Int64($0)) } }
        var live = LiveMessages()
        _ = live.await(missing ?? Array(current...5))
        let action = live.awaits(type, from: self.origin) ? "buffer" : "apply"
        try Check.text("action", action, try expect.text("action"))
    }

    @Sendable static func room(_ vector: VectorCase) throws {
        let input = vector.input
        let isFull = !LiveBuffer().holds(
            messages: Int(try input.integer("messages")) + 1,
            bytes: Int(try input.integer("bytes") + input.integer("incoming_bytes"))
        )
        try Check.same("evicts", isFull, try vector.expect.bool("evict_first"))
    }

    /// One more message for a buffer that is full.
    @Sendable static func full(_ vector: VectorCase) throws {
        let waiting = try vector.input.list("buffer").map { try self.entry($0) }
        let incoming = try self.entry(vector.input.raw("incoming"))
        let phase = try vector.input.integer("phase")
        try Check.same("phase", incoming.message.type?.syncPhase.map { Int64($0) }, phase)
        var buffer = try Self.filled(leaving: waiting.count)
        for command in waiting {
            try Check.same("evicted", buffer.insert(command).count, 0)
        }
        let gone = buffer.insert(incoming)
        let expected = try vector.expect.fields("evict")
        try Check.same("evicted", gone.map(\.message.typeName), [try expected.text("type")])
        let stamp = SyncVectors.now.adding(milliseconds: try expected.integer("ts"))
        try Check.same("evicted", gone.map(\.message.timestamp), [stamp])
        let oldest = try vector.expect.integer("oldest_dropped")
        let dropped = buffer.oldestDropped?.milliseconds(since: SyncVectors.now)
        try Check.same("oldest dropped", dropped, oldest)
    }

    /// A buffer with room for a few more, in which everything matters more than what a case adds.
    private static func filled(leaving room: Int) throws -> LiveBuffer {
        let late = SyncVectors.now.adding(milliseconds: 86_400_000)
        let vote = IdentifySender(
            message: try self.message(.vote, at: late),
            origin: self.origin,
            receivedAt: late
        )
        var buffer = LiveBuffer()
        for _ in room..<IdentityLimits.liveMessagesMax { _ = buffer.insert(vote) }
        return buffer
    }

    private static func entry(_ json: RawJSON) throws -> IdentifySender {
        guard let name = json["type"]?.string, let type = MessageType(rawValue: name),
            let offset = json["ts"]?.integer
        else { throw VectorFailure("no message: \(json)") }
        let time = SyncVectors.now.adding(milliseconds: offset)
        return IdentifySender(
            message: try self.message(type, at: time),
            origin: self.origin,
            receivedAt: time
        )
    }

    private static func message(_ type: MessageType, at time: Timestamp) throws -> Message {
        let subject = MessageID(SHA256Digest.hash([3]))
        let draft: Draft? =
            switch type {
            case .vote: .vote("endorse", on: subject)
            case .comment: .comment(on: subject)
            case .adopt: .adoption(of: subject)
            case .withdraw: .withdrawal(of: subject)
            case .request: .request()
            case .propose: .proposal(until: time.adding(milliseconds: 14 * Assembly.day))
            case .didLink: .link(try Assembly.key("author"), try Assembly.key("child"))
            case .keyRotate: .rotation(try Assembly.key("author"), try Assembly.key("child"))
            case .didRevoke: .revocation(try Assembly.node("author"), try Assembly.node("child"))
            default: nil
            }
        if let draft { return try Assembly.message(draft, by: "author", at: time) }
        return try EnvelopeCodec.decode(try GoldenMessages.sample(of: type, at: time).bytes)
    }
}
