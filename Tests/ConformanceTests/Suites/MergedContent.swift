import Messages
import Primitives
import TestSupport

@testable import StorageMarket

/// A node on one side of a partition: its books, and an artefact that goes its own way there.
///
/// When the partition is over nodes exchange messages. What each of them found of rent stays its own.
struct MergedContent {
    /// How an artefact stands, in the words of the cases.
    private struct State: Equatable {
        let name: String
        var replicatedAt: Int64?
        var enteredAt: Int64?
        var missCount: Int64?

        init(_ name: String) { self.name = name }

        init(_ fields: Fields) throws {
            self.name = try fields.text("state")
            self.replicatedAt = fields.optional("replication_timestamp")?.integer
            self.enteredAt = fields.optional("entered_at")?.integer
            self.missCount = fields.optional("miss_count")?.integer
        }

        /// Whether this side missed rent, of which the other one knows nothing.
        var isOfMissedRent: Bool { self.name == "grace" || self.name == "decayed" }
    }

    private static let start = MarketLine.start
    private static let day = MarketLine.day
    private static let content: [UInt8] = [1]
    private static let hash = ContentHash(SHA256Digest.hash(content))
    /// When the partition is over, and the artefact is looked at.
    private static let now = start + 60_000

    private let side: String
    private var books = MarketBooks()
    private var index = ContentIndex()
    private var messages: [Message] = []

    private init(_ side: String) { self.side = side }

    static func run(_ vector: VectorCase) throws {
        let states = try ["a", "b"].map { try State(vector.input.fields($0)) }
        let expected = try State(vector.expect.fields("result"))
        var (one, other) = (MergedContent("a"), MergedContent("b"))
        try one.live(through: states[0])
        try other.live(through: states[1])
        let (ofOne, ofOther) = (one.messages, other.messages)
        try one.hear(ofOther)
        try other.hear(ofOne)
        try Check.same("contracts", one.requests, other.requests)
        try one.check(expected, against: states[1])
        try other.check(expected, against: states[0])
    }

    /// Whether the artefact stands as it should.
    ///
    /// A contract whose rent was missed on the other side alone counts as paid here, until it is missed
    /// here, too (ADR 0053): then the artefact stands better than the case has it, and never worse.
    private func check(_ expected: State, against other: State) throws {
        let state = self.state
        let isBetter = state.name == "replicated" && expected.name != "replicated"
        if isBetter, other.isOfMissedRent { return }
        try Check.same("state on side \(self.side)", state, expected)
    }

    /// The contracts that are known here.
    private var requests: Set<MessageID> {
        let now = Timestamp(milliseconds: Self.now)
        return Set(self.books.contracts(on: Self.hash, at: now).map(\.request))
    }

    // MARK: What happened

    /// All that happened on this side.
    private mutating func live(through state: State) throws {
        switch state.name {
        case "hosted":
            try self.say(.share([Self.content]), by: "host of \(self.side)", at: Self.now - 1)
        case "replicated": try self.replicate(at: Self.start + (state.replicatedAt ?? 0))
        case "grace":
            let entered = Self.start + (state.enteredAt ?? 0)
            let count = state.missCount ?? 1
            let first = entered - 2 * count * Self.day
            try self.replicate(at: first)
            // Each miss but the last one is followed by a payment.
            for number in 1..<max(count, 1) {
                try self.miss(number, at: first + 2 * number * Self.day)
                try self.pay(number + 1, at: first + (2 * number + 1) * Self.day)
            }
            try self.miss(count, at: entered)
        case "decayed":
            // So long ago that its grace does not shorten another one.
            let first = Self.start - 97 * Self.day
            try self.replicate(at: first)
            try self.miss(1, at: first + 2 * Self.day)
        default: throw VectorFailure("no state is called \(state.name)")
        }
        try Check.same("state of side \(self.side) alone", self.state, state)
    }

    /// Somebody on this side says something, which is heard there at once.
    private mutating func say(_ draft: Draft, by name: String, at time: Int64) throws {
        let stamp = Timestamp(milliseconds: time)
        let message = try draft.signed(by: try MarketLine.key(name), at: stamp)
        self.messages.append(message)
        try self.hear(message, at: stamp)
    }

    /// What was said on the other side arrives when the partition is over.
    private mutating func hear(_ messages: [Message]) throws {
        let now = Timestamp(milliseconds: Self.now)
        for message in messages { try self.hear(message, at: now) }
    }

    private mutating func hear(_ message: Message, at arrival: Timestamp) throws {
        let admitted = message.admitted(at: arrival)
        if let refusal = self.books.refusal(of: admitted) {
            throw VectorFailure("\(admitted.message.typeName) is refused: \(refusal)")
        }
        self.books.apply(admitted)
        self.books.logged(admitted)
        self.index.add(admitted, of: admitted.sender.identity)
    }

    /// Somebody asks for one copy, which is confirmed at once.
    private mutating func replicate(at time: Int64) throws {
        let described = ContentDescription(
            contentHash: Self.hash,
            contentType: "text/plain",
            contentSize: 1_000_000,
            tags: []
        )
        let request = ReplicateRequest(content: described, copyCount: 1, reputationStake: .one)
        try self.say(Draft(request), by: self.side, at: time)
        let provider = "provider of \(self.side)"
        let node = try MarketLine.node(provider)
        let assignment = CopyAssignment(contentHash: Self.hash, providers: [node])
        try self.say(Draft(assignment), by: self.side, at: time)
        try self.say(Draft(CopyReceived(contentHash: Self.hash)), by: provider, at: time)
    }

    private mutating func find(_ finding: StorageFact, at time: Int64) {
        self.books.logged(finding.fact(recordedAt: Timestamp(milliseconds: time)))
    }

    private mutating func miss(_ number: Int64, at time: Int64) throws {
        let cycle = RentCycle(content: Self.hash, number: number)
        self.find(.rentMissed(cycle, payer: try MarketLine.node(self.side)), at: time)
    }

    private mutating func pay(_ number: Int64, at time: Int64) throws {
        let cycle = RentCycle(content: Self.hash, number: number)
        let payer = try MarketLine.node(self.side)
        self.find(.rentHeld(cycle, payer: payer, amount: .one), at: time)
        let work = RentWork(required: 1, providers: [], validators: [])
        self.find(.rentSettled(cycle, work), at: time)
    }

    // MARK: What comes of it

    private var state: State {
        let now = Timestamp(milliseconds: Self.now)
        let life = self.books.life(of: Self.hash, at: now)
        switch life?.contract.state {
        case .active:
            var state = State("replicated")
            state.replicatedAt = life.map { $0.contract.requestedAt.milliseconds - Self.start }
            return state
        case .grace(let end): return Self.grace(until: end, life?.graces ?? [])
        default:
            let isHosted = !self.index.hosts(of: Self.hash, now: now).isEmpty
            return State(isHosted ? "hosted" : "decayed")
        }
    }

    /// How often rent was missed shows in how long the grace lasts.
    private static func grace(until end: Timestamp, _ graces: [Timestamp]) -> State {
        var state = State("grace")
        guard let entered = graces.last else { return state }
        state.enteredAt = entered.milliseconds - self.start
        let length = end.milliseconds(since: entered)
        let graces = StorageMarketLimits.graces.map { MarketCalendar.standard.milliseconds($0) }
        state.missCount = graces.firstIndex(of: length).map { Int64($0) + 1 }
        return state
    }
}
