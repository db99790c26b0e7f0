import Messages
import Primitives
import TestSupport

@testable import Sync

/// How grave a difference between the trees of two nodes is.
enum SeverityVectors {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)
    private static let peer = NodeID(SHA256Digest.hash([1]))

    static func run(_ vector: VectorCase) throws {
        if vector.input.has("union") {
            try self.proposals(vector)
        } else if vector.input.has("differing_types") {
            try self.identities(vector)
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    private static func proposals(_ vector: VectorCase) throws {
        let union = Int(try vector.input.integer("union"))
        let difference = Int(try vector.input.integer("difference"))
        let expected = try vector.expect.text("severity")
        let rated = PartitionWatch.severity(ofProposals: difference, among: union)
        try Check.same("severity", rated?.rawValue ?? "none", expected)
        // Whichever side has more, the watch finds the same; equal trees are no difference.
        for there in [0, difference / 2, difference] where difference > 0 {
            var watch = PartitionWatch(cycleMilliseconds: SyncPace().incrementalMilliseconds)
            let found = Divergence(
                peer: self.peer,
                tree: .proposal,
                onlyThere: (0..<there).map { self.id($0) },
                onlyHere: difference - there,
                held: union - there
            )
            let finding = watch.found(found, areSynced: true, now: self.now)
            try Check.same("severity", finding.severity?.rawValue, expected)
        }
    }

    /// The peer has messages of these types that this node lacks; it learns what they are when they come.
    private static func identities(_ vector: VectorCase) throws {
        let missing = try vector.input.texts("differing_types").enumerated().map { number, name in
            try self.message(of: name, number)
        }
        let areSynced = try vector.input.texts("status").allSatisfy { $0 == "synced" }
        var watch = PartitionWatch(cycleMilliseconds: SyncPace().incrementalMilliseconds)
        let found = Divergence(
            peer: self.peer,
            tree: .identity,
            onlyThere: missing.map(\.id),
            onlyHere: 0,
            held: 10
        )
        let finding = watch.found(found, areSynced: areSynced, now: self.now)
        for message in missing { watch.logged(message.admitted()) }
        let expected = vector.expect.optional("severity")?.string
        try Check.same("severity", watch.report?.severity.rawValue, expected)
        let isEvent = watch.report != nil
        try Check.same("partition event", isEvent, try vector.expect.bool("partition_event"))
        // What is missing is fetched at once whatever it is, as a revocation may be among it.
        let mustFetch = try vector.expect.bool("fetch_now")
        try Check.same("fetched", !mustFetch || finding.wanted == found.onlyThere, true)
    }

    private static func message(of type: String, _ number: Int) throws -> Message {
        let other = "key \(number)"
        return switch MessageType(rawValue: type) {
        case .didLink: try Assembly.link("root", other, at: self.now)
        case .keyRotate: try Assembly.rotation("root", other, at: self.now)
        case .didRevoke:
            try Assembly.message(
                .revocation(Assembly.node("root"), Assembly.node(other)),
                by: "root",
                at: self.now
            )
        default: throw VectorFailure("no identity message is called \(type)")
        }
    }

    private static func id(_ number: Int) -> MessageID {
        MessageID(SHA256Digest.hash([UInt8(truncatingIfNeeded: number), 2]))
    }
}
