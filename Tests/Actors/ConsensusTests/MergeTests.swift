import Cryptography
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

/// Changes of a parameter that people voted on, on either side of a partition.
private struct Change {
    let proposal: AdmittedMessage
    let votes: [AdmittedMessage]

    var id: MessageID { self.proposal.message.id }

    init(
        by author: Int,
        at offset: Int64 = 0,
        ends span: Int64 = 90 * Fixture.day,
        _ parameter: NetworkParameter = .standardThreshold,
        to value: Int64,
        supersedes: MessageID? = nil
    ) throws {
        let resolution = Propose.Resolution(
            kind: .parameter,
            name: parameter.rawValue,
            value: value
        )
        let members: [Draft.Member] = [
            ("resolution", resolution.json),
            ("supersedes", supersedes.map { .string($0.hex) } ?? .null),
        ]
        let draft = Draft.proposal(
            title: "t",
            tier: .constitutional,
            until: Fixture.at(offset + span)
        )
        self.proposal = try Fixture.admitted(draft.adding(members), by: author, at: offset)
        let id = self.proposal.message.id
        self.votes = try (0..<4).map {
            try Fixture.vote(
                "endorse",
                on: id,
                by: 20 + 10 * author + $0,
                at: offset + Fixture.hour,
                score: 900_000
            )
        }
    }
}

/// A node that hears both sides.
private struct Merging {
    var machine = Governance(Fixture.hours([(1_024, 900)]))
    /// Since when each was reopened.
    private(set) var reopened: [ReopeningFact] = []

    /// A change comes with its votes, and this node decides on it at that time.
    mutating func hear(_ change: Change, decidedAt offset: Int64) {
        for message in [change.proposal] + change.votes { self.machine.take(message) }
        self.decide(at: offset)
    }

    mutating func decide(at offset: Int64) {
        self.machine.decideNow(at: offset)
        for fact in self.machine.settlement(now: Fixture.at(offset)) {
            if let reopening = ReopeningFact(fact) {
                self.reopened.append(reopening)
                self.machine.reopened(reopening)
            } else if let decision = DecisionFact(fact) {
                self.machine.decided(decision, at: fact.recordedAt)
            }
        }
    }

    /// Changes that are in force, or will be.
    func standing(among changes: [Change]) -> [MessageID] {
        changes.map(\.id).filter { self.machine.proposals[$0]?.outcome?.state == .ratified }
            .sorted()
    }

    func value(at offset: Int64, of parameter: NetworkParameter = .standardThreshold) -> Int64 {
        self.machine.parameters.parameters(at: Fixture.at(offset))[parameter].millionths
    }
}

@Suite("§12 Partition merge: contradictory changes of the protocol, ADR 0064")
struct MergeTests {
    private static let ends = 90 * Fixture.day
    private static let merged = 100 * Fixture.day
    private static let later = 400 * Fixture.day

    @Test(
        "R-12-019, R-16-075: of two values for one parameter that with the earlier deadline stands"
    )
    func deadline() throws {
        let early = try Change(by: 9, to: 700_000)
        let late = try Change(by: 1, ends: Self.ends + 1, to: 750_000)
        for order in [[early, late], [late, early]] {
            var node = Merging()
            for change in order { node.hear(change, decidedAt: Self.merged) }
            #expect(node.standing(among: order) == [early.id])
            #expect(node.value(at: Self.later) == 700_000)
            #expect(node.reopened.map(\.proposal) == [late.id])
            #expect(node.reopened.first?.winner == early.id)
        }
    }

