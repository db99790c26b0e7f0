import NIOCore
import Testing

@testable import Swarm

@Suite("Whether the other end of a connection is alive")
struct PeerLivenessTests {
    private static func at(_ seconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .seconds(seconds)
    }

    private static func liveness(heardAt seconds: Int64) -> PeerLiveness {
        var liveness = PeerLiveness(keepAlive: .seconds(30), stallTimeout: .seconds(20))
        liveness.heard(at: Self.at(seconds))
        return liveness
    }

    @Test("T18: a silent peer is asked once, has its time to answer, and is given up then")
    func silence() {
        var liveness = Self.liveness(heardAt: 0)
        let verdicts = [29, 30, 40, 59, 60].map {
            liveness.verdict(stuckSince: nil, at: Self.at($0))
        }
        #expect(verdicts == [.fine, .ask, .fine, .fine, .dead])
    }

    @Test("However late the first look comes, a peer that was not asked is not given up")
    func lateLook() {
        var liveness = Self.liveness(heardAt: 1)
        #expect(liveness.verdict(stuckSince: nil, at: Self.at(30)) == .fine)
        #expect(liveness.verdict(stuckSince: nil, at: Self.at(61)) == .ask)
        liveness.heard(at: Self.at(62))
        #expect(liveness.verdict(stuckSince: nil, at: Self.at(91)) == .fine)
        #expect(liveness.verdict(stuckSince: nil, at: Self.at(300)) == .ask)
        #expect(liveness.verdict(stuckSince: nil, at: Self.at(330)) == .dead)
    }

    @Test("Bytes that wait at the socket for too long end it, whatever was heard")
    func stalled() {
        var liveness = Self.liveness(heardAt: 100)
        #expect(liveness.verdict(stuckSince: Self.at(81), at: Self.at(100)) == .fine)
        #expect(liveness.verdict(stuckSince: Self.at(80), at: Self.at(100)) == .stalled)
    }
}
