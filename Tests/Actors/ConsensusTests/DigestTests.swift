import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("ADR 0041: what the digest of governance knows")
struct DigestTests {
    /// Stored properties that are no part of the digest, and why.
    private static let omitted = [
        "ConsensusStateMachine.round": "how far a round of decisions is, is this life's",
        "ConsensusStateMachine.hours": "which hours it looks at, is this life's",
        "ConsensusStateMachine.network": "who is active is heard now, and not in the log",
        "ConsensusStateMachine.mergesAt": "whether a partition has just healed, is this life's",
        "Governance.newlyArchived": "is told others once, and forgotten",
        "Governance.tree": "follows from the proposals, and may be a minute old",
        "Governance.presence": "who was there when is not in the log",
        "Governance.own": "is given, not folded",
        "TakenBack.counts": "follows from the requests",
        "Governance.parked": "the log has nothing of what was refused",
        "ProposalBook.byKey": "follows from the records",
        "ProposalRecord.proposal": "follows from the message",
        "ProposalRecord.unlogged": "the log has none of it yet",
        "ProposalRecord.weightyAdoptions":
            "only saves a look at the adoptions; one that came twice is counted twice",
        "MessageBox<Messages.Vote>.count": "follows from what there is of each key",
        "MessageBox<Messages.Vote>.Item.body": "follows from the message",
        "MessageBox<Messages.Adopt>.count": "follows from what there is of each key",
        "MessageBox<Messages.Adopt>.Item.body": "follows from the message",
        "CommentBook.byKey": "follows from the comments by their targets",
        "CommentBook.byPlace": "follows from the comments by their targets",
        "CommentBook.known": "follows from the comments by their targets",
        "CommentBook.Remark.comment": "follows from the message",
        "Observations.vouched": "is given, not folded",
        "ParameterHistory.start": "is given, not folded",
        "OrphanBox.count": "follows from what waits",
        "OrphanBox.Place.isComment": "comments are left out",
        "AdmittedMessage.origin": "by which peer it came is not in the log",
    ]

    private static func samples() throws -> [any Digestible] {
        let messages = try (0...1).map { try Fixture.proposal(by: $0).message }
        let levels: [SustainClock.Level] = [.frozen, .standard, .constitutional]
        let cases: [any Digestible] =
            Propose.Resolution.Kind.allCases + ProposalState.allCases + VotingMode.allCases
            + Vote.Stance.allCases + NetworkParameter.allCases
        return StateWalk.commonSamples + messages + levels + cases
    }

    private func machine(_ entries: [Entry]) -> ConsensusStateMachine {
        var node = LaggingNode()
        for entry in entries {
            node.hear(entry)
            node.settle()
        }
        return node.machine
    }

    @Test("every stored property of every book is in the digest, with the value that it has")
    func complete() throws {
        var walk = StateWalk(
            omitted: Self.omitted,
            samples: try Self.samples(),
            boundaries: ["KeyRegistry"]
        )
        walk.walk(ConsensusStateMachine())
        walk.walk(self.machine(try RichHistory(hours: 720).entries))
        walk.walk(try LateHistory.archived())
        walk.walk(try LateHistory.reopened())
        let cast = try ModelCast()
        for seed in 1...40 as ClosedRange<UInt64> {
            var chance = HistoryGenerator(seed: seed)
            walk.walk(try ModelDuel.end(of: ModelStep.history(&chance), cast))
        }
        #expect(walk.flaws.isEmpty, "\(walk.flaws.joined(separator: "\n"))")
    }

    @Test("every entry of a log leaves a trace")
    func sensitive() throws {
        let entries = try RichHistory(hours: 0).entries
        let whole = self.machine(entries).digest
        let idle = entries.indices.filter { index in
            var others = entries
            others.remove(at: index)
            return self.machine(others).digest == whole
        }
        #expect(idle.isEmpty, "\(idle.map { entries[$0] })")
    }

    @Test("ADR 0045: a replay gives the digest of a node whose judge was ahead of its log")
    func replay() throws {
        let entries = try RichHistory(hours: 0).entries
        for seed in 1...100 as ClosedRange<UInt64> {
            var chance = HistoryGenerator(seed: seed)
            let node = Self.node(entries, &chance)
            #expect(node.replayed.digest == node.machine.digest, "seed \(seed)")
        }
    }

    /// A node to which these came in some order, and parts of them twice.
    private static func node(_ entries: [Entry], _ chance: inout HistoryGenerator) -> LaggingNode {
        var node = LaggingNode()
        var now: Int64 = 0
        var heard: [Entry] = []
        var pending = entries.shuffled(using: &chance)
        while !pending.isEmpty {
            // A node writes nothing about a proposal that it has not judged.
            let judged = Set(heard.compactMap(\.message))
            let place = pending.firstIndex { $0.proposal.map(judged.contains) ?? true }
            let entry = pending.remove(at: place ?? 0)
            now += chance.one(1, Fixture.hour / 2, 9 * Fixture.hour)
            node.hear(entry.arriving(at: now))
            heard.append(entry)
            // What admission has forgotten is judged again.
            if chance.number(0...3) == 0, let again = heard.randomElement(using: &chance) {
                node.hear(again.arriving(at: now))
            }
            for _ in 0..<chance.number(0...3) { node.commit() }
        }
        node.settle()
        return node
    }

    @Test("ADR 0045: what waits twice for its proposal until the next life is in the digest once")
    func orphans() throws {
        let target = MessageID.named("never")
        let votes = try (1...2).map { try Fixture.vote("endorse", on: target, by: $0) }
        var machine = Governance()
        for vote in votes { machine.take(vote) }
        let once = machine.digest
        for vote in votes.reversed() { machine.take(vote) }
        #expect(machine.digest == once)
    }

    @Test("ADR 0045: a comment whose request left memory before the log had it changes nothing")
    func comments() throws {
        let soon = Request(title: "t", body: "b", tags: [], expires: Fixture.at(Fixture.hour))
        let request = try Fixture.admitted(Draft(soon), by: 1, at: 0)
        let comment = try Fixture.comment(on: request.message.id, by: 2, at: 1)
        let later = Fixture.at(30 * Fixture.day)
        var live = Governance()
        live.take(request)
        live.take(comment)
        _ = live.advance(to: later)
        var replayed = Governance()
        replayed.take(request)
        _ = replayed.advance(to: later)
        replayed.take(comment)
        #expect(live.missing.isEmpty && replayed.missing.count == 1)
        #expect(live.digest == replayed.digest)
    }
}
