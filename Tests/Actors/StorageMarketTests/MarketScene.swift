import Cryptography
import Messages
import OrderedCollections
import Primitives
import TestSupport

@testable import Reputation
@testable import StorageMarket

/// What people say about artefacts, by numbers.
enum Trade {
    /// Asks for a copy of one byte.
    static func oneByte(of content: ContentHash) -> ReplicateRequest {
        ReplicateRequest(
            content: ContentDescription(
                contentHash: content,
                contentType: "text/plain",
                contentSize: 1,
                tags: []
            ),
            copyCount: 1,
            reputationStake: .zero
        )
    }

    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let minute: Int64 = 60_000
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
    /// What a day of ``request(copies:bytes:stake:of:)`` costs.
    static let rent = FixedPoint(millionths: 335)

    static func at(_ offset: Int64) -> Timestamp { Self.start.adding(milliseconds: offset) }

    static func key(_ person: Int) throws -> SigningKey { try .named("trader \(person)") }

    static func person(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    static func people(_ numbers: [Int]) throws -> [NodeID] { try numbers.map(Self.person) }

    static func content(_ number: Int = 0) -> ContentHash {
        ContentHash(SHA256Digest.hash(Array("artefact \(number)".utf8)))
    }

    // MARK: Messages

    static func request(
        copies: Int64 = 3,
        bytes: Int64 = 10_485_760,
        stake: Int64 = 1_000,
        of content: ContentHash = content()
    ) -> Draft {
        let described = ContentDescription(
            contentHash: content,
            contentType: "text/plain",
            contentSize: bytes,
            tags: []
        )
        return Draft(
            ReplicateRequest(
                content: described,
                copyCount: copies,
                reputationStake: FixedPoint(millionths: stake)
            )
        )
    }

    static func accept(_ content: ContentHash = content()) -> Draft {
        Draft(ReplicateAccept(contentHash: content, capacityAvailable: 1 << 30))
    }

    static func assign(_ people: [Int], of content: ContentHash = content()) throws -> Draft {
        Draft(CopyAssignment(contentHash: content, providers: try Self.people(people)))
    }

    static func receive(_ content: ContentHash = content()) -> Draft {
        Draft(CopyReceived(contentHash: content))
    }

    static func transfer(to person: Int, of content: ContentHash = content()) throws -> Draft {
        Draft(
            RentTransfer(
                contentHash: content,
                receivingProvider: try Self.person(person),
                transferFee: FixedPoint(millionths: 200)
            )
        )
    }

    static func acknowledge(
        _ transfer: MessageID,
        from person: Int,
        of content: ContentHash = content()
    ) throws -> Draft {
        Draft(
            RentTransferAck(
                contentHash: content,
                originalProvider: try Self.person(person),
                transferID: transfer
            )
        )
    }

    static func withdraw(after effective: Int64, of content: ContentHash = content()) -> Draft {
        Draft(ContentWithdraw(contentHash: content, effectiveAfter: Self.at(effective)))
    }

    static func notice(_ cycle: Int64, of content: ContentHash = content()) -> Draft {
        Draft(
            RentPayment(
                contentHash: content,
                billingCycle: cycle,
                amount: Self.rent,
                providers: []
            )
        )
    }

    static func result(
        _ number: Int,
        of person: Int,
        _ outcome: ChallengeResult.Outcome = .pass,
        on content: ContentHash = content()
    ) throws -> Draft {
        Draft(
            ChallengeResult(
                challengeID: .named("challenge \(number)"),
                contentHash: content,
                challengedNode: try Self.person(person),
                result: outcome
            )
        )
    }

    static func propose(_ content: ContentHash = content(), until deadline: Int64) -> Draft {
        Draft(
            Propose(
                title: "t",
                body: "b",
                contentHash: content,
                contentType: "text/plain",
                contentSize: 1,
                tier: .standard,
                votingDeadline: Self.at(deadline)
            )
        )
    }

    static func admitted(
        _ draft: Draft,
        by person: Int,
        at offset: Int64,
        arrival: Int64? = nil,
        reputation: Int64 = 500_000
    ) throws -> AdmittedMessage {
        try draft.signed(by: try Self.key(person), at: Self.at(offset)).admitted(
            at: Self.at(arrival ?? offset),
            reputation: FixedPoint(millionths: reputation)
        )
    }

    // MARK: Keys

    static func link(_ root: Int, _ child: Int, at offset: Int64 = 0) throws -> AdmittedMessage {
        let draft = Draft.link(try Self.key(root), try Self.key(child))
        return try Self.admitted(draft, by: root, at: offset)
    }

    static func rotation(_ old: Int, _ new: Int, at offset: Int64) throws -> AdmittedMessage {
        let draft = Draft.rotation(try Self.key(old), try Self.key(new))
        return try Self.admitted(draft, by: old, at: offset)
    }

    static func revocation(_ root: Int, _ key: Int, at offset: Int64) throws -> AdmittedMessage {
        let draft = Draft.revocation(
            try Self.person(root),
            try Self.person(key),
            from: Self.at(offset)
        )
        return try Self.admitted(draft, by: root, at: offset)
    }
}

extension MarketBooks {
    /// Takes a message of any type in: judged if it is the market's, and logged when it holds.
    ///
    /// - Returns: why it was refused.
    @discardableResult
    mutating func take(_ admitted: AdmittedMessage) -> Refusal? {
        if let refusal = self.refusal(of: admitted) { return refusal }
        self.apply(admitted)
        self.logged(admitted)
        return nil
    }

