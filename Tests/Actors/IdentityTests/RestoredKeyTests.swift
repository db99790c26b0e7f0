import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

@Suite("ADR 0072: a key that was put back from a backup")
struct RestoredKeyTests {
    private static let instance = Bytes32.zero
    private static let quiet = IdentityLimits.quietMilliseconds / 1_000
    private let relay = Origin.gossip(relay: NodeID(Bytes32.zero), topic: .proposals, ticket: 1)
    private var machine: IdentityStateMachine

    init() throws {
        self.machine = try Self.machine()
        self.machine.peersChanged(by: 1, now: Fixture.now)
    }

    private static func machine(accepts: Bool = false, mark: Int64 = -3_600) throws
        -> IdentityStateMachine
    {
        IdentityStateMachine(
            key: try Fixture.key(0),
            acceptsOwnHistory: accepts,
            restored: RestoredKey(instance: Self.instance, highWater: Self.time(mark))
        )
    }

    private static func time(_ seconds: Int64) -> Timestamp {
        Fixture.now.adding(milliseconds: seconds * 1_000)
    }

    private mutating func synced(_ state: SyncState = .synced, at seconds: Int64) {
        let change = SyncStateChanged(state: state, finishedPhases: [])
        self.machine.changed(change, now: Self.time(seconds))
    }

    /// What the node itself broadcasts; nil when it refuses.
    private mutating func post(at seconds: Int64, _ type: MessageType = .request) throws
        -> Result<Message, Refusal>
    {
        let payload = JSONValue.object([
            ("title", .string("t")), ("body", .string("")), ("tags", .array([])),
            ("expires", .null),
        ])
        let command = PublishMessage(type: type, payload: payload)
        switch self.machine.publish(command, now: Self.time(seconds)) {
        case .admit(let bytes, _): return .success(try EnvelopeCodec.decode(bytes))
        case .refuse(_, _, let refusal): return .failure(refusal)
        default: throw CancellationError()
        }
    }

    private mutating func refusal(at seconds: Int64, of type: MessageType = .request) throws
        -> Refusal?
    {
        if case .failure(let refusal) = try self.post(at: seconds, type) { return refusal }
        return nil
    }

    private mutating func hears(_ message: Message, at seconds: Int64) -> [IdentityAction] {
        self.machine.identify(
            IdentifySender(message: message, origin: self.relay, receivedAt: message.timestamp),
            now: Self.time(seconds)
        )
    }

    private static func announced(at seconds: Int64) throws -> Message {
        let proof = VDFProof.easy(of: try Fixture.node(0), at: Fixture.now)
        return try Fixture.admitted(.announcement(proof), by: 0, at: seconds * 1_000).message
    }

    /// Whether looking ends the pause, which is recorded then.
    private mutating func ends(at seconds: Int64) -> Bool {
        let actions = self.machine.look(now: Self.time(seconds))
        let isResumed = actions.contains { if case .resumeSigning = $0 { true } else { false } }
        let isRecorded = actions.contains { action in
            guard case .record(let fact) = action else { return false }
            return RestoredKeyCleared(fact)?.instance == Self.instance
        }
        #expect(isResumed == isRecorded)
        return isResumed
    }

    private static func stops(_ actions: [IdentityAction]) -> Refusal? {
        for case .stopSigning(let refusal) in actions { return refusal }
        return nil
    }

    @Test("it says nothing, rotations included, until it is synced and twenty minutes were quiet")
    mutating func pause() throws {
        let begun = Self.stops(self.machine.started(now: Fixture.now))
        #expect(begun?.code == .notSynced && begun?.retryAt == Self.time(30))
        #expect(self.machine.status().signingStoppedBecause == begun?.detail)
        for type in [MessageType.request, .keyRotate, .didRevoke, .peerAnnounce] {
            let refusal = try self.refusal(at: 100_000, of: type)
            #expect(refusal?.code == .notSynced, "\(type)")
            #expect(refusal?.detail.contains("--only-instance") == true)
        }
        let early = self.ends(at: 100_000)
        self.synced(at: 100_000)
        let refusal = try self.refusal(at: 100_001)
        #expect(refusal?.retryAt == Self.time(100_000 + Self.quiet))
        let before = self.ends(at: 100_000 + Self.quiet - 1)
        let then = self.ends(at: 100_000 + Self.quiet)
        let again = self.ends(at: 100_000 + Self.quiet + 1)
        #expect(!early && !before && then && !again)
        #expect(self.machine.status().signingStoppedBecause == nil)
        #expect(try self.refusal(at: 100_000 + Self.quiet + 1) == nil)
    }

