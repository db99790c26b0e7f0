import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

@Suite("ADR 0039: a key that is used twice")
struct OwnHistoryTests {
    private var machine: IdentityStateMachine
    private let relay = Origin.gossip(relay: NodeID(Bytes32.zero), topic: .proposals, ticket: 1)

    init() throws {
        self.machine = IdentityStateMachine(key: try Fixture.key(0))
        _ = self.machine.started(now: Fixture.now)
    }

    private func time(_ seconds: Int64) -> Timestamp {
        Fixture.now.adding(milliseconds: seconds * 1_000)
    }

    /// A request of the node's key that the node did not sign.
    private func copied(at seconds: Int64) throws -> Message {
        try Fixture.request(by: 0, at: seconds * 1_000)
    }

    /// What the node itself broadcasts; nil when it refuses.
    private mutating func post(at seconds: Int64, _ type: MessageType = .request) throws
        -> Result<Message, Refusal>
    {
        let members: [(String, JSONValue)] = [
            ("title", .string("t")), ("body", .string("")), ("tags", .array([])),
            ("expires", .null),
        ]
        let payload = JSONValue.object(members)
        let command = PublishMessage(type: type, payload: payload)
        switch self.machine.publish(command, now: self.time(seconds)) {
        case .admit(let bytes, _): return .success(try EnvelopeCodec.decode(bytes))
        case .refuse(_, _, let refusal): return .failure(refusal)
        default: throw CancellationError()
        }
    }

    private mutating func hears(_ message: Message, _ origin: Origin, at seconds: Int64) -> Bool {
        let actions = self.machine.identify(
            IdentifySender(message: message, origin: origin, receivedAt: message.timestamp),
            now: self.time(seconds)
        )
        return actions.contains { if case .stopSigning = $0 { true } else { false } }
    }

    @Test("C3-4: a message of the own key that this node did not sign is told and stops signing")
    mutating func copy() throws {
        _ = try self.post(at: 5).get()
        let isTold = self.hears(try self.copied(at: 10), self.relay, at: 11)
        #expect(isTold)
        guard case .failure(let refusal) = try self.post(at: 12) else {
            Issue.record("it signs on")
            return
        }
        #expect(refusal.code == .keyUsedElsewhere)
        #expect(refusal.detail.contains("--only-instance"))
        let again = self.hears(try self.copied(at: 20), .sync(peer: .init(.zero)), at: 21)
        #expect(!again, "once is enough")
    }

    @Test("C3-4: what the node signed itself may come back from anybody, whenever it does")
    mutating func echo() throws {
        for seconds in Int64(1)...50 {
            let own = try self.post(at: seconds).get()
            for origin in [self.relay, .sync(peer: .init(.zero)), .local(nil)] {
                let isTold = self.hears(own, origin, at: seconds + 100)
                #expect(!isTold)
            }
        }
        #expect(try self.post(at: 300).get().type == .request)
    }

    @Test("C3-4: a node that was restored from an older copy takes its own past in and signs")
    mutating func restored() throws {
        var isTold: [Bool] = []
        for seconds in Int64(1)...5 {
            let past = try self.copied(at: -seconds)
            isTold.append(self.hears(past, .sync(peer: .init(.zero)), at: 3))
            let admitted = past.admitted(from: .sync(peer: .init(.zero)))
            let actions = self.machine.logged(
                MessageLogged(sequence: 1, admitted: admitted, isReplay: false)
            )
            let isFirst = actions.contains {
                if case .tellOfRestoredMessages = $0 { true } else { false }
            }
            #expect(isFirst == (seconds == 1))
        }
        #expect(isTold.allSatisfy { !$0 })
        #expect(self.machine.status().restoredMessages == 5)
        #expect(try self.post(at: 4).get().type == .request)
    }

    @Test("C3-4: announcements of the life before are not taken for a copy's, later ones are")
    mutating func announcements() throws {
        let proof = VDFProof.easy(of: try Fixture.node(0), at: Fixture.now)
        func announced(at seconds: Int64) throws -> Message {
            try Fixture.admitted(.announcement(proof), by: 0, at: seconds * 1_000).message
        }
        let old = self.hears(try announced(at: 599), .sync(peer: .init(.zero)), at: 900)
        let copied = self.hears(try announced(at: 600), .sync(peer: .init(.zero)), at: 900)
        #expect(!old && copied)
    }

    @Test("C3-4: after the clock was set back, what the life before signed is not a copy's")
    mutating func clock() throws {
        let arrival = self.time(3_600)
        _ = self.machine.started(
            lastArrival: arrival,
            now: Fixture.now
        )
        let before = self.hears(try self.copied(at: 3_599), self.relay, at: 3_599)
        let after = self.hears(try self.copied(at: 3_601), self.relay, at: 3_601)
        #expect(!before && after)
    }

