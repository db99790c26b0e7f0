import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("Local API: what becomes of own messages")
struct OutcomeTests {
    private static func message() throws -> Message {
        try Draft.request().signed(by: .named("author"), at: APISteps.start)
    }

    private static let post = APICall.publish(.request, Draft.request().payload)

    private static func row(_ name: UInt8, isAuthenticated: Bool) -> PeerTable.Row {
        .peer(
            NodeID(SHA256Digest.hash([name])),
            isConnected: true,
            isOutbound: true,
            isAuthenticated: isAuthenticated
        )
    }

    /// A node whose message is in the log.
    private static func durable(
        in subsystems: Set<SubsystemName> = [.identity, .peers]
    ) throws -> (steps: APISteps, actions: [LocalAPIAction], message: Message) {
        var steps = APISteps(subsystems)
        _ = steps.put(Self.post)
        let message = try Self.message()
        let actions = steps.log(message)
        return (steps, actions, message)
    }

    @Test("a durable message is answered with its id and the peers that are authenticated")
    func heard() throws {
        var (steps, actions, message) = try Self.durable()
        #expect(actions.questions == ["peers"] && actions.answer == nil)
        let table = PeerTable.Reply(
            rows: [
                Self.row(1, isAuthenticated: true), Self.row(2, isAuthenticated: false),
                Self.row(3, isAuthenticated: true),
            ],
            bootstrap: []
        )
        actions = steps.hear(.peers(table), from: .peers)
        #expect(
            actions.answer?.body.text
                == #"{"id":"\#(message.id.hex)","peers":2,"warnings":[]}"#
        )
    }

    @Test(
        "C3-12: a durable message is never answered as a failure, although nobody counts its peers"
    )
    func uncounted() throws {
        let (_, actions, message) = try Self.durable(in: [.identity])
        let known = #"{"id":"\#(message.id.hex)","warnings":[]}"#
        #expect(actions.answer?.body.text == known, "there is no Peers")
        var (silent, _, _) = try Self.durable()
        let unanswered = silent.hear(nil, from: .peers)
        #expect(unanswered.answer?.status == 200)
        #expect(unanswered.answer?.body.text == known)
        var (late, _, _) = try Self.durable()
        let expired = late.wait(APILimits.requestMilliseconds)
        #expect(expired.answer?.status == 200)
        #expect(expired.answer?.body.text == known)
    }

    @Test("messages of others, of a replay, of nobody and of another request answer nothing")
    func others() throws {
        var steps = APISteps([.identity])
        _ = steps.put(Self.post)
        let message = try Self.message()
        for origin in [
            .sync(peer: message.from), .local(nil), .local(RequestID(rawValue: 2)),
            .gossip(relay: message.from, topic: .proposals, ticket: 1),
        ] as [Origin] {
            let entry = MessageLogged(
                sequence: 1,
                admitted: message.admitted(from: origin),
                isReplay: false
            )
            let logged = steps.machine.logged(entry, now: steps.now)
            #expect(logged.isEmpty)
            let refusal = Refusal(.belowGate, "x")
            let refused = steps.machine.refused(
                MessageRefused(origin: origin, id: message.id, refusal: refusal)
            )
            #expect(refused.isEmpty)
        }
        let own = steps.machine.refused(
            MessageRefused(
                origin: .local(APISteps.id),
                id: message.id,
                refusal: Refusal(.rateLimited, "ten a day", retryAt: APISteps.start)
            )
        )
        #expect(own.answer?.problem == "429 rate_limited" && own.answer?.detail == "ten a day")
        #expect(own.answer?.body["retry_at"]?.integer == APISteps.start.milliseconds)
        let afterwards = steps.log(message)
        #expect(afterwards.isEmpty, "every request is answered once")
    }

    @Test("a log that stops after the signature makes a late answer undecided, not a failure")
    func undecided() throws {
        var steps = APISteps([.identity])
        _ = steps.put(Self.post)
        steps.machine.logStopped(LogStopped(reason: "the disk is full"))
        let early = steps.wait(APILimits.requestMilliseconds - 1)
        #expect(early.answer == nil && early.pause == APILimits.tickMilliseconds)
        let late = steps.wait(1)
        #expect(late.answer?.problem == "504 undecided" && late.pause == nil)
        #expect(late.answer?.detail.contains("(the disk is full)") == true)
        _ = steps.put(.peers)
        steps.machine.logResumed()
        _ = steps.put(Self.post)
        let timeout = steps.wait(APILimits.requestMilliseconds)
        #expect(timeout.answer?.problem == "504 timeout")
        #expect(timeout.answer?.detail.contains("`valence-node status`") == true)
    }

    @Test("who is refused at once waits for nothing, and no wake is asked for")
    func refusedAtOnce() {
        var steps = APISteps([.identity])
        steps.machine.logStopped(LogStopped(reason: "the disk is full"))
        let refused = steps.put(Self.post)
        #expect(refused.answer?.problem == "507 storage_stopped" && refused.pause == nil)
        #expect(refused.answer?.detail == "the disk is full" && refused.published == nil)
        let idle = steps.wait(1_000)
        #expect(idle.isEmpty)
    }
}