    /// Says something and takes it in.
    @discardableResult
    mutating func say(_ draft: Draft, by person: Int, at offset: Int64) throws -> Message {
        let admitted = try Trade.admitted(draft, by: person, at: offset)
        self.take(admitted)
        return admitted.message
    }

    /// Puts a finding into the log.
    mutating func find(_ finding: StorageFact, at offset: Int64) {
        self.logged(finding.fact(recordedAt: Trade.at(offset)))
    }

    /// Copies of an artefact of person 1 are confirmed by these, within an hour.
    mutating func deliver(
        to providers: [Int] = [2, 3, 4],
        at offset: Int64 = 0,
        of content: ContentHash = Trade.content()
    ) throws {
        let copies = Int64(providers.count)
        try self.say(Trade.request(copies: copies, of: content), by: 1, at: offset)
        for provider in providers {
            try self.say(Trade.accept(content), by: provider, at: offset + 1)
        }
        try self.say(try Trade.assign(providers, of: content), by: 1, at: offset + 2)
        for provider in providers {
            try self.say(Trade.receive(content), by: provider, at: offset + 3)
        }
    }

    /// The contract on the first artefact.
    func contract(at offset: Int64) -> Contract? {
        self.contract(on: Trade.content(), at: Trade.at(offset))
    }

    func state(at offset: Int64) -> Contract.State? { self.contract(at: offset)?.state }
}

/// A node's market and its ledger, which live through the same log.
struct MarketScene {
    enum Entry: Sendable {
        case message(AdmittedMessage)
        case fact(LocalFact)
    }

    var machine: StorageMarketStateMachine
    var ledger: Bookkeeping
    private(set) var log: [Entry] = []
    private(set) var now = Trade.start
    private var wakeAt: Timestamp?
    /// Whether Reputation answers.
    var isAnswered = true
    private(set) var questions = 0

    /// A node that is live since the start, and has caught up.
    init(scores: [Int: Int64] = [:], own: Int = 99, catchesUp: Bool = true) throws {
        var all = Dictionary(uniqueKeysWithValues: (1...9).map { ($0, Int64(500_000)) })
        all.merge(scores) { $1 }
        let founders = try all.sorted { $0.key < $1.key }.map {
            ReputationConfiguration.Founder(
                identity: try Trade.person($0.key),
                score: FixedPoint(millionths: $0.value)
            )
        }
        self.machine = StorageMarketStateMachine()
        self.ledger = Bookkeeping(
            configuration: ReputationConfiguration(
                genesis: founders,
                ownIdentity: try Trade.person(own),
                isLocalProfile: true
            )
        )
        self.perform(self.machine.replayFinished(now: self.now))
        if catchesUp { self.perform(self.machine.caughtUp(now: self.now)) }
    }

    /// The findings that were put down, in order.
    var findings: [StorageFact] {
        self.log.compactMap { if case .fact(let fact) = $0 { StorageFact(fact) } else { nil } }
    }

