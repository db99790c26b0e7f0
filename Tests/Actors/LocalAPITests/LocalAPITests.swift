import Cryptography
import Kernel
import Messages
import Primitives
import Synchronization
import Testing

@testable import LocalAPI

/// A caller without a server.
final class Caller: APIServer {
    private let inlet = Mutex<Inlet<APIRequestReceived>?>(nil)
    private let answers = Mutex<[UInt64: APIResponse]>([:])

    func start(reportingTo inlet: Inlet<APIRequestReceived>) {
        self.inlet.withLock { $0 = inlet }
    }

    func respond(to request: RequestID, with response: APIResponse) {
        self.answers.withLock { $0[request.rawValue] = response }
    }

    func put(_ id: UInt64, _ call: APICall) {
        _ = self.inlet.withLock { $0 }?.put(
            APIRequestReceived(id: RequestID(rawValue: id), call: call)
        )
    }

    func answer(_ id: UInt64) -> APIResponse? { self.answers.withLock { $0[id] } }
}

/// Stands for the rest of the node: signs nothing, logs or refuses what it is told.
private actor Neighbour: Subsystem {
    static let name = SubsystemName.identity
    private let refused: Emitter<MessageRefused>
    private let finished: Emitter<ReplayFinished>
    private let stopped: Emitter<LogStopped>
    private let resumed: Emitter<LogResumed>
    private let compared: Emitter<ClockCompared>
    private let changed: Emitter<SyncStateChanged>
    private let begin: Inlet<Begin>
    private(set) var published: [PublishMessage] = []

    var signed: Int { self.published.count }

    enum Begin: Signal {
        case replayed, stopped, resumed
        case compared(ClockComparison)
        case changed(SyncState)
    }

    init(_ boot: borrowing Boot, _ start: (Inlet<Begin>) -> Void) {
        self.refused = boot.emits(MessageRefused.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.stopped = boot.emits(LogStopped.self)
        self.resumed = boot.emits(LogResumed.self)
        self.compared = boot.emits(ClockCompared.self)
        self.changed = boot.emits(SyncStateChanged.self)
        self.begin = boot.inlet(Begin.self)
        start(self.begin)
    }

    static func wire(_ wiring: borrowing Wiring<Neighbour>) {
        wiring.receives(Begin.self) { neighbour, envelope, outbox in
            switch envelope.body {
            case .replayed:
                outbox.send(
                    neighbour.finished,
                    ReplayFinished(lastSequence: 0, lastArrival: nil)
                )
            case .stopped: outbox.send(neighbour.stopped, LogStopped(reason: "full"))
            case .resumed: outbox.send(neighbour.resumed, LogResumed())
            case .compared(let comparison):
                outbox.send(neighbour.compared, ClockCompared(comparison: comparison))
            case .changed(let state):
                outbox.send(neighbour.changed, SyncStateChanged(state: state))
            }
        }
        wiring.receives(PublishMessage.self) { neighbour, envelope, outbox in
            neighbour.published.append(envelope.body)
            let refusal = Refusal(.belowGate, "0.200000 is below 0.3")
            outbox.send(
                neighbour.refused,
                MessageRefused(
                    origin: .local(envelope.body.request),
                    id: nil,
                    refusal: refusal
                )
            )
        }
        wiring.answers(IdentityKeys.self) { _, envelope, outbox in
            let node = NodeID(Bytes32.zero)
            let reply = IdentityKeys.Reply(
                key: node,
                identity: node,
                keys: [node],
                isSuspended: false
            )
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(MessageDraft.self) { _, _, _ in }
        wiring.answers(IdentityVerdict.self) { _, _, _ in }
        wiring.answers(IdentityStatus.self) { _, envelope, outbox in
            let node = NodeID(Bytes32.zero)
            let reply = IdentityStatus.Reply(
                nodeID: node,
                identity: node,
                linkedIdentities: 0,
                merkleRoot: .zero,
                digest: .zero
            )
            outbox.reply(reply, to: envelope.replyAddress)
        }
    }
}

/// The local API beside what stands for the rest of the node, after the replay.
private struct Stage {
    let neighbour: Neighbour
    private let caller = Caller()
    private let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
    private let begin: Inlet<Neighbour.Begin>

    init() async throws {
        let caller = self.caller
        _ = self.kernel.add { boot in LocalAPI(boot, server: caller) }
        var begin: Inlet<Neighbour.Begin>?
        self.neighbour = self.kernel.add { boot in Neighbour(boot) { begin = $0 } }
        self.begin = try #require(begin)
        _ = try self.kernel.boot(standard: SubsystemName.standard)
        await self.tell(.replayed)
    }

    /// Something happens in the rest of the node.
    func tell(_ event: Neighbour.Begin) async {
        self.begin.put(event)
        await self.kernel.settle()
    }

    /// Puts a call and returns its answer; nil when there is none yet.
    func answer(to call: APICall, id: UInt64 = 1) async -> APIResponse? {
        self.caller.put(id, call)
        await self.kernel.settle()
        return self.caller.answer(id)
    }
}

@Suite("Local API")
struct LocalAPITests {
    private func serve(_ call: APICall) async throws -> APIResponse? {
        try await Stage().answer(to: call)
    }

    @Test("A refusal reaches the caller with its cause")
    func refusal() async throws {
        let answer = try await self.serve(.publish(.request, .object([])))
        #expect(answer?.status == 422)
        #expect(answer?.body["code"]?.string == "below_gate")
    }

    @Test("R-05-105: every vote states how far this node has synced when it is made")
    func syncStatus() async throws {
        let caller = Caller()
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        _ = kernel.add { boot in LocalAPI(boot, server: caller) }
        var begin: Inlet<Neighbour.Begin>?
        let neighbour = kernel.add { boot in Neighbour(boot) { begin = $0 } }
        _ = try kernel.boot(standard: SubsystemName.standard)
        begin?.put(.replayed)
        let states: [SyncState] = [.syncing, .degraded, .synced, .degraded]
        for (number, state) in states.enumerated() {
            begin?.put(.changed(state))
            await kernel.settle()
            caller.put(
                UInt64(number),
                .vote(MessageID(Bytes32.zero), stance: .endorse, reason: nil)
            )
            await kernel.settle()
        }
        let votes = await neighbour.published
        #expect(votes.allSatisfy { $0.type == .vote })
        let stated = votes.map { $0.payload["sync_status"]?.string }
        #expect(stated == ["syncing", "degraded", "synced", "degraded"])
    }

    @Test("C2-10: absurd titles, texts and tags are refused by our own API, with the limit")
    func absurd() async throws {
        func text(_ count: Int) -> JSONValue { .string(String(repeating: "ä", count: count / 2)) }
        let calls: [(APICall, String?)] = [
            (.publish(.request, .object([("title", text(2_000_000))])), "512"),
            (.publish(.propose, .object([("title", text(514))])), "512"),
            (.publish(.propose, .object([("title", text(512))])), nil),
            (.publish(.request, .object([("body", text(7_900_000))])), "262144"),
            (.publish(.comment, .object([("body", text(262_144))])), nil),
            (.publish(.withdraw, .object([("reason", text(10_242))])), "10240"),
            (.publish(.didLink, .object([("label", text(514))])), "512"),
            (.publish(.request, .object([("tags", .array([text(66)]))])), "64"),
            (
                .vote(
                    MessageID(Bytes32.zero),
                    stance: .endorse,
                    reason: text(10_242).string
                ), "10240"
            ),
        ]
        for (call, limit) in calls {
            let answer = try await self.serve(call)
            #expect(answer?.status == 422)
            let code = answer?.body["code"]?.string
            #expect(code == (limit == nil ? "below_gate" : "too_long"))
            let detail = answer?.body["detail"]?.string ?? ""
            #expect(limit.map { detail.contains("at most \($0) ") } ?? true, "\(detail)")
        }
    }

    @Test("C2-10: texts without form are refused by our own API, with what is allowed")
    func formless() async throws {
        func title(_ text: String) -> JSONValue { .object([("title", .string(text))]) }
        func tags(_ tags: [String]) -> JSONValue {
            .object([("title", .string("t")), ("tags", .array(tags.map { .string($0) }))])
        }
        let calls: [(APICall, String?)] = [
            (.publish(.request, title("")), "is empty"),
            (.publish(.propose, title(" \t\u{200B}")), "is empty"),
            (.publish(.request, title("one\ntwo")), "line breaks"),
            (.publish(.propose, title("one\r\ntwo")), "line breaks"),
            (.publish(.propose, title("one\u{2028}two")), "line breaks"),
            (.publish(.request, title("one two")), nil),
            (.publish(.request, tags(["Skill"])), "lower-case"),
            (.publish(.propose, tags(["a tag"])), "lower-case"),
            (.publish(.propose, tags(["notes", ""])), "lower-case"),
            (.publish(.propose, tags(["release-notes", "c++", "ümläut", "v1.2"])), nil),
            (.publish(.comment, .object([("body", .string(" \n"))])), "is empty"),
            (.publish(.comment, .object([("body", .string("x"))])), nil),
        ]
        for (call, reason) in calls {
            let answer = try await self.serve(call)
            #expect(answer?.status == 422)
            let code = answer?.body["code"]?.string
            #expect(code == (reason == nil ? "below_gate" : "bad_text"), "\(call)")
            let detail = answer?.body["detail"]?.string ?? ""
            #expect(reason.map { detail.contains($0) } ?? true, "\(detail)")
        }
    }

    @Test("C2-7: a node whose clock is wrong is not ready and says so, until the clock is right")
    func wrongClock() async throws {
        let stage = try await Stage()
        let standings: [(ClockStanding, Int)] = [
            (.wrong, 503), (.unreliable, 503), (.right, 200),
        ]
        for (number, (standing, status)) in standings.enumerated() {
            let comparison = ClockComparison(
                offsetMilliseconds: -1_800_000,
                peers: 2,
                standing: standing
            )
            await stage.tell(.compared(comparison))
            let answer = try #require(
                await stage.answer(to: .readiness(MemoryUse(bytes: 0)), id: UInt64(number))
            )
            #expect(answer.status == status)
            let isWrong = status == 503
            #expect((answer.body["code"]?.string == "clock_wrong") == isWrong)
            let detail = answer.body["detail"]?.string ?? ""
            let cause = "this node's clock is 1800 s behind those of 2 peers"
            #expect(detail.hasPrefix(cause) == isWrong)
        }
    }

    @Test("A stopped log refuses what must be stored before it is signed, until it writes again")
    func stopped() async throws {
        let stage = try await Stage()
        let proposal = MessageID(Bytes32.zero)
        let upload = UploadedContent(number: 1, hash: ContentHash(Bytes32.zero), size: 1)
        let calls: [APICall] = [
            .publish(.request, .object([])), .vote(proposal, stance: .endorse, reason: nil),
            .adopt(proposal),
            .share(
                ShareContent(
                    upload: upload,
                    contentType: "x/y",
                    filename: nil,
                    description: nil,
                    tags: []
                )
            ),
        ]
        await stage.tell(.stopped)
        for (number, call) in calls.enumerated() {
            let answer = await stage.answer(to: call, id: UInt64(number))
            #expect(answer?.status == 507)
            #expect(answer?.body["code"]?.string == "storage_stopped")
        }
        #expect(await stage.answer(to: .readiness(MemoryUse(bytes: 0)), id: 10)?.status == 503)
        #expect(await stage.answer(to: .identity(nil), id: 11)?.status == 200, "reads go on")
        #expect(await stage.neighbour.signed == 0)

        await stage.tell(.resumed)
        let posted = await stage.answer(to: calls[0], id: 20)
        #expect(posted?.status == 422, "signed, and refused by its judge")
        #expect(await stage.answer(to: .readiness(MemoryUse(bytes: 0)), id: 21)?.status == 200)
        #expect(await stage.neighbour.signed == 1)
    }

    @Test("A status report names the subsystems that are missing and hashes the others")
    func status() async throws {
        let answer = try await self.serve(.status)
        #expect(answer?.status == 200)
        #expect(answer?.body["absent"]?.elements?.count == 8)
        #expect(answer?.body["digest"]?.string?.utf8.count == 64)
    }

    @Test("R-01-062: an identity is shown with its keys and its name for people")
    func identity() async throws {
        let answer = try await self.serve(.identity(nil))
        #expect(answer?.status == 200)
        #expect(answer?.body["did"]?.string?.hasPrefix("did:valence:0000") == true)
        #expect(answer?.body["keys"]?.elements?.count == 1)
    }

    @Test("A call that needs an absent subsystem says so")
    func absent() async throws {
        let answer = try await self.serve(.proposals(limit: 1))
        #expect(answer?.status == 501)
        #expect(answer?.body["detail"]?.string?.contains("Consensus") == true)
    }

    @Test("Too many requests at once are turned away")
    func bounded() {
        var machine = LocalAPIStateMachine()
        machine.assembled(of: [.peers])
        let now = Timestamp(milliseconds: 0)
        func answers(_ actions: [LocalAPIAction]) -> [APIResponse] {
            actions.compactMap { if case .answer(_, let answer) = $0 { answer } else { nil } }
        }
        for id in 0..<UInt64(APILimits.requestsMax) {
            let taken = machine.received(.peers, as: RequestID(rawValue: id), now: now)
            #expect(answers(taken).isEmpty)
        }
        let beyond = machine.received(.peers, as: RequestID(rawValue: .max), now: now)
        #expect(answers(beyond) == [.busy])
        let late = Timestamp(milliseconds: APILimits.requestMilliseconds)
        let expired = answers(machine.woke(now: late))
        #expect(expired.count == APILimits.requestsMax)
        #expect(expired.allSatisfy { $0 == .late })
    }
}