    @Test("every sign of another process, and falling out of sync, begin the pause anew")
    mutating func signs() throws {
        _ = self.machine.started(now: Fixture.now)
        self.synced(at: 0)
        _ = self.hears(try Self.announced(at: -1), at: 300)
        let old = try self.refusal(at: 300)
        #expect(old?.retryAt == Self.time(Self.quiet), "it is of the life before")
        let stop = Self.stops(self.hears(try Self.announced(at: 299), at: 300))
        #expect(stop == nil, "clocks differ")
        #expect(try self.refusal(at: 300)?.retryAt == Self.time(300 + Self.quiet))
        self.machine.metOwnKey(now: Self.time(400))
        #expect(try self.refusal(at: 400)?.retryAt == Self.time(400 + Self.quiet))
        self.synced(.degraded, at: 500)
        #expect(try self.refusal(at: 500)?.retryAt == Self.time(530))
        self.machine.metOwnKey(now: Self.time(550))
        self.synced(at: 600)
        self.synced(at: 700)
        #expect(try self.refusal(at: 700)?.retryAt == Self.time(600 + Self.quiet))
        let early = self.ends(at: 599 + Self.quiet)
        let then = self.ends(at: 600 + Self.quiet)
        #expect(!early && then)
    }

    @Test("time without a peer does not count: nobody could tell of the other process")
    mutating func alone() {
        _ = self.machine.started(now: Fixture.now)
        self.synced(at: 0)
        self.machine.peersChanged(by: 1, now: Self.time(10))
        self.machine.peersChanged(by: -1, now: Self.time(20))
        let withOne = self.machine.look(now: Self.time(Self.quiet - 1)).isEmpty
        self.machine.peersChanged(by: -1, now: Self.time(Self.quiet - 1))
        let alone = self.ends(at: 10 * Self.quiet)
        self.machine.peersChanged(by: 1, now: Self.time(10 * Self.quiet))
        let early = self.ends(at: 11 * Self.quiet - 1)
        let then = self.ends(at: 11 * Self.quiet)
        #expect(withOne && !alone && !early && then)
    }

    @Test("a clock that is far behind the mark keeps it from signing, whatever the operator says")
    mutating func clockBehind() throws {
        self.machine = try Self.machine(accepts: true, mark: 3_600)
        _ = self.machine.started(now: Fixture.now)
        let refusal = try self.refusal(at: 0)
        #expect(refusal?.code == .notSynced && refusal?.retryAt == Self.time(3_600))
        #expect(try self.post(at: 3_590).get().timestamp > Self.time(3_600))
    }

    @Test("T22: what another process says with the key stops it for good, also during the pause")
    mutating func stranger() throws {
        _ = self.machine.started(now: Fixture.now)
        self.synced(at: 0)
        let foreign = try Fixture.request(by: 0, at: 10_000)
        let stop = Self.stops(self.hears(foreign, at: 11))
        #expect(stop?.code == .keyUsedElsewhere)
        let isResumed = self.machine.look(now: Self.time(10 * Self.quiet)).contains {
            if case .resumeSigning = $0 { true } else { false }
        }
        #expect(!isResumed)
        #expect(try self.refusal(at: 10 * Self.quiet)?.code == .keyUsedElsewhere)
    }

    @Test("a cleared key signs after its next start, one of another backup does not")
    func replay() throws {
        for (instance, signs) in [(Self.instance, true), (try Fixture.node(3).bytes, false)] {
            self.expectSigning(instance, signs)
        }
    }

    private func expectSigning(_ instance: Bytes32, _ signs: Bool) {
        var machine = self.machine
        let fact = RestoredKeyCleared(instance: instance).fact(recordedAt: Fixture.now)
        _ = machine.logged(fact)
        let stop = Self.stops(machine.started(now: Fixture.now))
        #expect((stop == nil) == signs)
        #expect((machine.status().signingStoppedBecause == nil) == signs)
    }

    @Test("the operator may say that no other process has the key, which is recorded")
    mutating func onlyInstance() throws {
        self.machine = try Self.machine(accepts: true)
        let facts = self.machine.started(now: Fixture.now).compactMap { action in
            if case .record(let fact) = action { RestoredKeyCleared(fact) } else { nil }
        }
        #expect(facts.map(\.instance) == [Self.instance])
        #expect(try self.refusal(at: 1) == nil)
    }

    @Test("what it says is stamped behind the mark, and what has an earlier stamp is its own past")
    mutating func highWater() throws {
        self.machine = try Self.machine(accepts: true, mark: 30)
        _ = self.machine.started(now: Fixture.now)
        let past = Self.stops(self.hears(try Fixture.request(by: 0, at: 29_000), at: 29))
        #expect(past == nil)
        #expect(try self.post(at: 1).get().timestamp > Self.time(30))
    }
}
