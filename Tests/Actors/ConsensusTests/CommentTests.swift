import Identities
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("§7 Comments and requests")
struct CommentTests {
    @Test("COMMENT-01: comments over the hourly limit are kept and hidden, by their timestamps")
    func hourly() throws {
        let proposals = try (0..<4).map { try Fixture.proposal(by: $0) }
        let comments = try proposals.enumerated().map { number, proposal in
            try Fixture.comment(
                on: proposal.message.id,
                by: 9,
                at: Int64(number) * Fixture.hour / 2,
                score: 400_000
            )
        }
        for order in permutations(comments) {
            var machine = Governance()
            for proposal in proposals { machine.take(proposal) }
            for comment in order {
                let code = machine.refusalCode(comment)
                #expect(code == nil)
            }
            let shown = proposals.map { machine.view(of: $0.message.id)?.comments.count }
            #expect(shown == [1, 0, 1, 0])
            let hidden = machine.view(of: proposals[1].message.id)?.threads.first?.hiddenBecause
            #expect(hidden?.contains("1 an hour") == true)
        }
    }

    @Test("D-51: the node does not send a comment that it would hide")
    func own() throws {
        var machine = Governance()
        let proposals = try (0..<2).map { try Fixture.proposal(by: $0) }
        for proposal in proposals { machine.take(proposal) }
        let codes = try proposals.map { proposal in
            machine.refusalCode(
                try Fixture.comment(
                    on: proposal.message.id,
                    by: 9,
                    at: 1,
                    score: 400_000,
                    isOwn: true
                )
            )
        }
        #expect(codes == [nil, .rateLimited])
    }

    @Test("R-07-020: answers stand below what they answer, in order of time")
    func threads() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        let first = try Fixture.comment(on: id, by: 1, at: 1)
        let second = try Fixture.comment(on: id, by: 2, at: 2)
        let answer = try Fixture.comment(on: id, by: 3, at: 3, answering: first.message.id)
        let reply = try Fixture.comment(on: id, by: 4, at: 4, answering: answer.message.id)
        let lost = try Fixture.comment(on: id, by: 5, at: 5, answering: id)
        for comment in [reply, lost, second, answer, first] { machine.take(comment) }
        let threads = try #require(machine.view(of: id)?.threads)
        #expect(
            threads.map(\.message.id)
                == [first, answer, reply, second, lost].map(\.message.id)
        )
        #expect(threads.map(\.depth) == [0, 1, 2, 0, 0])
    }

    @Test("R-07-023: the keys of an identity share the limit on a proposal")
    func shared() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        for author in 1...3 { machine.take(try Fixture.comment(on: id, by: author, at: 1)) }
        machine.take(try Fixture.link(1, 2))
        machine.take(try Fixture.link(1, 3))
        let fourth = machine.refusalCode(try Fixture.comment(on: id, by: 2, at: 2))
        #expect(fourth == .rateLimited)
    }

    @Test("R-07-001, R-07-003: an expired request is left out, and answers to it stay")
    func requests() throws {
        var machine = Governance()
        let expiry = JSONValue.integer(Fixture.at(Fixture.hour).milliseconds)
        let draft = Draft.request().adding([("expires", expiry)])
        let request = try Fixture.admitted(draft, by: 1, at: 0)
        let id = request.message.id
        machine.take(request)
        let comment = machine.judge(try Fixture.comment(on: id, by: 2, at: 1))
        #expect(comment.count == 1, "a request is no unknown proposal")
        let proposal = try Fixture.proposal([("request_id", .string(id.hex))])
        let code = machine.refusalCode(proposal)
        #expect(code == nil)
        let before = machine.requests.list(Requests(), now: Fixture.at(Fixture.hour))
        let after = machine.requests.list(Requests(), now: Fixture.at(Fixture.hour + 1))
        let all = machine.requests.list(
            Requests(includesExpired: true),
            now: Fixture.at(2 * Fixture.hour)
        )
        #expect(before.map(\.id) == [id] && after.isEmpty && all.count == 1)
        let place = MessagePlace(request.message)
        let behind = Requests(includesExpired: true, after: place)
        #expect(machine.requests.list(behind, now: Fixture.at(1)).isEmpty)
    }

    @Test("C3-2: a request that expired a week ago leaves memory and all answers")
    func droppedRequest() throws {
        var machine = Governance()
        let expiry = JSONValue.integer(Fixture.at(Fixture.hour).milliseconds)
        machine.take(
            try Fixture.admitted(Draft.request().adding([("expires", expiry)]), by: 1, at: 0)
        )
        machine.take(try Fixture.admitted(Draft.request(title: "endless"), by: 1, at: 0))
        let week = ConsensusLimits.undecidedRetentionMilliseconds
        _ = machine.advance(to: Fixture.at(Fixture.hour + week))
        #expect(machine.requests.count == 2)
        _ = machine.advance(to: Fixture.at(2 * Fixture.hour + week))
        #expect(machine.requests.count == 1)
    }

    @Test("ADR 0045: a request is dropped live and at replay alike, wherever the log has the hour")
    func droppedAlike() throws {
        let week = ConsensusLimits.undecidedRetentionMilliseconds
        for (expires, remains) in [(Fixture.hour, 0), (3 * Fixture.hour, 1)] {
            let draft = Draft.request().adding([
                ("expires", .integer(Fixture.at(expires).milliseconds))
            ])
            let message = try draft.signed(by: try Fixture.key(1), at: Fixture.at(0))
            // Somebody serves it as the hour turns; what another judge took in before is logged first.
            let turn = Fixture.at(2 * Fixture.hour + week)
            let request = message.admitted(
                from: .sync(peer: try Fixture.person(99)),
                at: turn.adding(milliseconds: -1)
            )
            var live = Governance()
            live.take(request)
            _ = live.advance(to: turn)
            var replayed = Governance()
            _ = replayed.advance(to: turn)
            replayed.apply(request)
            _ = replayed.logged(request)
            #expect(live.requests.count == remains)
            #expect(replayed.digest == live.digest)
        }
    }
}
