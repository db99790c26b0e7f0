import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

/// A validator with its numbers and its chance.
private struct Validator {
    var duty = ValidatorDuty()
    var numbers = TaskNumbers()
    var chance = Chance([1])

    mutating func look(_ deal: Deal) -> DutyStep {
        self.duty.look(at: deal.contract, deal.scene, &self.chance, &self.numbers)
    }

    /// Looks until a challenge is issued, and returns its task; nil when none is within some days.
    mutating func wait(_ deal: inout Deal, days: Int64 = 3) -> UInt64? {
        let end = deal.now.adding(milliseconds: days * Deal.day)
        while deal.now < end {
            let step = self.look(deal)
            if let proof = step.actions.proofs.first { return proof.task }
            guard let next = step.next else { return nil }
            deal.now = next
        }
        return nil
    }

    /// The task of the next challenge.
    mutating func next(_ deal: inout Deal) throws -> UInt64 {
        let task = self.wait(&deal)
        return try #require(task)
    }

    /// Whether a challenge is issued within some days.
    mutating func isBusy(_ deal: inout Deal) -> Bool { self.wait(&deal) != nil }

    /// The own proof is there.
    mutating func prove(_ task: UInt64, _ deal: Deal, _ proof: Bytes32 = .zero)
        -> [StorageMarketAction]
    {
        let report = BlobReport(task: task, outcome: .proof(proof))
        return self.duty.proved(report, at: deal.now, deal.parties) ?? []
    }

    mutating func answer(_ exchange: OutboundExchange, _ proof: Bytes32, _ deal: Deal)
        -> [StorageMarketAction]
    {
        let answer = StorageProof(proofHash: proof)
        return self.duty.answered(answer, on: exchange, at: deal.now, &self.numbers) ?? []
    }

    mutating func fail(_ exchange: OutboundExchange, _ deal: Deal) -> [StorageMarketAction] {
        self.duty.failed(exchange, at: deal.now, deal.parties, &self.numbers) ?? []
    }

    mutating func connect(_ number: Int, _ deal: Deal) throws -> [StorageMarketAction] {
        let node = try Fixture.node(number)
        return self.duty.connected(node, at: deal.now, deal.parties)
    }
}

@Suite("§6 The duties of a validator")
struct ValidatorDutyTests {
    /// Node 9 uploaded what node 2 keeps.
    private func deal() throws -> Deal {
        var deal = try Deal(own: 9, uploader: 9)
        deal.isHere = true
        deal.assigned = [try Fixture.node(2)]
        deal.holders = deal.assigned
        deal.state = .active
        return deal
    }

    /// A challenge that was sent to node 2.
    private func asked(_ validator: inout Validator, _ deal: inout Deal) throws -> OutboundExchange
    {
        _ = try validator.connect(2, deal)
        _ = try validator.connect(5, deal)
        let task = try validator.next(&deal)
        let actions = validator.prove(task, deal)
        let sent = try #require(actions.sent.first)
        validator.duty.signed(sent.exchange, MessageID.named("challenge"))
        return sent.exchange
    }

    // MARK: When and where

    @Test(
        "R-06-113, R-06-114: a copy is challenged about once a day, at moments that nobody foresees"
    )
    func daily() throws {
        var deal = try self.deal()
        var validator = Validator()
        var moments: [Timestamp] = []
        for _ in 0..<40 {
            let task = try validator.next(&deal)
            moments.append(deal.now)
            _ = validator.prove(task, deal)
        }
        let pauses = zip(moments, moments.dropFirst()).map { $1.milliseconds(since: $0) }
        #expect(pauses.allSatisfy { $0 >= Deal.day * 3 / 4 && $0 <= Deal.day * 5 / 4 })
        let mean = pauses.reduce(0, +) / Int64(pauses.count)
        #expect((Deal.day * 9 / 10...Deal.day * 11 / 10).contains(mean))
        #expect(Set(pauses).count == pauses.count)
    }

