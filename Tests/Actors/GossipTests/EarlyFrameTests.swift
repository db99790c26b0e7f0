import GossipSub
import Messages
import Primitives
import Testing

@testable import Gossip

@Suite("C4-2: a message right after the start")
struct EarlyFrameTests {
    private static func isAdmission(_ action: GossipAction) -> Bool {
        if case .admit = action { true } else { false }
    }

    @Test("C4-2: what a peer says before it has authenticated is heard when it has, once")
    func held() throws {
        var pair = try Pair(isAuthenticated: false)
        #expect(try pair.publish("t") == nil)
        let one = try Fixture.node(1)
        let heard = pair.receiver.peerAuthenticated(one, now: Fixture.at(2_000))
        #expect(heard.count(where: Self.isAdmission) == 1)
        #expect(pair.receiver.status.inFlight == 1)
        let again = pair.receiver.peerAuthenticated(one, now: Fixture.at(3_000))
        #expect(again.isEmpty)
    }

    @Test("C4-2: R-03-011: little is kept, for a short time, and nothing of a peer that left")
    func bounds() throws {
        let one = try Fixture.node(1)
        var late = try Pair(isAuthenticated: false)
        _ = try late.publish("t")
        _ = late.receiver.heartbeat(now: Fixture.at(GossipLimits.earlyMilliseconds))
        let tooLate = Fixture.at(GossipLimits.earlyMilliseconds)
        let nothing = late.receiver.peerAuthenticated(one, now: tooLate)
        #expect(!nothing.contains(where: Self.isAdmission))
        var many = try Pair(isAuthenticated: false)
        for number in 0..<100 { _ = try many.publish("\(number)") }
        let heard = many.receiver.peerAuthenticated(one, now: Fixture.start)
        #expect(heard.count(where: Self.isAdmission) == GossipLimits.earlyFramesPerPeerMax)
        var gone = try Pair(isAuthenticated: false)
        _ = try gone.publish("t")
        _ = gone.receiver.peerDisconnected(one, reason: "", now: Fixture.start)
        _ = gone.receiver.peerConnected(one, address: "", isOutbound: false)
        let back = gone.receiver.peerAuthenticated(one, now: Fixture.start)
        #expect(!back.contains(where: Self.isAdmission))
    }

    @Test("C4-2: own messages of the last minutes go to a peer that has authenticated")
    func repetition() throws {
        var pair = try Pair(isAuthenticated: false)
        for text in ["a", "b"] { _ = try pair.publish(text) }
        // The receiver keeps nothing, as other implementations do.
        let one = try Fixture.node(1)
        _ = pair.receiver.heartbeat(now: Fixture.at(GossipLimits.earlyMilliseconds))
        _ = pair.receiver.peerAuthenticated(one, now: Fixture.at(40_000))
        let sent = pair.sender.peerAuthenticated(try Fixture.node(2), now: Fixture.at(40_000))
        let heard = try pair.carry(sent).count(where: Self.isAdmission)
        let heardAgain = try pair.carry(sent).count(where: Self.isAdmission)
        #expect(heard == 2 && heardAgain == 0)
    }

    @Test("C4-2: a peer that is slower to hear this node is reminded, and fetches what it lost")
    func reminder() throws {
        var pair = try Pair(isAuthenticated: false)
        _ = try pair.publish("t")
        let (one, two) = (try Fixture.node(1), try Fixture.node(2))
        _ = try pair.carry(pair.sender.peerAuthenticated(two, now: Fixture.start))
        _ = pair.receiver.heartbeat(now: Fixture.at(GossipLimits.earlyMilliseconds))
        _ = pair.receiver.peerAuthenticated(one, now: Fixture.start)
        var admitted = 0
        for second in 1...10 as ClosedRange<Int64> {
            let now = Fixture.at(second * 1_000)
            let wants = try pair.carry(pair.sender.heartbeat(now: now))
            admitted += wants.count(where: Self.isAdmission)
            for frame in Pair.frames(wants) {
                let answer = pair.sender.gossipFrame(try Pair.body(frame), from: two, now: now)
                admitted += try pair.carry(answer).count(where: Self.isAdmission)
            }
        }
        #expect(admitted == 1)
    }
}
