import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Identities
@testable import Identity
@testable import Reputation

/// Keys that act for an identity, and keys that no longer do.
enum LinkingVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("envelope") {
            try self.envelope(vector)
        } else if input.has("steps") {
            try self.steps(vector)
        } else if input.has("raw_gain") {
            try DampeningVectors.run(vector)
        } else if input.has("revoked_at") {
            try self.cooldown(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    /// A DID_LINK as it travels.
    private static func envelope(_ vector: VectorCase) throws {
        let message = try EnvelopeCodec.decode(
            try vector.input.raw("envelope").bytes
        )
        guard case .didLink(let link) = message.payload else {
            throw VectorFailure("the envelope holds \(message.typeName)")
        }
        if vector.input.has("child_message_hex") {
            let signed = link.rootKey.array + link.childKey.array
            try Check.same("child message", signed, try vector.input.bytes("child_message_hex"))
        }
        let refusal = KeyRegistry().refusal(
            of: message,
            receivedAt: message.timestamp
        )
        let expect = vector.expect
        for name in expect.names {
            switch name {
            case "envelope_valid":
                try Check.same(name, message.hasValidSignature, try expect.bool(name))
            case "child_valid": try Check.same(name, link.isConsented, try expect.bool(name))
            case "accept":
                let isAccepted = message.hasValidSignature && refusal == nil
                try Check.same(name, isAccepted, try expect.bool(name))
            case "id": try Check.text(name, message.id.hex, try expect.text(name))
            case "signature": try Check.text(name, message.signature.hex, try expect.text(name))
            default: throw VectorFailure.unknownShape(expect)
            }
        }
    }

    // MARK: Stories

    private static func steps(_ vector: VectorCase) throws {
        var household = try Household()
        var outcomes: [String] = []
        for step in try vector.input.list("steps") {
            outcomes.append(try household.take(step.elements ?? []).rawValue)
        }
        let expect = vector.expect
        try Check.same("outcome", outcomes, try expect.texts("outcome"))
        for name in expect.names where name != "outcome" {
            try self.check(name, expect, household)
        }
    }

    private static func check(_ name: String, _ expect: Fields, _ household: Household) throws {
        switch name {
        case "root_of":
            let roots = try expect.fields(name)
            for key in roots.names {
                let root = try Assembly.node(try roots.text(key))
                try Check.same("root of \(key)", try household.owner(of: key), root)
            }
        case "tally":
            let tallies = try expect.fields(name)
            for title in tallies.names {
                try self.check(tally: title, try tallies.fields(title), household)
            }
        case "authorized":
            let sets = try expect.fields(name)
            for root in sets.names {
                let found = household.identity.registry.keys(of: try Assembly.node(root))
                let expected = try sets.texts(root).map { try Assembly.node($0) }
                try Check.same("keys of \(root)", found.sorted(), expected.sorted())
            }
        case "asn": try self.operators(expect, household)
        case "distinct_operator_asns": break  // Compared where the networks are.
        case "voters":
            try Check.same(name, Int64(household.voters), try expect.integer(name))
        case "reputation":
            let scores = try expect.fields(name)
            for key in scores.names {
                let direct = household.reputation.ledger.direct(of: try Assembly.node(key))
                try Check.same("score of \(key)", direct, try scores.fraction(key))
            }
        case "collusion_groups":
            let groups = household.reputation.witnesses.suspicion.collusion.groups()
            try Check.same(name, groups.count, try expect.list(name).count)
        case "inactive_days":
            let identity = try household.owner(of: "A")
            let account = household.reputation.ledger.account(of: identity)
            let silent = account.map { household.reputation.ledger.silentDays(of: $0) } ?? -1
            try Check.same(name, Int64(silent), try expect.integer(name))
        default: throw VectorFailure.unknownShape(expect)
        }
    }

    private static func check(tally title: String, _ expected: Fields, _ household: Household)
        throws
    {
        let stances = household.tally(of: title)
        for voter in expected.names {
            let stance = stances[try Assembly.node(voter)] ?? "none"
            try Check.text("vote of \(voter)", stance, try expected.text(voter))
        }
        try Check.same("votes on \(title)", stances.count, expected.names.count)
    }

    /// Keys that are heard from the case's networks say what somebody is worth.
    ///
    /// How far their words count depends on how many operators the node takes them for.
    private static func operators(_ expect: Fields, _ household: Household) throws {
        var household = household
        let (places, subject) = (try expect.fields("asn"), try Assembly.node("somebody"))
        for key in places.names {
            household.wait(until: household.now.adding(milliseconds: 1))
            let address = "/ip4/20.\(try places.integer(key)).0.1/tcp/1"
            let words = [(subject: subject, overall: FixedPoint(millionths: 700_000))]
            let assessment = Draft.assessments(words, formedAt: household.now)
            for message in [
                try household.announcement(key, address: address),
                try Assembly.message(assessment, by: key, at: household.now),
            ] where try household.hear(message) != .accept {
                throw VectorFailure("\(key) is not heard")
            }
        }
        let books = household.reputation
        let found = books.witnesses.networkCount(books.evaluation(of: subject).assessors)
        try Check.same("operators", Int64(found), try expect.integer("distinct_operator_asns"))
    }

    /// When a former child may vote (D-13).
    private static func cooldown(_ vector: VectorCase) throws {
        let revokedAt = try vector.input.time("revoked_at")
        var household = try Household(score: try vector.input.fraction("reputation"))
        household.wait(until: revokedAt.adding(milliseconds: -1))
        _ = try household.hear(Assembly.link("A", "B", at: household.now))
        household.wait(until: revokedAt)
        _ = try household.hear(household.revocation("A", "B"))
        household.wait(until: revokedAt.adding(milliseconds: 1))
        _ = try household.hear(household.announcement("B"))
        household.wait(until: try vector.input.time("vote_at"))
        let outcome = try household.vote("endorse", on: "a proposal", by: "B")
        try Check.same("accepted", outcome == .accept, try vector.expect.bool("accept"))
    }
}