    @Test(
        "R-06-109, R-06-070: who lacks the bytes, has no part, or is the provider challenges nobody"
    )
    func whoMay() throws {
        for flaw in 0..<4 {
            var deal = try self.deal()
            switch flaw {
            case 0: deal.isHere = false
            case 1: deal.uploader = try Fixture.node(1)
            case 2: deal.holders = [deal.own]
            default: deal.state = .grace(until: deal.now.adding(milliseconds: 7 * Deal.day))
            }
            var validator = Validator()
            let isBusy = validator.isBusy(&deal)
            #expect(!isBusy, "\(flaw)")
        }
        var holder = try self.deal()
        holder.uploader = try Fixture.node(1)
        holder.holders.append(holder.own)
        var validator = Validator()
        let isBusy = validator.isBusy(&holder)
        #expect(isBusy, "a confirmed holder may")
    }

    @Test("R-06-091: who takes over is challenged once it has acknowledged")
    func receivers() throws {
        var deal = try self.deal()
        deal.holders = []
        for isAcknowledged in [false, true] {
            deal.transfers = [
                Contract.Transfer(
                    id: MessageID.named("transfer"),
                    from: try Fixture.node(2),
                    to: try Fixture.node(3),
                    acknowledgedBy: isAcknowledged ? try Fixture.node(3) : nil
                )
            ]
            var validator = Validator()
            let isBusy = validator.isBusy(&deal)
            #expect(isBusy == isAcknowledged)
        }
    }

