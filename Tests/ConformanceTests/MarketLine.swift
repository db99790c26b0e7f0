import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Reputation
@testable import StorageMarket

/// A node's market and ledger on one log, and people with names who trade in it.
struct MarketLine {
    static let start: Int64 = 1_700_000_000_000
    static let day: Int64 = 86_400_000
    static let content = ContentHash(SHA256Digest.hash(Array("market line".utf8)))
    static let uploader = "uploader"

    private var machine: StorageMarketStateMachine
    private var ledger: Bookkeeping
    /// The market's books, from the same log.
    private(set) var books: MarketBooks
    private(set) var findings: [(at: Int64, finding: StorageFact)] = []
    private var now = Timestamp(milliseconds: 0)
    private var wakeAt: Timestamp?

    init(baseRent: FixedPoint? = nil) throws {
        var parameters = NetworkParameters()
        if let baseRent { parameters.set(.baseRent, baseRent) }
        self.machine = StorageMarketStateMachine(parameters: parameters)
        self.books = MarketBooks(parameters: parameters)
        self.ledger = Bookkeeping(
            configuration: ReputationConfiguration(
                genesis: [.init(identity: try Self.node(Self.uploader), score: .one)],
                ownIdentity: try Self.node("this node"),
                isLocalProfile: true
            )
        )
        self.perform(self.machine.replayFinished(now: self.now))
        self.perform(self.machine.caughtUp(now: self.now))
    }

    static func key(_ name: String) throws -> SigningKey { try .named("market \(name)") }

    static func node(_ name: String) throws -> NodeID { NodeID(try Self.key(name).publicKey) }

    // MARK: What people do

    /// Somebody says something, which is judged if it is the market's, and logged when it holds.
    ///
    /// - Parameters:
    ///   - draft: what is said.
    ///   - name: by whom.
    ///   - time: when it is signed.
    ///   - arrival: when this node hears it; by default at once.
    /// - Returns: the message, and why it was refused.
    /// - Throws: when nobody can sign it.
    @discardableResult
    mutating func say(
        _ draft: Draft,
        by name: String,
        at time: Int64,
        heardAt arrival: Int64? = nil
    ) throws -> (message: Message, refusal: Refusal?) {
        let stamp = Timestamp(milliseconds: time)
        self.wait(until: arrival ?? time)
        let message = try draft.signed(by: try Self.key(name), at: stamp)
        let admitted = message.admitted(at: Timestamp(milliseconds: arrival ?? time))
        switch message.type {
        case .propose, .vote, .withdraw, .didLink: break
        default:
            let actions = self.machine.judge(admitted, now: admitted.receivedAt)
            for case .refuse(_, let refusal) in actions { return (message, refusal) }
            self.books.apply(admitted)
            self.perform(actions)
        }
        self.books.logged(admitted)
        self.ledger.logged(admitted)
        let entry = MessageLogged(sequence: 1, admitted: admitted, isReplay: false)
        self.perform(self.machine.logged(entry))
        return (message, nil)
    }

    /// Asks for one copy.
    static func request(bytes: Int64 = 1_000_000) -> Draft {
        let described = ContentDescription(
            contentHash: Self.content,
            contentType: "text/plain",
            contentSize: bytes,
            tags: []
        )
        return Draft(
            ReplicateRequest(content: described, copyCount: 1, reputationStake: .one)
        )
    }

    /// The uploader asks for one copy, which is confirmed at once.
    ///
    /// - Returns: the request.
    @discardableResult
    mutating func replicate(
        bytes: Int64 = 1_000_000,
        at time: Int64 = start,
        heardAt arrival: Int64? = nil
    ) throws -> Message {
        let draft = Self.request(bytes: bytes)
        let request = try self.say(draft, by: Self.uploader, at: time, heardAt: arrival).message
        let assignment = CopyAssignment(
            contentHash: Self.content,
            providers: [try Self.node("provider")]
        )
        try self.say(Draft(assignment), by: Self.uploader, at: time + 1, heardAt: arrival)
        let receipt = Draft(CopyReceived(contentHash: Self.content))
        try self.say(receipt, by: "provider", at: time + 2, heardAt: arrival)
        return request
    }

    /// The notice of a cycle.
    static func notice(_ cycle: Int64, of content: ContentHash = content) -> Draft {
        Draft(
            RentPayment(contentHash: content, billingCycle: cycle, amount: .zero, providers: [])
        )
    }

    /// The result of a challenge.
    static func result(_ number: Int, of name: String, _ outcome: ChallengeResult.Outcome) throws
        -> Draft
    {
        Draft(
            ChallengeResult(
                challengeID: .named("challenge \(number)"),
                contentHash: self.content,
                challengedNode: try Self.node(name),
                result: outcome
            )
        )
    }

    /// Puts a finding into the log of the books alone.
    mutating func find(_ finding: StorageFact, at time: Int64) {
        self.books.logged(finding.fact(recordedAt: Timestamp(milliseconds: time)))
    }

    /// The contract as it stands.
    func contract(at time: Int64) -> Contract? {
        self.books.contract(on: Self.content, at: Timestamp(milliseconds: time))
    }

    // MARK: Time

    /// Time passes, with the wakes that are asked for.
    mutating func wait(until time: Int64) {
        let end = Timestamp(milliseconds: time)
        while let wake = self.wakeAt, wake <= end {
            self.now = max(self.now, wake)
            self.wakeAt = nil
            self.perform(self.machine.woke(now: self.now, entropy: [1]))
        }
        self.now = max(self.now, end)
    }

    private mutating func perform(_ actions: [StorageMarketAction]) {
        for action in actions {
            switch action {
            case .wake(let moment): self.wakeAt = min(self.wakeAt ?? moment, moment)
            case .record(let fact):
                if let finding = StorageFact(fact) {
                    self.findings.append((at: self.now.milliseconds, finding: finding))
                }
                self.books.logged(fact)
                self.ledger.logged(fact)
                self.perform(self.machine.logged(fact))
            case .ask(.scores(let query, let purpose)):
                let reply = self.ledger.scores(query.identities, now: self.now)
                self.perform(self.machine.heard(reply, for: purpose, now: self.now))
            default: break
            }
        }
    }
}
