import Cryptography
import Kernel
import Messages
import Primitives
import Synchronization
import Testing

@testable import LocalAPI

/// A caller without a server.
private final class Caller: APIServer {
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
    private let begin: Inlet<Begin>

    struct Begin: Event {}

    init(_ boot: borrowing Boot, _ start: (Inlet<Begin>) -> Void) {
        self.refused = boot.emits(MessageRefused.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.begin = boot.inlet(Begin.self)
        start(self.begin)
    }

    static func wire(_ wiring: borrowing Wiring<Neighbour>) {
        wiring.receives(Begin.self) { neighbour, _, outbox in
            outbox.send(
                neighbour.finished,
                ReplayFinished(lastSequence: 0, lastArrival: nil)
            )
        }
        wiring.receives(PublishMessage.self) { neighbour, envelope, outbox in
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

@Suite("Local API")
struct LocalAPITests {
    private func serve(_ call: APICall) async throws -> APIResponse? {
        let caller = Caller()
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        _ = kernel.add { boot in LocalAPI(boot, server: caller) }
        var begin: Inlet<Neighbour.Begin>?
        _ = kernel.add { boot in Neighbour(boot) { begin = $0 } }
        _ = try kernel.boot(standard: SubsystemName.standard)
        begin?.put(Neighbour.Begin())
        await kernel.settle()
        caller.put(1, call)
        await kernel.settle()
        return caller.answer(1)
    }

    @Test("A refusal reaches the caller with its cause")
    func refusal() async throws {
        let answer = try await self.serve(.publish(.request, .object([])))
        #expect(answer?.status == 422)
        #expect(answer?.body["code"]?.string == "below_gate")
    }

    @Test("A status report names the subsystems that are missing and hashes the others")
    func status() async throws {
        let answer = try await self.serve(.status)
        #expect(answer?.status == 200)
        #expect(answer?.body["absent"]?.elements?.count == 7)
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
        let now = Timestamp(milliseconds: 0)
        for id in 0..<UInt64(APILimits.requestsMax) {
            let isTaken = machine.begin(RequestID(rawValue: id), .answer, now: now)
            #expect(isTaken)
        }
        let isTakenBeyond = machine.begin(RequestID(rawValue: .max), .answer, now: now)
        #expect(!isTakenBeyond)
        let late = Timestamp(milliseconds: APILimits.requestMilliseconds)
        let expired = machine.expire(now: late)
        #expect(expired.count == APILimits.requestsMax)
    }
}