    @Test("R-06-115: one peer is challenged ten times in any 24 hours at most")
    func quota() throws {
        var quota = ChallengeQuota()
        let node = try Fixture.node(2)
        for hour in 0..<10 as Range<Int64> {
            let now = Fixture.now.adding(milliseconds: hour * 3_600_000)
            #expect(quota.next(for: node, at: now, within: Deal.day) == now)
            quota.note(node, at: now, within: Deal.day)
        }
        let late = Fixture.now.adding(milliseconds: Deal.day - 1)
        #expect(quota.next(for: node, at: late, within: Deal.day) == late.adding(milliseconds: 1))
        #expect(quota.next(for: try Fixture.node(3), at: late, within: Deal.day) == late)
        let then = Fixture.now.adding(milliseconds: Deal.day)
        #expect(quota.next(for: node, at: then, within: Deal.day) == then)
        quota.note(node, at: then, within: Deal.day)
        #expect(
            quota.next(for: node, at: then, within: Deal.day) > then,
            "the window goes on rolling"
        )
    }

    @Test("R-06-115: challenges from before a restart count")
    func quotaAfterRestart() throws {
        var deal = try self.deal()
        var validator = Validator()
        let node = try Fixture.node(2)
        for _ in 0..<10 {
            validator.duty.issuedBefore(to: node, at: deal.now, .standard)
        }
        let start = deal.now
        _ = try validator.next(&deal)
        #expect(deal.now.milliseconds(since: start) >= Deal.day)
    }

    @Test(
        "R-06-105, R-06-106, D-70: the place is random, the window full where the artefact has as much",
        arguments: [1, 500, 1_024, 3_000, 4_096, 4_097, 10_000_000] as [Int64]
    )
    func windows(_ size: Int64) throws {
        let copy = Copy(content: Deal.content, provider: try Fixture.node(2))
        var chance = Chance([2])
        var nonces: Set<Bytes32> = []
        var places: Set<Int> = []
        for _ in 0..<200 {
            let challenge = OwnChallenge(of: copy, at: copy.provider, size: size, &chance)
                .challenge
            #expect(WireLimits.challengeWindowBytes.contains(challenge.windowSize))
            let window = try #require(ChallengeWindow(challenge).bytes(of: Int(size)))
            #expect(window.count == Int(min(size, challenge.windowSize)))
            #expect(challenge.windowSize == min(4_096, max(1_024, size)))
            nonces.insert(challenge.challengeNonce)
            places.insert(window.lowerBound)
        }
        #expect(nonces.count == 200)
        if size == 10_000_000 { #expect(places.count > 190) }
        if size == 4_097 { #expect(places == [0, 1], "both ends are reached") }
    }

    // MARK: Judging

    @Test(
        "R-06-109, R-06-110, R-06-111: the own proof comes first; an equal one passes, another one fails"
    )
    func judges() throws {
        for outcome in ChallengeResult.Outcome.allCases {
            var deal = try self.deal()
            var validator = Validator()
            let exchange = try self.asked(&validator, &deal)
            #expect(exchange.streamProtocol == .sync)
            let answer = outcome == .pass ? Bytes32.zero : SHA256Digest.hash([1])
            let results = validator.answer(exchange, answer, deal)
                .published(ChallengeResult.self)
            let result = try #require(results.first)
            #expect(result.result == outcome)
            #expect(result.challengeID == MessageID.named("challenge"))
            #expect(result.challengedNode == (try Fixture.node(2)))
            #expect(result.contentHash == Deal.content)
        }
    }

    @Test("a validator that cannot read its own copy challenges nobody")
    func ownDamage() throws {
        var deal = try self.deal()
        var validator = Validator()
        _ = try validator.connect(2, deal)
        let task = try validator.next(&deal)
        let report = BlobReport(task: task, outcome: .failed(.damaged(Deal.content)))
        let actions = validator.duty.proved(report, at: deal.now, deal.parties)
        #expect(actions?.isEmpty == true)
    }

    @Test("D-70: no answer is a failure, but who has no other live peer accuses nobody")
    func silence() throws {
        for isAlone in [false, true] {
            var deal = try self.deal()
            var validator = Validator()
            let exchange = try self.asked(&validator, &deal)
            if isAlone { validator.duty.disconnected(try Fixture.node(5)) }
            deal.wait(30_000)
            let results = validator.fail(exchange, deal).published(ChallengeResult.self)
            #expect(results.map(\.result) == (isAlone ? [] : [.fail]))
        }
    }

    @Test("who refuses may be busy: it is asked again within the hour, and failed the third time")
    func refusals() throws {
        var deal = try self.deal()
        var validator = Validator()
        var exchange = try self.asked(&validator, &deal)
        var exchanges = Set([exchange.id])
        for _ in 0..<2 {
            let results = validator.fail(exchange, deal).published
            #expect(results.isEmpty)
            let refusedAt = deal.now
            let task = try validator.next(&deal)
            #expect(deal.now.milliseconds(since: refusedAt) < 3_600_000)
            exchange = try #require(validator.prove(task, deal).sent.first).exchange
            validator.duty.signed(exchange, MessageID.named("challenge"))
            exchanges.insert(exchange.id)
        }
        #expect(exchanges.count == 3, "each time it is a challenge of its own")
        let results = validator.fail(exchange, deal).published(ChallengeResult.self)
        #expect(results.map(\.result) == [.fail])
        // An answer in between ends the row.
        for outcome in [false, true, false] {
            let task = try validator.next(&deal)
            exchange = try #require(validator.prove(task, deal).sent.first).exchange
            validator.duty.signed(exchange, MessageID.named("challenge"))
            let results =
                outcome ? validator.answer(exchange, .zero, deal) : validator.fail(exchange, deal)
            #expect(results.published.count == (outcome ? 1 : 0))
        }
    }

    @Test("a node that refuses what others send accuses nobody of silence")
    func deaf() throws {
        var deal = try self.deal()
        var validator = Validator()
        let exchange = try self.asked(&validator, &deal)
        validator.duty.listens(false)
        deal.wait(30_000)
        let results = validator.fail(exchange, deal).published
        #expect(results.isEmpty)
    }

    @Test("a provider without a connection is dialled, and asked once it is there")
    func reaches() throws {
        var deal = try self.deal()
        var validator = Validator()
        let task = try validator.next(&deal)
        let actions = validator.prove(task, deal)
        guard case .ask(.peers(.challenge(let challenge)))? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        let row = try self.row(2, at: "/ip4/8.1.1.1/tcp/1")
        let dials = validator.duty.located([row], for: challenge, deal.parties)
        guard case .reach(let node)? = dials.first else {
            Issue.record("\(dials)")
            return
        }
        #expect(node == (try Fixture.node(2)))
        let others = try validator.connect(3, deal)
        let own = try validator.connect(2, deal)
        #expect(others.isEmpty)
        #expect(own.sent.count == 1)
    }

    @Test(
        "of several nodes of a provider the one is asked that confirmed the copy, or its successor"
    )
    func otherNode() throws {
        var deal = try self.deal()
        let (provider, holder, heir) = (
            try Fixture.node(2), try Fixture.node(3), try Fixture.node(4)
        )
        deal.nodes = [provider: holder]
        var validator = Validator()
        _ = try validator.connect(5, deal)
        _ = try validator.connect(2, deal)
        _ = try validator.connect(3, deal)
        let task = try validator.next(&deal)
        let asked = validator.prove(task, deal).sent.map(\.exchange.peer)
        #expect(asked == [holder])
        // While that one is away, nobody is asked in its place.
        validator.duty.disconnected(holder)
        let later = try validator.next(&deal)
        let early = validator.prove(later, deal)
        #expect(early.sent.isEmpty)
        let rows = try [2, 3].map { try self.row($0, at: "/ip4/8.1.1.1/tcp/\($0)") }
        let dials = validator.duty.located(rows, for: later, deal.parties)
        guard dials.count == 1, case .reach(holder)? = dials.first else {
            Issue.record("\(dials)")
            return
        }
        let others = try validator.connect(2, deal)
        #expect(others.isEmpty)
        deal.heirs = [holder: heir]
        let successor = try validator.connect(4, deal)
        #expect(successor.sent.map(\.exchange.peer) == [heir])
    }

    @Test("who is dialled and not reached fails after a minute; whose place nobody knows does not")
    func unreachable() throws {
        for isKnown in [true, false] {
            var deal = try self.deal()
            var validator = Validator()
            _ = try validator.connect(5, deal)
            let task = try validator.next(&deal)
            _ = validator.prove(task, deal)
            let rows = isKnown ? [try self.row(2, at: "/ip4/8.1.1.1/tcp/1")] : []
            _ = validator.duty.located(rows, for: task, deal.parties)
            let early = validator.duty.woke(at: deal.now, deal.parties)
            #expect(early.isEmpty)
            deal.wait(60_000)
            let sent = validator.duty.woke(at: deal.now, deal.parties).sent
            #expect(sent.count == (isKnown ? 1 : 0))
            for (exchange, _) in sent {
                validator.duty.signed(exchange, MessageID.named("challenge"))
                let results = validator.fail(exchange, deal).published(ChallengeResult.self)
                #expect(results.map(\.result) == [.fail])
            }
        }
    }

    private func row(_ number: Int, at address: String) throws -> PeerTable.Row {
        .peer(try Fixture.node(number), addresses: [address])
    }

    // MARK: Corroboration

    @Test("R-06-073: a failure that another validator reports is looked at within the hour")
    func corroborates() throws {
        var deal = try self.deal()
        var validator = Validator()
        _ = validator.look(deal)
        let copy = Copy(content: Deal.content, provider: try Fixture.node(2))
        let heardAt = deal.now
        validator.duty.heardFailure(of: copy, at: deal.now, .standard)
        _ = try validator.next(&deal)
        #expect(deal.now.milliseconds(since: heardAt) < 3_600_000)
    }

    @Test("R-06-073: who reported the failure itself a short time ago owes no other look")
    func corroboratedAlready() throws {
        var deal = try self.deal()
        var validator = Validator()
        let copy = Copy(content: Deal.content, provider: try Fixture.node(2))
        let own = ChallengeResult(
            challengeID: MessageID.named("own"),
            contentHash: Deal.content,
            challengedNode: copy.provider,
            result: .fail
        )
        validator.duty.heardOwn(own, at: deal.now, provider: copy.provider)
        _ = validator.look(deal)
        validator.duty.heardFailure(of: copy, at: deal.now, .standard)
        let start = deal.now
        _ = try validator.next(&deal)
        #expect(deal.now.milliseconds(since: start) >= Deal.day * 3 / 4)
    }

    @Test(
        "R-06-091, R-06-141: who lost a copy and took a new one over does not count as having lost that"
    )
    func renewed() throws {
        var validator = Validator()
        let provider = try Fixture.node(2)
        var deal = try Deal()
        for number in 1...4 as ClosedRange<Int64> {
            let result = ChallengeResult(
                challengeID: MessageID.named("\(number)"),
                contentHash: Deal.content,
                challengedNode: provider,
                result: .fail
            )
            let time = Fixture.now.adding(milliseconds: (number - 10) * Deal.day)
            validator.duty.heardOwn(result, at: time, provider: provider)
        }
        #expect(validator.duty.lost(of: deal.contract) == [provider])
        // It confirmed this copy after the last of these challenges.
        deal.holders = [provider]
        #expect(validator.duty.lost(of: deal.contract).isEmpty)
        _ = validator.look(deal)
        let result = ChallengeResult(
            challengeID: MessageID.named("5"),
            contentHash: Deal.content,
            challengedNode: provider,
            result: .fail
        )
        validator.duty.heardOwn(result, at: deal.now, provider: provider)
        #expect(validator.duty.lost(of: deal.contract).isEmpty, "it is the first of this copy")
    }

    @Test("R-06-141: a copy is lost after three own failures in a row, and found again by a pass")
    func lost() throws {
        var validator = Validator()
        let provider = try Fixture.node(2)
        var deal = try Deal()
        deal.holders = [provider]
        for (number, outcome) in [ChallengeResult.Outcome.fail, .fail, .fail, .pass].enumerated() {
            let result = ChallengeResult(
                challengeID: MessageID.named("\(number)"),
                contentHash: Deal.content,
                challengedNode: provider,
                result: outcome
            )
            let time = Fixture.now.adding(milliseconds: Int64(number) * Deal.day)
            validator.duty.heardOwn(result, at: time, provider: provider)
            #expect(validator.duty.lost(of: deal.contract) == (number == 2 ? [provider] : []))
        }
    }

    @Test("T9: a proof that was not asked for, or not by a signed challenge, brings no result")
    func unasked() throws {
        var deal = try self.deal()
        var validator = Validator()
        _ = try validator.connect(2, deal)
        _ = try validator.connect(5, deal)
        let stray = OutboundExchange(
            opener: .storageMarket,
            id: 99,
            peer: try Fixture.node(2),
            streamProtocol: .sync
        )
        #expect(validator.answer(stray, .zero, deal).isEmpty)
        let task = try validator.next(&deal)
        let sent = try #require(validator.prove(task, deal).sent.first).exchange
        // Nobody could ever look the challenge up.
        #expect(validator.answer(sent, .zero, deal).published(ChallengeResult.self).isEmpty)
        let known = try self.asked(&validator, &deal)
        #expect(validator.answer(known, .zero, deal).published(ChallengeResult.self).count == 1)
        // It has one result.
        #expect(validator.answer(known, .zero, deal).published(ChallengeResult.self).isEmpty)
    }

    @Test("T9: after a proof a question without bytes is asked, and the delay between them kept")
    func timing() throws {
        var deal = try self.deal()
        var validator = Validator()
        _ = try validator.connect(2, deal)
        _ = try validator.connect(5, deal)
        for _ in 0..<20 {
            let task = try validator.next(&deal)
            let sent = validator.prove(task, deal).sent
            let challenge = try #require(sent.first).exchange
            validator.duty.signed(challenge, MessageID.named("\(task)"))
            deal.wait(80)
            let questions = validator.answer(challenge, .zero, deal).sent
            let question = try #require(questions.first)
            #expect(question.payload is CopyQuery)
            deal.wait(20)
            let end = validator.duty.answered(copyQueryOn: question.exchange, at: deal.now)
            #expect(end?.isEmpty == true)
        }
        #expect(validator.duty.seemsFetched(by: try Fixture.node(2)))
        #expect(validator.duty.examinations.map(\.seemsFetched) == [true])
    }
}