    @Test("R-12-019: with equal deadlines the lower key stands, not the lower id")
    func keys() throws {
        let changes = try (1...6).map { try Change(by: $0, to: 700_000 + Int64($0)) }
        let lowest = try #require(
            changes.min { $0.proposal.message.from < $1.proposal.message.from }
        )
        var node = Merging()
        for change in changes { node.hear(change, decidedAt: Self.merged) }
        #expect(node.standing(among: changes) == [lowest.id])
        #expect(node.reopened.count == 5)
    }

    @Test(
        "R-12-020: what replaces the other stands whatever the times, and the other is open again"
    )
    func superseding() throws {
        let older = try Change(by: 1, to: 700_000)
        let newer = try Change(
            by: 9,
            at: Fixture.hour,
            ends: Self.ends + Fixture.day,
            to: 750_000,
            supersedes: older.id
        )
        for order in [[older, newer], [newer, older]] {
            var node = Merging()
            for change in order { node.hear(change, decidedAt: Self.merged) }
            #expect(node.standing(among: order) == [newer.id])
            #expect(node.value(at: Self.later) == 750_000)
        }
    }

    @Test(
        "R-12-020, D-91: the loser has its whole time again from the merge on, and keeps its votes"
    )
    func reopened() throws {
        let winner = try Change(by: 1, to: 700_000)
        let loser = try Change(by: 2, ends: Self.ends + 1, to: 750_000)
        var node = Merging()
        node.hear(winner, decidedAt: Self.ends + 1)
        node.hear(loser, decidedAt: Self.merged)
        let ends = Self.merged + Self.ends + 1
        let view = try #require(node.machine.view(of: loser.id))
        #expect(view.reopening == Reopening(winner: winner.id, votingEnds: Fixture.at(ends)))
        #expect(view.state == .converging && view.decisionDue == Fixture.at(ends))
        #expect(view.tally.voters == 4 && view.votes.count == 4)
        // A vote of that time counts, and one after it does not; nobody puts it into the tree.
        let votes = try [ends, ends + 1].enumerated().map { number, time in
            try Fixture.vote("reject", on: loser.id, by: 90 + number, at: time, score: 900_000)
        }
        for vote in votes { node.machine.take(vote) }
        let counted = try #require(node.machine.view(of: loser.id))
        #expect(counted.tally.voters == 5)
        let tree = node.machine.treeView(.root, now: Fixture.at(Self.merged))
        #expect(tree.root == MerkleTree(ids: []).root)
        node.decide(at: ends)
        #expect(node.machine.proposals[loser.id]?.outcome == nil)
        node.decide(at: ends + 1)
        #expect(node.machine.proposals[loser.id]?.outcome?.recount == 1)
    }

    @Test("D-91: a loser that the whole network ratifies after all follows the winner, by then")
    func ratifiedAgain() throws {
        let winner = try Change(by: 1, to: 700_000)
        let loser = try Change(by: 2, ends: Self.ends + 1, to: 750_000)
        var node = Merging()
        for change in [winner, loser] { node.hear(change, decidedAt: Self.merged) }
        let ends = Self.merged + Self.ends + 1
        node.decide(at: ends + 1)
        #expect(node.standing(among: [winner, loser]) == [winner.id, loser.id].sorted())
        #expect(node.reopened.count == 1)
        let effect = ends + 30 * Fixture.day
        #expect(node.value(at: effect - 1) == 700_000 && node.value(at: effect) == 750_000)
    }

    @Test(
        "R-12-018, ADR 0064: what can hold beside each other does, and so does what comes afterwards"
    )
    func compatible() throws {
        let first = try Change(by: 1, to: 700_000)
        let cases = [
            try Change(by: 2, to: 700_000),
            try Change(by: 2, .constitutionalThreshold, to: 750_000),
            try Change(by: 2, at: Self.ends + 1, to: 750_000, supersedes: first.id),
            try Change(by: 2, at: Self.ends + 1, to: 750_000),
        ]
        for other in cases {
            var node = Merging()
            for change in [other, first] { node.hear(change, decidedAt: 2 * Self.merged) }
            #expect(node.standing(among: [first, other]) == [first.id, other.id].sorted())
        }
    }

    @Test(
        "R-12-019: whatever comes first, and whenever it is decided, all nodes end with one change"
    )
    func orders() throws {
        for seed in 1...60 as ClosedRange<UInt64> {
            var chance = SplitMix64(seed: seed)
            var changes: [Change] = []
            for author in 1...4 {
                let older = chance.next() % 2 == 0 ? changes.last?.id : nil
                changes.append(
                    try Change(
                        by: author,
                        at: Int64(author),
                        ends: Self.ends + Int64(chance.next() % 3),
                        to: 700_000 + Int64(author),
                        supersedes: older
                    )
                )
            }
            let ends = (0..<6).map { _ in
                var node = Merging()
                for change in changes.shuffled(using: &chance) {
                    node.hear(change, decidedAt: Self.merged + Int64(chance.next() % 2))
                }
                return node.standing(among: changes)
            }
            #expect(Set(ends).count == 1 && ends[0].count == 1, "seed \(seed)")
        }
    }

    @Test(
        "R-13-001, ADR 0009: of two changes of the protocol in one place one version comes, live and at replay"
    )
    func versions() throws {
        let base = MessageID.named("the version before")
        let changes = try [1, 2].map { number in
            let end = Fixture.at(300 * Fixture.day).milliseconds
            return try Fixture.proposal(
                by: number,
                [("eol", .integer(end)), ("supersedes", .string(base.hex))],
                constitutional: true
            )
        }
        var machine = ConsensusStateMachine()
        for hour in Fixture.hours([(1_024, 900)]) {
            _ = machine.logged(hour.fact(recordedAt: hour.end))
        }
        _ = machine.replayFinished(now: Fixture.start)
        var facts: [LocalFact] = []
        var versions: ProtocolVersions?
        for change in changes {
            _ = machine.judge(change)
            let decision = DecisionFact(
                on: change.message.id,
                .ratified,
                author: change.message.from,
                effectiveAt: Fixture.at(120 * Fixture.day)
            )
            var pending = [decision.recorded(at: Fixture.at(Self.merged))]
            while !pending.isEmpty {
                let fact = pending.removeFirst()
                facts.append(fact)
                for action in machine.logged(fact) {
                    if case .record(let next) = action { pending.append(next) }
                    if case .tell(let told) = action { versions = told }
                }
            }
        }
        #expect(facts.count == 3 && facts.contains { ReopeningFact($0) != nil })
        #expect(versions?.accepted(at: Fixture.at(200 * Fixture.day)) == [0, 1])
        let lowest = changes.map(\.message).min { $0.from < $1.from }
        #expect(machine.phase(now: Fixture.start).protocolChanges.map(\.proposal) == [lowest?.id])
    }
}

