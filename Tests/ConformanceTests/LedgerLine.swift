import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Reputation

/// A ledger and people with names, who sign real messages that it folds.
struct LedgerLine {
    static let start: Int64 = 1_700_000_000_000
    var books: Bookkeeping

    /// A ledger whose founders are these people, of a node that has these hash databases.
    init(
        founders: [(String, FixedPoint)] = [],
        isLocalProfile: Bool = false,
        hashDatabases: HashDatabases = .none
    ) throws {
        var configuration = ReputationConfiguration(
            genesis: try founders.map { .init(identity: try Self.node($0.0), score: $0.1) },
            ownIdentity: try Self.node("this node"),
            isLocalProfile: isLocalProfile
        )
        configuration.believesClaims = true
        configuration.hashDatabases = hashDatabases
        self.books = Bookkeeping(configuration: configuration)
    }

    static func key(_ name: String) throws -> SigningKey { try .named("person \(name)") }

    static func node(_ name: String) throws -> NodeID { NodeID(try Self.key(name).publicKey) }

    static func message(_ name: String) -> MessageID { .named("message \(name)") }

    func direct(_ name: String) throws -> FixedPoint {
        self.books.ledger.direct(of: try Self.node(name))
    }

    /// Whether somebody is suspected of acting as one with others.
    func isSuspect(_ name: String) throws -> Bool {
        self.books.witnesses.suspicion.ground(against: try Self.node(name)) != nil
    }

    /// What somebody weighs who votes at a moment, as governance is told.
    func standing(of name: String, at moment: Timestamp) throws -> VoterStandings.Reply.Standing {
        self.books.standing(
            of: VoterStandings.Voter(identity: try Self.node(name), at: moment)
        )
    }

    /// This node is awake on days after the start, and hears nobody.
    mutating func watch(days: Range<Int64>) {
        let midnight = Self.start - Self.start % 86_400_000
        for hour in days.lowerBound * 24...days.upperBound * 24 {
            self.books.advance(to: Timestamp(milliseconds: midnight + hour * 3_600_000))
        }
    }

    // MARK: What people do

    /// Somebody sends a message of any type.
    @discardableResult
    mutating func log(_ draft: Draft, by name: String, at time: Int64 = start) throws -> MessageID {
        let timestamp = Timestamp(milliseconds: time)
        let message = try draft.signed(by: try Self.key(name), at: timestamp)
        let identity = self.books.ledger.identity(of: message.from)
        self.books.logged(
            message.admitted(
                from: .gossip(relay: try Self.node("relay"), topic: .peers, ticket: 0),
                sender: SenderStanding(identity: identity)
            )
        )
        return message.id
    }

    mutating func link(_ root: String, _ child: String) throws {
        try self.log(.link(try Self.key(root), try Self.key(child)), by: root)
    }

    mutating func rotate(_ old: String, _ new: String) throws {
        try self.log(.rotation(try Self.key(old), try Self.key(new)), by: old)
    }

    mutating func announce(
        _ name: String,
        address: String? = nil,
        proofAt computed: Int64,
        at time: Int64 = start
    ) throws {
        let proof = VDFProof.easy(
            of: try Self.node(name),
            at: Timestamp(milliseconds: computed)
        )
        let addresses = [address].compactMap { $0 }
        try self.log(.announcement(proof, addresses: addresses), by: name, at: time)
    }

    /// Says what somebody is worth, as found at a time after the start; at once unless told otherwise.
    mutating func assess(
        _ subject: String,
        _ overall: FixedPoint,
        by assessor: String,
        at offset: Int64,
        saidAt: Int64? = nil
    ) throws {
        let words = [(subject: try Self.node(subject), overall: overall)]
        let formed = Timestamp(milliseconds: Self.start + offset)
        let said = Self.start + (saidAt ?? offset)
        try self.log(.assessments(words, formedAt: formed), by: assessor, at: said)
    }

    /// This node decides on a proposal with these votes, at the moment of all of them.
    mutating func decide(
        _ proposal: MessageID,
        _ votes: [(String, Vote.Stance)],
        _ state: ProposalState = .rejected,
        resolution: Propose.Resolution? = nil,
        at time: Timestamp = Timestamp(milliseconds: start)
    ) throws {
        let decision = DecisionFact(
            on: proposal,
            state,
            author: try Self.node("an author"),
            effectiveAt: time,
            resolution: resolution,
            votes: try votes.map { name, stance in
                DecisionFact.Ballot(
                    stance,
                    of: self.books.ledger.identity(of: try Self.node(name)),
                    voteID: Self.message("vote of \(name)"),
                    at: time
                )
            }
        )
        self.books.logged(decision.recorded(at: time))
    }
}
