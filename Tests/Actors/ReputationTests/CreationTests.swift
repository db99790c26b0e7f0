import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

extension Fixture {
    /// A message of any type but the handshake's; names what `proposal` and the content are.
    fileprivate static func anything(
        _ type: MessageType,
        on proposal: AdmittedMessage,
        by person: Int,
        at offset: Int64
    ) throws -> AdmittedMessage {
        switch type {
        case .peerAnnounce: try Self.announcement(by: person, at: offset, network: person)
        case .didLink: try Self.link(person, person + 20, at: offset)
        case .didRevoke: try Self.revocation(person, person + 20, at: offset)
        case .keyRotate: try Self.rotation(person, person + 40, at: offset)
        case .propose: try Self.proposal(by: person, at: offset)
        case .reputationGossip:
            try Self.gossip(by: person, [(person % 5 + 1, 1_000_000)], at: offset)
        default:
            try Self.admitted(
                Draft(type, Self.members(proposal.message.id, Self.at(offset))),
                by: person,
                at: offset
            )
        }
    }

    /// Members that all schemas together ask for; each type reads its own and leaves the rest.
    private static func members(_ proposal: MessageID, _ time: Timestamp) -> [Draft.Member] {
        let described: [(String, JSONValue)] = [
            ("content_hash", .string(Self.content.hex)), ("content_type", .string("text/plain")),
            ("content_size", .integer(1)),
        ]
        let hash = JSONValue.string(Self.id(7).hex)
        let verification: [(String, JSONValue)] = [
            ("claim_index", .integer(0)), ("result", .string("true")), ("evidence", .string("e")),
        ]
        let named = [
            "old_key", "rotate_message_1_id", "rotate_message_2_id", "new_key_1", "new_key_2",
            "identity_merkle_root", "proposal_merkle_root", "reputation_summary_hash",
            "challenge_nonce", "proof_hash", "challenge_id", "challenged_node",
            "receiving_provider", "original_provider", "transfer_id",
        ].map { ($0, hash) }
        let numbers = [
            "limit", "active_node_count", "identity_count", "proposal_count", "copy_count",
            "reputation_stake", "capacity_available", "offset", "length", "total_size",
            "billing_cycle", "amount",
        ].map { ($0, JSONValue.integer($0 == "copy_count" ? 3 : 1)) }
        let texts = [
            ("title", "t"), ("body", "b"), ("reason", "r"), ("stance", "endorse"),
            ("sync_status", "synced"), ("direction", "after"), ("result", "pass"),
            ("data", "AA=="), ("severity", "dispute"), ("category", "spam"), ("details", "d"),
        ].map { ($0.0, JSONValue.string($0.1)) }
        return described + named + numbers + texts + [
            ("proposal_id", .string(proposal.hex)), ("target_id", .string(proposal.hex)),
            ("success", .bool(true)), ("has_more", .bool(false)), ("has_copy", .bool(true)),
            ("tags", .array([])), ("peers", .array([])), ("messages", .array([])),
            ("providers", .array([])), ("entries", .array([.object(described)])),
            ("transfer_fee", .integer(200)), ("verification", .object(verification)),
            ("snapshot_timestamp", .integer(time.milliseconds)),
            ("effective_after", .integer(time.milliseconds)),
        ]
    }
}

@Suite("§9 Where reputation comes from")
struct CreationTests {
    private static let types = MessageType.allCases.filter {
        $0 != .authChallenge && $0 != .authResponse
    }

    /// Five people with 0.4 from five networks, and a proposal of a sixth with a claim.
    private func story() throws -> (Bookkeeping, AdmittedMessage) {
        let founders = Dictionary(uniqueKeysWithValues: (1...6).map { ($0, Int64(400_000)) })
        var ledger = try Fixture.ledger(founders: founders) { $0.believesClaims = true }
        for person in 1...5 {
            ledger.logged(try Fixture.announcement(by: person, at: 0, network: person))
        }
        let proposal = try Fixture.proposal(by: 6, claims: 1)
        ledger.logged(proposal)
        return (ledger, proposal)
    }

    /// Three of them send a message of a type in every hour of a day.
    private func day(of type: MessageType) throws -> Bookkeeping {
        var (ledger, proposal) = try self.story()
        for hour in 0..<24 as Range<Int64> {
            for person in 1...3 {
                let at = hour * Fixture.hour + Int64(person)
                ledger.logged(try Fixture.anything(type, on: proposal, by: person, at: at))
            }
        }
        return ledger
    }

    @Test(
        "R-09-010: of all messages only adoptions, verified claims and presence create reputation"
    )
    func creators() throws {
        let start = try self.story().0.everything
        var creators: Set<MessageType> = []
        for type in Self.types where try self.day(of: type).everything > start {
            creators.insert(type)
        }
        #expect(creators == [.adopt, .comment, .peerAnnounce])
    }