    @Test("C3-4: a clock that was ahead and is put right raises no alarm after a restart")
    mutating func clockAhead() throws {
        let own = try self.copied(at: 7_200)
        self.machine = IdentityStateMachine(key: try Fixture.key(0))
        // Taken in while the clock was an hour ahead; the last record is from after it was put right.
        _ = self.machine.logged(own, isReplay: true)
        _ = self.machine.advance(to: self.time(3_600))
        _ = self.machine.advance(to: self.time(10))
        _ = self.machine.started(
            lastArrival: self.time(10),
            now: self.time(20)
        )
        for past in [try self.copied(at: 3_599), own] {
            let isTold = self.hears(past, .sync(peer: .init(.zero)), at: 30)
            #expect(!isTold)
        }
        let isTold = self.hears(try self.copied(at: 7_201), self.relay, at: 7_202)
        #expect(isTold)
    }

    @Test("C3-4: however often a node announces itself, what it signed before is its own")
    mutating func turnover() throws {
        let vote = try self.post(at: 1).get()
        let proof = VDFProof.easy(of: try Fixture.node(0), at: Fixture.now)
        let payload = Draft.announcement(proof).payload
        var first: Message?
        for seconds in Int64(2)...9_000 {
            let command = PublishMessage(type: .peerAnnounce, payload: payload)
            let action = self.machine.publish(command, now: self.time(seconds))
            if first == nil, case .admit(let bytes, _) = action {
                first = try EnvelopeCodec.decode(bytes)
            }
        }
        for own in [vote, try #require(first)] {
            let isTold = self.hears(own, .sync(peer: .init(.zero)), at: 9_001)
            #expect(!isTold, "\(own.typeName)")
        }
        let isTold = self.hears(try self.copied(at: 2), self.relay, at: 9_002)
        #expect(isTold, "announcements alone were forgotten")
    }

    @Test("C3-4: once a stolen key is rotated, the node speaks with the new one")
    mutating func successor() throws {
        let copied = try self.copied(at: 10)
        let actions = self.machine.identify(
            IdentifySender(message: copied, origin: self.relay, receivedAt: copied.timestamp),
            now: self.time(11)
        )
        let facts = actions.compactMap { if case .record(let fact) = $0 { fact } else { nil } }
        #expect(facts.count == 1)
        for (key, isSilent) in [(0, true), (1, false)] {
            var machine = IdentityStateMachine(key: try Fixture.key(key))
            for fact in facts { _ = machine.logged(fact) }
            _ = machine.started(now: self.time(20))
            #expect(machine.isSilent(.vote) == isSilent)
        }
    }

    @Test("C3-4: a stolen key can be rotated, and devices be taken out, all the same")
    mutating func rotation() throws {
        _ = self.hears(try self.copied(at: 10), self.relay, at: 11)
        for type in [MessageType.keyRotate, .keyConflict, .didRevoke] {
            #expect(!self.machine.isSilent(type))
        }
        let types: [MessageType] = [.request, .vote, .peerAnnounce, .reputationGossip, .didLink]
        #expect(types.allSatisfy { self.machine.isSilent($0) })
    }

    @Test(
        "C3-4: a copy's message by sync is taken in, recorded and told, and nothing is sent any more"
    )
    func node() async throws {
        let kernel = Kernel(
            clock: ManualClock(Moment(Fixture.now)),
            entropy: SeededEntropy(seed: 1)
        )
        let key = try Fixture.key(0)
        kernel.add { boot in Identity(boot, key: key) }
        let log = kernel.add { boot in Log(boot) }
        let relay = kernel.add { boot in Relay(boot) }
        let listener = kernel.add { boot in Listener(boot) }
        try kernel.boot(standard: SubsystemName.standard)
        log.orders.put(.finish)
        await kernel.settle()
        let message = try self.copied(at: 1)
        relay.inlet.put(.hear(message, .sync(peer: NodeID(Bytes32.zero))))
        await kernel.settle()
        relay.inlet.put(.publish)
        await kernel.settle()
        #expect(await relay.rated == [message.id])
        #expect(await relay.otherRefusals == 0)
        #expect(await listener.reasons.count == 1)
        #expect(await log.facts.map(\.kind) == ["key_used_elsewhere"])
    }