@Suite("§12 Partition merge: votes of the other side, ADR 0064")
struct MergeRecountTests {
    private static let merged = Fixture.voting + Fixture.hour

    /// A side that decided without the votes of the other one, which come now.
    private static func merged(own: Int, others: [AdmittedMessage], _ proposal: AdmittedMessage)
        throws -> Governance
    {
        var machine = Governance()
        machine.take(proposal)
        for voter in 0..<own {
            let id = proposal.message.id
            machine.take(try Fixture.vote("endorse", on: id, by: 1 + voter, score: 900_000))
        }
        machine.decideNow(at: Fixture.voting + 1)
        for vote in others { machine.take(vote.arriving(at: Self.merged)) }
        return machine
    }

    private static func votes(on id: MessageID, at offset: Int64) throws -> [AdmittedMessage] {
        try (20..<23).map {
            try Fixture.vote("endorse", on: id, by: $0, at: offset, score: 900_000)
        }
    }

    @Test("R-12-017: votes of the other side that were in time are counted after a merge, once")
    func counted() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let others = try Self.votes(on: id, at: Fixture.hour)
        var machine = try Self.merged(own: 1, others: others, proposal)
        #expect(machine.view(of: id)?.state == .rejected)
        let facts = machine.uncounted(now: Fixture.at(Self.merged))
        #expect(facts.map(\.proposal) == [id] && facts.first?.winner == nil)
        for fact in facts { machine.reopened(fact) }
        #expect(machine.decideNow(at: Self.merged) == [.ratified])
        #expect(machine.view(of: id)?.tally.voters == 4)
        let more = try Fixture.vote("reject", on: id, by: 50, at: Fixture.hour)
        machine.take(more.arriving(at: Self.merged))
        #expect(machine.uncounted(now: Fixture.at(Self.merged)).isEmpty)
    }

    @Test(
        "R-05-070, R-12-027, D-14: a revocation of the other side voids votes, counted ones after a merge"
    )
    func revoked() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let links = try (1...3).map { try Fixture.link(50 + $0, $0) }
        var machine = Governance()
        for message in links + [proposal] { machine.take(message) }
        for voter in 1...4 {
            machine.take(try Fixture.vote("endorse", on: id, by: voter, score: 900_000))
        }
        let early = Fixture.hour - 1
        let revocations = try (1...3).map {
            try Fixture.revocation(50 + $0, $0, at: Self.merged, from: early)
        }
        // Before the decision what was accepted is looked at anew at once.
        var open = machine
        open.take(revocations[0])
        #expect(open.view(of: id)?.tally.voters == 3)
        // After it the outcome stands until a partition has healed.
        machine.decideNow(at: Fixture.voting + 1)
        #expect(machine.view(of: id)?.state == .ratified)
        for revocation in revocations { machine.take(revocation) }
        #expect(machine.view(of: id)?.state == .ratified)
        for fact in machine.uncounted(now: Fixture.at(Self.merged)) { machine.reopened(fact) }
        #expect(machine.decideNow(at: Self.merged) == [.rejected])
        #expect(machine.view(of: id)?.tally.voters == 1)
    }

    @Test("R-12-017, D-14: an outcome stands when nothing came, too late, or without a partition")
    func untouched() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let late = try Self.votes(on: id, at: Fixture.voting + 1)
        for others in [[], late] {
            let machine = try Self.merged(own: 4, others: others, proposal)
            #expect(machine.uncounted(now: Fixture.at(Self.merged)).isEmpty)
        }
        let inTime = try Self.votes(on: id, at: Fixture.hour)
        var machine = try Self.merged(own: 1, others: inTime, proposal)
        #expect(machine.decideNow(at: Self.merged).isEmpty)
        #expect(machine.view(of: id)?.state == .rejected)
    }

    @Test("R-12-017: a healed partition is looked at once its messages had the time to come")
    func healed() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        var node = ConsensusStateMachine()
        _ = node.replayFinished(now: Fixture.start)
        let decision = DecisionFact(
            on: id,
            .rejected,
            author: proposal.message.from,
            effectiveAt: Fixture.at(Fixture.voting)
        )
        _ = node.judge(proposal)
        _ = node.logged(decision.recorded(at: Fixture.at(Fixture.voting + 1)))
        _ = node.healed(now: Fixture.at(Self.merged))
        for vote in try Self.votes(on: id, at: Fixture.hour) { _ = node.judge(vote) }
        let moment = Self.merged + ConsensusLimits.listeningMilliseconds
        #expect(node.woke(now: Fixture.at(moment - 1)).compactMap(\.reopening).isEmpty)
        let facts = node.woke(now: Fixture.at(moment)).compactMap(\.reopening)
        #expect(facts.map(\.proposal) == [id])
        #expect(node.woke(now: Fixture.at(moment + 1)).compactMap(\.reopening).isEmpty)
    }
}

extension ConsensusAction {
    fileprivate var reopening: ReopeningFact? {
        if case .record(let fact) = self { ReopeningFact(fact) } else { nil }
    }
}