    @Test("R-09-010: no finding of the storage market creates reputation")
    func findings() throws {
        var (ledger, proposal) = try self.story()
        let people = try (1...5).map { try Fixture.person($0) }
        let cycle = RentCycle(content: Fixture.content, number: 0)
        let shares = people.map { RentWork.Share(identity: $0, count: 10) }
        let work = RentWork(required: 10, providers: shares, validators: shares)
        for finding: StorageFact in [
            .copiesHeld(proposal: proposal.message.id, providers: people),
            .rentSettled(cycle, work),
            .rentHeld(cycle, payer: people[0], amount: FixedPoint(millionths: 9_000)),
            .rentSettled(cycle, work), .rentSettled(cycle, work),
            .challengeFailed(provider: people[0], content: Fixture.content),
            .copyAbandoned(provider: people[1], content: Fixture.content),
        ] {
            let before = ledger.everything
            ledger.logged(finding, at: 1)
            #expect(ledger.everything <= before)
        }
    }

    @Test("R-05-046: publishing snapshots earns nothing, however many")
    func snapshots() throws {
        let ledger = try self.day(of: .stateSnapshot)
        #expect(try (1...5).allSatisfy { try ledger.direct($0) == 400_000 })
        #expect(try ledger.history(of: Fixture.person(1)).entries.isEmpty)
    }

    @Test("R-09-045: what people say of content by votes and comments moves nobody's score")
    func content() throws {
        for type in [MessageType.vote, .request, .share, .withdraw] {
            let ledger = try self.day(of: type)
            #expect(try (1...6).allSatisfy { try ledger.direct($0) == 400_000 })
        }
        var (ledger, proposal) = try self.story()
        for person in 1...5 {
            ledger.logged(try Fixture.adoption(of: proposal, by: person, success: false))
        }
        #expect(try ledger.direct(6) == 400_000)
    }

    @Test(
        "R-01-046: the root is one of its keys, so a lone node's gain is whole and two keys share"
    )
    func lone() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Fixture.link(2, 3))
        let raw = FixedPoint(millionths: 10_000)
        let gains = try [1, 2].map { person in
            ledger.earn(raw, by: try Fixture.person(person), at: Fixture.at(0), cause: "")
        }
        // 10000 / 2^0.75 is 5946.03…
        #expect(gains.map(\.millionths) == [10_000, 5_946])
    }
}

@Suite("§9 Views of others")
struct ViewTests {
    @Test("R-09-001: one score for all keys of an identity, and every node has its own view of it")
    func views() throws {
        var near = try Fixture.ledger(founders: [1: 300_000, 2: 300_000])
        var far = near
        let proposal = try Fixture.proposal(by: 2)
        let link = try Fixture.link(1, 2)
        for message in [proposal, link] {
            near.logged(message)
            far.logged(message)
        }
        near.logged(try Fixture.adoption(of: proposal, by: 5))
        let keys = try [1, 2].map { try near.score($0) }
        #expect(keys == [302_973, 302_973])
        #expect(try far.score(1) == 300_000)
        let known = near.scores(nil, now: Fixture.at(0)).entries.map(\.identity)
        #expect(try known == [1, 5].map { try Fixture.person($0) }.sorted())
    }

    @Test("R-09-041: an assessor whose words vary is named to people, and loses nothing")
    func varying() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000, 2: 500_000])
        for (time, word) in [(1, 900_000), (2, 100_000), (3, 700_000)] as [(Int64, Int64)] {
            ledger.logged(try Fixture.gossip(by: 1, [(2, word)], at: time))
            ledger.logged(try Fixture.gossip(by: 3, [(2, 500_000 + time)], at: time))
        }
        #expect(try ledger.direct(1) == 500_000)
        #expect(try !ledger.isSuspect(1))
        let warnings = try [1, 3].map { ledger.history(of: try Fixture.person($0)).warnings }
        #expect(warnings[0].contains { $0.contains("as much as 0.800000") })
        #expect(warnings[1].isEmpty)
        // The newest word is what counts, as if there had been no other.
        let opinion = ledger.history(of: try Fixture.person(2)).basis?.peerAverage
        // (0.5 · 0.700000 + 0.2 · 0.500003) / 0.7
        #expect(opinion?.millionths == 642_858)
    }

    @Test(
        "R-09-044: votes, adoptions and signed assessments are broadcast, and sync has a phase each"
    )
    func signals() {
        for type in [MessageType.vote, .adopt, .reputationGossip] {
            guard case .gossip = type.channel else {
                Issue.record("\(type) is not broadcast")
                continue
            }
            #expect(type.syncPhase != nil)
        }
    }
}
