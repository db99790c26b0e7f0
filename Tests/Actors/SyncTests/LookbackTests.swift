import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

@Suite("§8 Assessments for a close vote")
struct LookbackTests {
    private static func assessment() throws -> Message {
        try Draft.assessments([], formedAt: start).signed(by: .generate(), at: start)
    }

    /// Sessions that begin at a moment: whom they asked, and from when on for assessments.
    private static func sessions(of sync: inout SyncStateMachine, at now: Timestamp) -> [(
        peer: NodeID, since: Int64
    )] {
        var sessions: [(peer: NodeID, since: Int64)] = []
        for _ in 0..<10 {
            let actions = sync.tick(now: now, entropy: 0)
            _ = sync.carryOut(actions, now: now) { peer, request in
                if request.types.contains(MessageType.reputationGossip.rawValue) {
                    sessions.append((peer: peer, since: request.sinceTimestamp.milliseconds))
                }
                return .nothing
            }
        }
        return sessions
    }

    @Test(
        "R-08-015: three peers are asked at once for older assessments, later sessions are as ever"
    )
    func closeVote() throws {
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
        )
        for _ in 0..<5 {
            _ = sync.authenticated(NodeID(SigningKey.generate().publicKey), now: start, entropy: 0)
        }
        sync.logged(try Self.assessment())
        _ = sync.started(now: start, entropy: 0)
        _ = Self.sessions(of: &sync, at: start)
        #expect(sync.status.state == .synced)
        let usual = start.adding(milliseconds: -SyncLimits.lookbackMilliseconds).milliseconds
        let wanted = start.adding(milliseconds: -10 * 86_400_000)
        sync.wanted(2, since: wanted, now: start)
        let close = Self.sessions(of: &sync, at: start)
        #expect(close.map(\.since) == Array(repeating: wanted.milliseconds, count: 3))
        #expect(Set(close.map(\.peer)).count == 3)
        let later = start.adding(milliseconds: SyncLimits.incrementalMilliseconds)
        let after = Self.sessions(of: &sync, at: later)
        #expect(
            after.map(\.since) == [
                min(start.milliseconds, usual + SyncLimits.incrementalMilliseconds)
            ]
        )
    }
}
