import Messages
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("D-74, ADR 0053: whose withdrawal keeps an artefact from being proposed")
struct TakenBackTests {
    private static let artefact: [UInt8] = [1, 2, 3]
    private static let never = Timestamp(milliseconds: 1 << 53 - 1)

    private static func request(by person: Int, at offset: Int64, score: Int64 = 500_000) throws
        -> AdmittedMessage
    {
        try Fixture.admitted(.upload(Self.artefact), by: person, at: offset, score: score)
    }

    private static func withdrawal(
        by person: Int,
        at offset: Int64,
        after end: Timestamp = never,
        score: Int64 = 500_000
    ) throws -> AdmittedMessage {
        try Fixture.admitted(
            .withdrawal(ofContent: Self.artefact, after: end),
            by: person,
            at: offset,
            score: score
        )
    }

    private static func proposal(
        by author: Int = 5,
        at offset: Int64,
        score: Int64 = 500_000,
        isOwn: Bool = false
    ) throws -> AdmittedMessage {
        let content = ContentHash(SHA256Digest.hash(Self.artefact))
        return try Fixture.proposal(
            by: author,
            at: offset,
            [
                ("content_hash", .string(content.hex)), ("content_size", .integer(3)),
                ("content_inline", .string("AQID")),
            ],
            score: score,
            isOwn: isOwn
        )
    }

    /// What is held against the proposal on a machine that hears all of this; nil when it counts.
    private static func objection(
        to proposal: AdmittedMessage,
        after messages: [AdmittedMessage]
    ) throws -> String? {
        var machine = Governance()
        for message in messages { machine.take(message) }
        let record = try #require(machine.proposals[proposal.message.id])
        return machine.objection(to: record)
    }

    @Test("a stranger's request and withdrawal keep nobody from proposing, whatever comes first")
    func stranger() throws {
        let pair = [
            try Self.request(by: 7, at: 10, score: 200_000),
            try Self.withdrawal(by: 7, at: 20, score: 200_000),
        ]
        let proposal = try Self.proposal(at: 30)
        for order in permutations(pair + [proposal]) {
            #expect(try Self.objection(to: proposal, after: order) == nil)
        }
        // Nor does one who might ask for copies, while the uploader did not take back its own request.
        let rival = [
            try Self.request(by: 1, at: 5), try Self.request(by: 7, at: 10),
            try Self.withdrawal(by: 7, at: 20),
        ]
        for order in permutations(rival + [proposal]) {
            #expect(try Self.objection(to: proposal, after: order) == nil)
        }
    }

    @Test("R-06-099: what its uploader took back is kept by all nodes, and counts on none")
    func owner() throws {
        let said = [try Self.request(by: 1, at: 5), try Self.withdrawal(by: 1, at: 20)]
        let proposal = try Self.proposal(at: 30)
        for order in permutations(said + [proposal]) {
            #expect(try Self.objection(to: proposal, after: order) != nil)
        }
        let earlier = try Self.proposal(at: 19)
        #expect(try Self.objection(to: earlier, after: said + [earlier]) == nil)
        var machine = Governance()
        for message in said { machine.take(message) }
        #expect(machine.refusalCode(try Self.proposal(at: 30, isOwn: true)) == .rule)
    }

    @Test("a withdrawal ends with a request that comes a week later, whatever it says of its end")
    func bounded() throws {
        let said = [try Self.request(by: 1, at: 5), try Self.withdrawal(by: 1, at: 20)]
        let proposal = try Self.proposal(at: 30 * Fixture.day)
        for (offset, counts) in [(7 * Fixture.day + 19, false), (7 * Fixture.day + 20, true)]
            as [(Int64, Bool)]
        {
            let anew = try Self.request(by: 1, at: offset)
            let objection = try Self.objection(to: proposal, after: said + [anew, proposal])
            #expect((objection == nil) == counts)
        }
    }

    @Test("a proposal of somebody who may not propose stands against no withdrawal")
    func blocked() throws {
        let said = [try Self.request(by: 1, at: 5), try Self.withdrawal(by: 1, at: 20)]
        let late = try Self.proposal(by: 6, at: 30)
        for (score, counts) in [(299_999, false), (300_000, true)] as [(Int64, Bool)] {
            let earlier = try Self.proposal(at: 10, score: score)
            let objection = try Self.objection(to: late, after: said + [earlier, late])
            #expect((objection == nil) == counts)
        }
    }

    @Test("no number of withdrawals and requests of others makes an uploader's forgotten")
    func crowd() throws {
        var machine = Governance()
        for number in 0..<100 {
            let stamp = Int64(number)
            machine.take(try Self.request(by: 100 + number, at: stamp, score: 200_000))
            machine.take(try Self.withdrawal(by: 100 + number, at: stamp, score: 200_000))
        }
        machine.take(try Self.request(by: 1, at: 500))
        machine.take(try Self.withdrawal(by: 1, at: 600))
        let proposal = try Self.proposal(at: 700)
        machine.take(proposal)
        let record = try #require(machine.proposals[proposal.message.id])
        #expect(machine.objection(to: record) != nil)
    }
}