    @Test("C3-4: it stays so over restarts until the operator says so, and says so once")
    func restarts() async throws {
        let stranger = OwnHistory.Stranger(
            id: try Fixture.request(by: 0, at: 1).id,
            type: "REQUEST",
            timestamp: Fixture.now
        )
        let told = OwnHistory(of: try Fixture.node(0)).fact(stranger, at: Fixture.now)
        for accepts in [false, true] {
            let kernel = Kernel(
                clock: ManualClock(Moment(Fixture.now)),
                entropy: SeededEntropy(seed: 1)
            )
            let key = try Fixture.key(0)
            kernel.add { boot in Identity(boot, key: key, acceptsOwnHistory: accepts) }
            let log = kernel.add { boot in Log(boot) }
            let listener = kernel.add { boot in Listener(boot) }
            try kernel.boot(standard: SubsystemName.standard)
            log.orders.put(.replayFact(told))
            log.orders.put(.finish)
            await kernel.settle()
            let reasons = await listener.reasons
            #expect(reasons == (accepts ? [] : [stranger.text]))
            let facts = await log.facts
            #expect(facts.map(\.kind) == (accepts ? ["own_history_accepted"] : []))
            if let settled = facts.first {
                var machine = IdentityStateMachine(key: key)
                for fact in [told, settled] { _ = machine.logged(fact) }
                let actions = machine.started(now: Fixture.now)
                #expect(actions.isEmpty && !machine.isSilent(.vote))
            }
        }
    }
}

@Suite("D-13: a handshake starts a new life")
struct StartingOverTests {
    @Test("C1-15, D-13: a revoked key that proves its delay anew is recorded once, and may speak")
    func handshake() throws {
        var machine = IdentityStateMachine(key: try Fixture.key(0))
        for message in [
            try Fixture.link(1, child: 2, consenting: 2, by: 1),
            try Fixture.revocation(1, of: 2, by: 1, at: 1_000),
        ] { _ = machine.judge(message) }
        let key = try Fixture.node(2)
        func proved(_ offset: Int64) -> LocalFact? {
            let time = Fixture.now.adding(milliseconds: offset)
            let event = PeerAuthenticated(peer: key, proofComputedAt: time)
            let actions = machine.authenticated(event, now: time)
            return actions.lazy.compactMap { if case .record(let fact) = $0 { fact } else { nil } }
                .first
        }
        #expect(proved(1_000) == nil, "the proof is not newer than the revocation")
        let fact = try #require(proved(1_001))
        let spoken = try Fixture.admitted(.request(), by: 2, at: 2_000)
        func isAdmitted() -> Bool {
            let command = IdentifySender(
                message: spoken.message,
                origin: spoken.origin,
                receivedAt: spoken.receivedAt
            )
            guard case .rate? = machine.identify(command, now: Fixture.now).last else {
                return false
            }
            return true
        }
        #expect(!isAdmitted())
        _ = machine.logged(fact)
        #expect(isAdmitted())
        #expect(proved(3_000) == nil, "once")
    }
}

/// Stands for Verification and Reputation: hands a message over, and sees what goes on.
private actor Relay: Subsystem {
    static let name = SubsystemName.reputation

    enum Order: Signal {
        case hear(Message, Origin)
        case publish
    }

    nonisolated let inlet: Inlet<Order>
    private(set) var rated: [MessageID] = []
    private(set) var otherRefusals = 0
    private let identify: Emitter<IdentifySender>
    private let publish: Emitter<PublishMessage>

    init(_ boot: borrowing Boot) {
        self.inlet = boot.inlet(Order.self)
        self.identify = boot.emits(IdentifySender.self)
        self.publish = boot.emits(PublishMessage.self)
    }

    static func wire(_ wiring: borrowing Wiring<Relay>) {
        wiring.receives(Order.self) { relay, envelope, outbox in
            switch envelope.body {
            case .hear(let message, let origin):
                outbox.send(
                    relay.identify,
                    IdentifySender(
                        message: message,
                        origin: origin,
                        receivedAt: message.timestamp
                    )
                )
            case .publish:
                let payload = JSONValue.object([
                    ("proposal_id", .string(SHA256Digest.hash([1]).hex)), ("success", .bool(true)),
                ])
                outbox.send(relay.publish, PublishMessage(type: .adopt, payload: payload))
            }
        }
        wiring.receives(RateSender.self) { relay, envelope, _ in
            relay.rated.append(envelope.body.message.id)
        }
        wiring.receives(MessageRefused.self) { relay, envelope, _ in
            if envelope.body.refusal.code != .keyUsedElsewhere { relay.otherRefusals += 1 }
        }
    }
}

/// Stands for the local API: hears that signing stopped.
private actor Listener: Subsystem {
    static let name = SubsystemName.localAPI
    private(set) var reasons: [String] = []

    init(_ boot: borrowing Boot) {}

    static func wire(_ wiring: borrowing Wiring<Listener>) {
        wiring.receives(SigningStopped.self) { listener, envelope, _ in
            listener.reasons.append(envelope.body.refusal.detail)
        }
    }
}
