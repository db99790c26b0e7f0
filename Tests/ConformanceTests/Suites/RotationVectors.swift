import Cryptography
import Messages
import OrderedCollections
import Primitives
import TestSupport

@testable import Consensus
@testable import Identities
@testable import Identity
@testable import Reputation

/// Keys that give their place to others.
enum RotationVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("messages") {
            try self.messages(vector)
        } else if input.has("rotated_at") {
            try self.grace(vector)
        } else if input.has("suspended") {
            try self.suspension(vector)
        } else if input.has("before") {
            try self.inheritance(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    // MARK: Real messages

    private static func messages(_ vector: VectorCase) throws {
        var registry = KeyRegistry()
        if vector.input.has("known_identities") {
            for name in try vector.input.texts("known_identities") {
                guard let node = NodeID(hex: name) else { throw VectorFailure("no key \(name)") }
                registry.table.keys[node] = KeyRecord(spokeAt: Timestamp(milliseconds: .min))
            }
        }
        var registrar = Registrar(registry)
        if vector.input.has("held_rotations") {
            for envelope in try vector.input.list("held_rotations") {
                _ = registrar.judge(try EnvelopeCodec.decode(envelope.bytes).admitted())
            }
        }
        var applied: [Bool] = []
        var actions: [IdentityAction] = []
        var ledger = try LedgerLine()
        for envelope in try vector.input.list("messages") {
            let message = try EnvelopeCodec.decode(envelope.bytes)
            let before = registrar.registry.identity(of: message.from)
            actions += registrar.judge(message.admitted())
            ledger.books.logged(message.admitted())
            applied.append(registrar.registry.identity(of: message.from) != before)
        }
        for name in vector.expect.names {
            if name == "reputation" {
                try self.check(
                    ledger,
                    try vector.expect.fraction(name),
                    registrar.registry.suspended
                )
            } else {
                try self.check(name, vector.expect, registrar, applied, actions)
            }
        }
    }

    /// What is left of the scores of those who are suspended.
    private static func check(
        _ ledger: LedgerLine,
        _ expected: FixedPoint,
        _ suspended: some Collection<NodeID>
    ) throws {
        guard !suspended.isEmpty else { throw VectorFailure("nobody is suspended") }
        for node in suspended {
            try Check.same("score of \(node)", ledger.books.score(of: node), expected)
        }
    }

    private static func check(
        _ name: String,
        _ expect: Fields,
        _ registrar: Registrar,
        _ applied: [Bool],
        _ actions: [IdentityAction]
    ) throws {
        let notices = actions.compactMap { action in
            if case .announce(let found) = action { found } else { nil }
        }
        switch name {
        case "applied":
            let expected = try expect.list(name).map { $0.bool ?? false }
            try Check.same(name, applied, expected)
        case "successor":
            try Check.same(name, try self.successor(of: registrar, expect), try expect.node(name))
        case "successor_of":
            let successors = try expect.fields(name)
            for key in successors.names {
                guard let node = NodeID(hex: key) else { throw VectorFailure("no key \(key)") }
                let found = registrar.registry.identity(of: node)
                try Check.same(name, found, try successors.node(key))
            }
        case "conflict": try Check.same(name, !notices.isEmpty, try expect.bool(name))
        case "suspended":
            let suspended = registrar.registry.suspended.map(\.hex)
            try Check.same(name, suspended.sorted(), try expect.texts(name).sorted())
        case "broadcast": try self.check(notices, try expect.fields(name))
        case "fetch":
            let wanted = actions.flatMap { action -> [MessageID] in
                if case .fetch(let ids, _) = action { ids } else { [] }
            }
            try Check.same(name, wanted.map(\.hex), try expect.texts(name))
        default: throw VectorFailure.unknownShape(expect)
        }
    }

    private static func successor(of registrar: Registrar, _ expect: Fields) throws
        -> NodeID
    {
        registrar.registry.identity(of: try expect.node("successor"))
    }

    private static func check(_ notices: [KeyContradiction], _ expected: Fields) throws {
        guard let notice = notices.first else { throw VectorFailure("nothing is broadcast") }
        // The notice travels under the type of the case, and is read as what it is.
        let key = SigningKey.generate()
        let raw = RawEnvelope(
            typeName: try expected.text("type"),
            payload: notice.notice.json.canonicalBytes(),
            timestamp: Assembly.start,
            from: NodeID(key.publicKey)
        )
        guard
            case .keyConflict(let read) = try EnvelopeCodec.decode(raw.bytes(signedBy: key)).payload
        else { throw VectorFailure("the notice is none of its type") }
        try Check.same("old key", read.oldKey, notice.oldKey)
        let payload = try JSONDocument(scanning: try expected.raw("payload").bytes)
        let found = notice.notice.json.canonicalBytes()
        try Check.same("payload", found, payload.canonicalBytes())
    }

    // MARK: The grace hour

    private static func grace(_ vector: VectorCase) throws {
        var household = try Household()
        household.wait(until: try vector.input.time("rotated_at"))
        _ = try household.hear(Assembly.rotation("A", "B", at: household.now))
        household.wait(until: try vector.input.time("message_timestamp"))
        let outcome = try household.hear(
            Assembly.proposal(by: "A", title: "late or not", at: household.now)
        )
        try Check.same("accepted", outcome == .accept, try vector.expect.bool("accept"))
    }

    // MARK: Suspension

    /// Two rotations of one key, then the vote of a successor (D-46, D-47).
    private static func suspension(_ vector: VectorCase) throws {
        let input = vector.input
        guard try input.bool("suspended"), try input.integer("tenure") == 0 else {
            throw VectorFailure("a case without a suspension belongs to the suite of votes")
        }
        let before = try input.fraction("reputation_before")
        var household = try Household(founders: [("A", before)])
        for successor in ["B", "C"] {
            // The first one has the old key's place.
            household.wait(until: household.now.adding(milliseconds: 1))
            _ = try household.hear(Assembly.rotation("A", successor, at: household.now))
        }
        let isDegraded = try input.bool("degraded")
        let state = isDegraded ? SyncState.degraded : .synced
        _ = try household.vote("endorse", on: "a proposal", by: "B", status: state)
        let vote = household.view(of: "a proposal")?.votes.first
        try Check.same("not counted because", vote?.notCountedBecause, nil)
        try Check.same("weight", vote?.weight, try vector.expect.fraction("vote_weight"))
        let successor = try Assembly.node("B")
        let score = household.reputation.score(of: successor)
        try Check.same("score", score, try vector.expect.fraction("reputation"))
        let gain = household.gain(FixedPoint(millionths: 1_000), by: successor)
        try Check.same("gains", gain > .zero, try vector.expect.bool("gains_applied"))
    }

    // MARK: What moves along

    private static func inheritance(_ vector: VectorCase) throws {
        let before = try vector.input.fields("before")
        let after = try vector.expect.fields("after")
        let (old, new) = (try before.text("key"), try vector.input.text("rotate_to"))
        try Check.text("successor", new, try after.text("key"))
        var household = try Household(founders: [(old, try before.fraction("reputation"))])
        for number in 0..<(try before.integer("proposals_in_window")) {
            _ = try household.hear(
                Assembly.proposal(by: old, title: "proposal \(number)", at: household.now)
            )
        }
        try household.setTenure(of: old, cycles: try before.integer("tenure"))
        _ = try household.hear(Assembly.rotation(old, new, at: household.now))
        let direct = household.reputation.ledger.direct(of: try Assembly.node(new))
        try Check.same("score", direct, try after.fraction("reputation"))
        try Check.same("tenure", try household.tenure(of: new), try after.integer("tenure"))
        let expected = try after.integer("proposals_in_window")
        let room = Int64(ConsensusLimits.proposalsMax) - expected
        try Check.same("room for proposals", try household.proposalsLeft(of: new), room)
    }
}