    /// The books, folded anew from the log.
    var replayed: StorageMarketStateMachine {
        var machine = StorageMarketStateMachine()
        for (index, entry) in self.log.enumerated() {
            switch entry {
            case .message(let admitted):
                _ = machine.logged(
                    MessageLogged(sequence: UInt64(index), admitted: admitted, isReplay: true)
                )
            case .fact(let fact): _ = machine.logged(fact)
            }
        }
        return machine
    }

    /// All reputation there is, in accounts and held for rent, in millionths.
    var everything: Int64 {
        self.ledger.ledger.accounts.values.reduce(self.ledger.storage.rents.total.millionths) {
            $0 + $1.direct.millionths
        }
    }

    func direct(_ person: Int) throws -> Int64 {
        self.ledger.ledger.direct(of: try Trade.person(person)).millionths
    }

    // MARK: Time

    /// Time passes, with the wakes that are asked for.
    mutating func wait(until offset: Int64) {
        let end = Trade.at(offset)
        while let wake = self.wakeAt, wake <= end {
            self.now = max(self.now, wake)
            self.wakeAt = nil
            self.perform(self.machine.woke(now: self.now, entropy: [1]))
        }
        self.now = max(self.now, end)
    }

    /// A node that was away, and comes back from its log.
    mutating func restart(at offset: Int64, catchesUp: Bool = true) {
        self.machine = self.replayed
        self.wakeAt = nil
        self.now = Trade.at(offset)
        self.perform(self.machine.replayFinished(now: self.now))
        if catchesUp { self.perform(self.machine.caughtUp(now: self.now)) }
    }

    // MARK: Messages

    /// Somebody says something, and it arrives at once or later.
    ///
    /// - Returns: the message, and why it was refused.
    @discardableResult
    mutating func say(
        _ draft: Draft,
        by person: Int,
        at offset: Int64,
        arrival: Int64? = nil
    ) throws -> (message: Message, refusal: Refusal?) {
        self.wait(until: arrival ?? offset)
        let admitted = try Trade.admitted(
            draft,
            by: person,
            at: offset,
            arrival: arrival,
            reputation: 400_000 + Int64(person)
        )
        return (admitted.message, self.take(admitted))
    }

    /// A message arrives.
    @discardableResult
    mutating func take(_ admitted: AdmittedMessage) -> Refusal? {
        switch admitted.message.type {
        case .propose, .vote, .withdraw, .didLink, .didRevoke, .keyRotate: self.keep(admitted)
        default:
            let actions = self.machine.judge(admitted, now: admitted.receivedAt)
            for case .refuse(_, let refusal) in actions { return refusal }
            self.keep(admitted)
            self.perform(actions)
        }
        return nil
    }

    private mutating func keep(_ admitted: AdmittedMessage) {
        self.log.append(.message(admitted))
        let entry = MessageLogged(
            sequence: UInt64(self.log.count),
            admitted: admitted,
            isReplay: false
        )
        self.ledger.logged(admitted)
        self.perform(self.machine.logged(entry))
    }

    // MARK: Actions

    private mutating func perform(_ actions: [StorageMarketAction]) {
        for action in actions {
            switch action {
            case .wake(let moment): self.wakeAt = min(self.wakeAt ?? moment, moment)
            case .record(let fact):
                self.log.append(.fact(fact))
                self.ledger.logged(fact)
                self.perform(self.machine.logged(fact))
            case .ask(.scores(let query, let purpose)):
                self.questions += 1
                let reply = self.ledger.scores(query.identities, now: self.now)
                let heard = self.isAnswered ? reply : nil
                self.perform(self.machine.heard(heard, for: purpose, now: self.now))
            default: break
            }
        }
    }

    /// Copies of an artefact of person 1 are confirmed by these, within an hour.
    mutating func deliver(
        to providers: [Int] = [2, 3, 4],
        at offset: Int64 = 0,
        of content: ContentHash = Trade.content(),
        bytes: Int64 = 10_485_760
    ) throws {
        let copies = Int64(providers.count)
        try self.say(Trade.request(copies: copies, bytes: bytes, of: content), by: 1, at: offset)
        for provider in providers {
            try self.say(Trade.accept(content), by: provider, at: offset + 1)
        }
        try self.say(try Trade.assign(providers, of: content), by: 1, at: offset + 2)
        for provider in providers {
            try self.say(Trade.receive(content), by: provider, at: offset + 3)
        }
    }
}
