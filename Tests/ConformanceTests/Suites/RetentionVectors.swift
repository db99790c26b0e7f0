import Messages
import OrderedCollections
import Primitives

@testable import Consensus

/// How long proposals are kept, which are in the tree, and how long chains of versions may be.
enum RetentionVectors {
    /// A full minute, so that rounding down changes nothing.
    private static let minute = Timestamp(milliseconds: 1_700_000_040_000)

    static func run(_ vector: VectorCase) throws {
        if vector.input.has("status") {
            try self.archive(vector)
        } else if vector.input.has("now_minus_deadline_ms") {
            try self.tree(vector)
        } else if vector.input.has("depth") {
            try self.chain(vector)
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    private static func archive(_ vector: VectorCase) throws {
        let name = try vector.input.text("status")
        guard let state = ProposalState(rawValue: name) else {
            throw VectorFailure("no state \(name)")
        }
        let changesProtocol = vector.input.optional("protocol_change")?.bool ?? false
        // The constitution can change where governance began some time ago.
        let assembly = changesProtocol ? try Assembly.governed(days: 60) : Assembly()
        let deadline = Assembly.start.adding(
            milliseconds: (changesProtocol ? 90 : 14) * Assembly.day
        )
        let proposal = try Assembly.proposal(
            by: "author",
            deadline: deadline,
            tier: changesProtocol ? .constitutional : .standard,
            // Who changes the protocol says when the version before comes to its end.
            endOfLife: changesProtocol ? deadline.adding(milliseconds: 365 * Assembly.day) : nil
        )
        var poll = try Poll(in: assembly, on: proposal)
        let begin = try self.bring(&poll, to: state, deadline)
        let now = begin.adding(milliseconds: try vector.input.integer("age_ms"))
        let view = try poll.view(at: now)
        try Check.same("state", view.state, state)
        try Check.same("archived", view.isArchived, try vector.expect.bool("archived"))
    }

    /// People vote, or the author withdraws, until the proposal is in the state.
    ///
    /// - Returns: the moment from which its age counts.
    private static func bring(_ poll: inout Poll, to state: ProposalState, _ deadline: Timestamp)
        throws -> Timestamp
    {
        if state == .withdrawn {
            let time = Assembly.start.adding(milliseconds: Assembly.day)
            try poll.withdraw(at: time)
            return time
        }
        if state == .expired {
            // No vote of this node ends so; a log may say it.
            try poll.close(as: .expired)
            return deadline
        }
        let stances: [ProposalState: String] = [.ratified: "endorse", .rejected: "reject"]
        for stance in Array(repeating: stances[state], count: 3).compactMap({ $0 }) {
            try poll.vote(stance, weight: .one)
        }
        try Check.same("state", try poll.stateAtDeadline(), state)
        return deadline
    }

    private static func tree(_ vector: VectorCase) throws {
        var assembly = Assembly()
        let age = try vector.input.integer("now_minus_deadline_ms")
        let deadline = Self.minute.adding(milliseconds: -age)
        let proposal = try Assembly.proposal(
            by: "author",
            at: deadline.adding(milliseconds: -Assembly.day),
            deadline: deadline
        )
        _ = assembly.hear(proposal)
        if try vector.input.bool("withdrawn") {
            let time = deadline.adding(milliseconds: -Assembly.day / 2)
            _ = assembly.hear(try Assembly.withdrawal(of: proposal.id, by: "author", at: time))
        }
        let root = assembly.consensus.treeView(.root, now: Self.minute).root
        let isInTree = root == MerkleTree(ids: [proposal.id]).root
        try Check.same("in the tree", isInTree, try vector.expect.bool("in_tree"))
    }

    /// A proposal with so many older versions, as this node would send it.
    private static func chain(_ vector: VectorCase) throws {
        var assembly = Assembly()
        var newest: MessageID?
        for number in 0..<(try vector.input.integer("depth")) {
            let version = try Assembly.proposal(by: "author \(number)", supersedes: newest)
            _ = assembly.hear(version)
            newest = version.id
        }
        let next = try Assembly.proposal(by: "author", supersedes: newest)
        let refusal = assembly.hear(next, isOwn: true)
        try Check.same("accepted", refusal == nil, try vector.expect.bool("accept"))
    }
}
