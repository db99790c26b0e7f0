import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

/// Stands for the rest of the node: rates senders, answers peers, publishes, looks at the result.
private actor Rest: Subsystem {
    static let name = SubsystemName.identity

    enum Order: Signal {
        case rate(RateSender)
        case accept(AdmittedMessage)
        case refuse(AdmittedMessage)
        case answered(SyncAnswered)
        case record(LocalFact)
        case show(NodeID)
    }

    nonisolated let orders: Inlet<Order>
    private(set) var published: [PublishMessage] = []
    private(set) var refusals: [Refusal.Code] = []
    private(set) var digest: Bytes32?
    private(set) var history: ScoreHistory.Reply?
    private let rate: Emitter<RateSender>
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let answered: Emitter<SyncAnswered>
    private let record: Emitter<RecordFact>
    private let status: Asker<ReputationStatus, Void>
    private let histories: Asker<ScoreHistory, Void>

    init(_ boot: borrowing Boot) {
        self.orders = boot.inlet(Order.self)
        self.rate = boot.emits(RateSender.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.answered = boot.emits(SyncAnswered.self)
        self.record = boot.emits(RecordFact.self)
        self.status = boot.asks(ReputationStatus.self)
        self.histories = boot.asks(ScoreHistory.self)
    }

    static func wire(_ wiring: borrowing Wiring<Rest>) {
        wiring.receives(Order.self) { rest, envelope, outbox in rest.obey(envelope.body, &outbox) }
        wiring.receives(JudgeIdentityMessage.self) { _, _, _ in }
        wiring.receives(MessageRefused.self) { rest, envelope, _ in
            rest.refusals.append(envelope.body.refusal.code)
        }
        wiring.receives(PublishMessage.self) { rest, envelope, _ in
            rest.published.append(envelope.body)
        }
        wiring.hears(ReputationStatus.self) { rest, reply, _ in
            rest.digest = reply?.digest
        }
        wiring.hears(ScoreHistory.self) { rest, reply, _ in
            rest.history = reply
        }
    }

    private func obey(_ order: Order, _ outbox: inout Outbox) {
        switch order {
        case .rate(let command): outbox.send(self.rate, command)
        case .accept(let admitted):
            outbox.send(self.accepted, MessageAccepted(admitted: admitted))
        case .refuse(let admitted):
            let event = MessageRefused(
                origin: admitted.origin,
                id: admitted.message.id,
                refusal: Refusal(.rule, "its type forbids it")
            )
            outbox.send(self.refused, event)
        case .answered(let answered): outbox.send(self.answered, answered)
        case .record(let fact): outbox.send(self.record, RecordFact(fact: fact))
        case .show(let identity):
            outbox.ask(self.status, ReputationStatus())
            outbox.ask(self.histories, ScoreHistory(identity: identity))
        }
    }
}

/// Stands for Persistence: logs what is accepted or recorded, and replays it.
private actor Log: Subsystem {
    static let name = SubsystemName.persistence

    enum Entry: Signal {
        case message(AdmittedMessage)
        case fact(LocalFact)
        case finished
    }

    nonisolated let replay: Inlet<Entry>
    private(set) var entries: [Entry] = []
    private let messages: Emitter<MessageLogged>
    private let facts: Emitter<FactLogged>
    private let finished: Emitter<ReplayFinished>

    init(_ boot: borrowing Boot) {
        self.replay = boot.inlet(Entry.self)
        self.messages = boot.emits(MessageLogged.self)
        self.facts = boot.emits(FactLogged.self)
        self.finished = boot.emits(ReplayFinished.self)
    }

    static func wire(_ wiring: borrowing Wiring<Log>) {
        wiring.receives(MessageAccepted.self) { log, envelope, outbox in
            guard envelope.body.isLogged else { return }
            log.write(.message(envelope.body.admitted), isReplay: false, &outbox)
        }
        wiring.receives(RecordFact.self) { log, envelope, outbox in
            log.write(.fact(envelope.body.fact), isReplay: false, &outbox)
        }
        wiring.receives(Entry.self) { log, envelope, outbox in
            log.write(envelope.body, isReplay: true, &outbox)
        }
    }

    private func write(_ entry: Entry, isReplay: Bool, _ outbox: inout Outbox) {
        switch entry {
        case .message(let admitted):
            self.entries.append(entry)
            outbox.send(
                self.messages,
                MessageLogged(sequence: 1, admitted: admitted, isReplay: isReplay)
            )
        case .fact(let fact):
            self.entries.append(entry)
            outbox.send(self.facts, FactLogged(sequence: 1, fact: fact, isReplay: isReplay))
        case .finished:
            outbox.send(self.finished, ReplayFinished(lastSequence: 1, lastArrival: nil))
        }
    }

    var recorded: [LocalFact] {
        self.entries.compactMap { if case .fact(let fact) = $0 { fact } else { nil } }
    }
}

@Suite("§9 Reputation on a bus")
struct ReputationActorTests {
    private let clock = ManualClock(Moment(Fixture.start))
    private let kernel: Kernel
    private let rest: Rest
    private let log: Log

    init() throws {
        self.kernel = Kernel(clock: self.clock, entropy: SeededEntropy(seed: 1))
        let founders = try (1...3).map {
            ReputationConfiguration.Founder(
                identity: try Fixture.person($0),
                score: FixedPoint(millionths: 500_000)
            )
        }
        let own = try Fixture.person(0)
        self.kernel.add { boot in
            Reputation(
                boot,
                configuration: ReputationConfiguration(genesis: founders, ownIdentity: own)
            )
        }
        self.rest = self.kernel.add { boot in Rest(boot) }
        self.log = self.kernel.add { boot in Log(boot) }
        try self.kernel.boot(standard: SubsystemName.standard)
    }

    private func tell(_ orders: Rest.Order...) async {
        for order in orders { self.rest.orders.put(order) }
        await self.kernel.settle()
    }

    private func replay(_ entries: [Log.Entry] = []) async {
        for entry in entries + [.finished] { self.log.replay.put(entry) }
        await self.kernel.settle()
    }

    private func pass(to offset: Int64) async {
        self.clock.set(to: Moment(Fixture.at(offset)))
        self.kernel.fireWakes()
        await self.kernel.settle()
    }

    private func show(_ person: Int) async throws -> ScoreHistory.Reply {
        await self.tell(.show(try Fixture.person(person)))
        return try #require(await self.rest.history)
    }

    @Test(
        "R-09-042, R-16-040, R-16-041: every 15 minutes a broadcast about ten others, all in turn"
    )
    func gossip() async throws {
        await self.replay()
        for person in 4...25 {
            await self.tell(.accept(try Fixture.announcement(by: person, at: 0)))
        }
        var subjects: [[String]] = []
        for quarter in 1...3 as ClosedRange<Int64> {
            let before = await self.rest.published.count
            await self.pass(to: quarter * 900_000 - 1)
            #expect(await self.rest.published.count == before)
            await self.pass(to: quarter * 900_000)
            let message = try #require(await self.rest.published.last)
            #expect(message.type == .reputationGossip)
            let assessments = message.payload["assessments"]?.elements ?? []
            subjects.append(assessments.compactMap { $0["node_id"]?.string })
        }
        #expect(await self.rest.published.count == 3)
        #expect(subjects.map(\.count) == [10, 10, 10])
        #expect(Set(subjects.joined()).count == 25)
    }

    @Test("nothing is said, and no hour counted, before the replay is over")
    func quiet() async {
        await self.pass(to: Fixture.day)
        #expect(await self.rest.published.isEmpty)
        #expect(await self.log.recorded.isEmpty)
    }

    @Test("R-09-044: a signed assessment that is admitted is accepted for relay, log and sync")
    func accepted() async throws {
        let gossip = try Fixture.gossip(by: 1, [(2, 700_000)], at: 0)
        await self.replay()
        await self.tell(
            .rate(
                RateSender(
                    message: gossip.message,
                    origin: gossip.origin,
                    receivedAt: gossip.receivedAt,
                    sender: gossip.sender
                )
            )
        )
        #expect(await self.log.entries.count == 1)
        #expect(try await self.show(2).basis?.assessors == 1)
    }

    @Test(
        "C3-2: what comes faster than the log takes it meets the budget of its sender all the same"
    )
    func flood() async throws {
        await self.replay()
        let block = String(repeating: "a", count: 4_000_000)
        var flood: [Rest.Order] = []
        for number in 0..<8 as Range<Int64> {
            let draft = try Draft.assessments(
                [(Fixture.person(2), FixedPoint(millionths: 500_000))],
                formedAt: Fixture.at(number)
            )
            .adding([("x", .string(block))])
            let gossip = try Fixture.admitted(draft, by: 1, at: number)
            flood.append(
                .rate(
                    RateSender(
                        message: gossip.message,
                        origin: gossip.origin,
                        receivedAt: Fixture.at(0),
                        sender: gossip.sender
                    )
                )
            )
        }
        for order in flood { self.rest.orders.put(order) }
        await self.kernel.settle()
        #expect(await self.log.entries.count == 4)
        #expect(await self.rest.refusals == Array(repeating: .rateLimited, count: 4))
    }

    @Test("C3-2: a message that its judge refuses keeps no place in the budget of its sender")
    func refused() async throws {
        await self.replay()
        let block = String(repeating: "a", count: 4_000_000)
        let links = try (0..<6 as Range<Int64>).map { number in
            let draft = Draft.link(try Fixture.key(1), try Fixture.key(2))
                .adding([("x", .string(block))])
            return try Fixture.admitted(draft, by: 1, at: number)
        }
        for (number, link) in links.enumerated() {
            let command = RateSender(
                message: link.message,
                origin: link.origin,
                receivedAt: Fixture.at(0),
                sender: link.sender
            )
            await self.tell(.rate(command))
            // The judge has four, and refuses one of them when the fifth found no room.
            if number == 4 { await self.tell(.refuse(links[0])) }
        }
        #expect(await self.rest.refusals == [.rateLimited, .rule])
    }

    @Test("R-09-011, R-09-014: what the storage market records reaches the ledger through the log")
    func storage() async throws {
        await self.replay()
        let cycle = RentCycle(content: Fixture.content, number: 0)
        let amount = FixedPoint(millionths: 1_000)
        let share = RentWork.Share(identity: try Fixture.person(2), count: 10)
        let work = RentWork(required: 10, providers: [share], validators: [])
        let findings: [StorageFact] = [
            .rentHeld(cycle, payer: try Fixture.person(1), amount: amount),
            .rentSettled(cycle, work),
            .challengeFailed(provider: try Fixture.person(3), content: Fixture.content),
        ]
        for finding in findings {
            await self.tell(.record(finding.fact(recordedAt: Fixture.at(0))))
        }
        var scores: [Int64] = []
        for person in 1...3 { scores.append(try await self.show(person).direct.millionths) }
        #expect(scores == [499_200, 500_800, 499_000])
    }

    @Test("R-05-112, D-37: presence and service are recorded once, and a restart counts the same")
    func restart() async throws {
        await self.replay()
        for hour in 0..<20 as Range<Int64> {
            self.clock.set(to: Moment(Fixture.at(hour * Fixture.hour)))
            for _ in 0..<2 {
                await self.tell(.accept(try Fixture.announcement(by: 1, at: hour * Fixture.hour)))
                for peer in 1...3 {
                    let answered = SyncAnswered(peer: try Fixture.person(peer), messages: 5)
                    await self.tell(.answered(answered))
                }
            }
        }
        let kinds = await self.log.recorded.map(\.kind)
        #expect(kinds.count { $0 == "present" } == 20)
        #expect(kinds.count { $0 == "sync_served" } == 60)
        let own = try await self.show(0)
        #expect(own.direct.millionths == 201_000)
        let digest = await self.rest.digest
        let second = try ReputationActorTests()
        await second.replay(await self.log.entries)
        #expect(try await second.show(0).direct.millionths == 201_000)
        #expect(await second.rest.digest == digest)
    }
}
