import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)
private let peer = NodeID.named("peer")
private let other = NodeID.named("other")
private let cycle: Int64 = 900_000

@Suite("§12 Severity of a divergence")
struct PartitionWatchTests {
    private static func later(_ milliseconds: Int64) -> Timestamp {
        start.adding(milliseconds: milliseconds)
    }

    private static func proposals(
        with node: NodeID = peer,
        there: Int,
        here: Int = 0,
        held: Int
    ) -> Divergence {
        Divergence(
            peer: node,
            tree: .proposal,
            onlyThere: (0..<there).map { MessageID.named("p\($0)") },
            onlyHere: here,
            held: held
        )
    }

    private static func identities(with node: NodeID = peer, there: [MessageID], here: Int = 0)
        -> Divergence
    {
        Divergence(peer: node, tree: .identity, onlyThere: there, onlyHere: here, held: 10)
    }

    private static func revocation() throws -> Message {
        let root = try SigningKey.named("root")
        return try Draft.revocation(NodeID(root.publicKey), .named("key"), from: start)
            .signed(by: root, at: start)
    }

    @Test("R-05-009: a difference from a peer that is still syncing says nothing of a partition")
    func syncing() {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        let finding = watch.found(
            Self.identities(there: [.named("r")]),
            areSynced: false,
            now: start
        )
        #expect(finding == .nothing && watch.report == nil)
    }

    @Test(
        "R-12-006: the share of all that is known on either side decides",
        arguments: [(0, 1, 100, .info), (2, 3, 98, .warning), (10, 11, 89, .critical)]
            as [(Int, Int, Int, PartitionSeverity)]
    )
    func shares(there: Int, here: Int, held: Int, severity: PartitionSeverity) {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        let difference = Self.proposals(there: there, here: here, held: held)
        let finding = watch.found(difference, areSynced: true, now: start)
        #expect(finding.severity == severity && finding.wanted.isEmpty)
        #expect(watch.report?.severity == severity)
    }

    @Test("R-05-068: links and rotations that only one side has are worth a note, and are fetched")
    func additive() throws {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        let link = try Draft.link(.named("root"), .named("child")).signed(
            by: .named("root"),
            at: start
        )
        let finding = watch.found(
            Self.identities(there: [link.id]),
            areSynced: true,
            now: start
        )
        #expect(finding == .init(severity: .info, wanted: [link.id]))
        watch.logged(link.admitted())
        #expect(watch.report?.severity == .info)
    }

    @Test("R-05-069, R-05-070: what is only there is fetched at once, and a revocation is critical")
    func revoked() throws {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        let revocation = try Self.revocation()
        let wanted = [MessageID.named("link"), revocation.id]
        let finding = watch.found(
            Self.identities(there: wanted),
            areSynced: true,
            now: start
        )
        #expect(finding.wanted == wanted)
        watch.logged(revocation.admitted())
        #expect(watch.report?.severity == .critical)
        #expect(watch.report?.advice?.contains("revoked keys") == true)
        // The revocation is here now, and a link is still missing: it is the same partition.
        _ = watch.found(
            Self.identities(there: [.named("link")]),
            areSynced: true,
            now: Self.later(1)
        )
        #expect(watch.report?.severity == .critical)
    }

    @Test("R-05-068, ADR 0064: what only this node has is news to the peer alone")
    func ahead() {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        let difference = Self.identities(there: [], here: 1)
        let finding = watch.found(difference, areSynced: true, now: start)
        #expect(finding == .init(severity: .info))
    }

    @Test("R-12-007: the trees are rated apart, and people see the gravest, since the first")
    func report() throws {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        _ = watch.found(
            Self.proposals(there: 1, held: 99),
            areSynced: true,
            now: start
        )
        let revocation = try Self.revocation()
        _ = watch.found(
            Self.identities(with: other, there: [revocation.id]),
            areSynced: true,
            now: Self.later(5)
        )
        watch.logged(revocation.admitted())
        let report = try #require(watch.report)
        #expect(report.severity == .critical && report.since == start && report.peers == 2)
        _ = watch.equal(.identity, with: other, now: Self.later(6))
        #expect(watch.report?.severity == .info && watch.report?.advice == nil)
    }

    @Test("R-12-016: when the last grave difference has gone the partition has healed, once")
    func healed() {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        for (number, node) in [peer, other].enumerated() {
            _ = watch.found(
                Self.proposals(with: node, there: 10, held: 10),
                areSynced: true,
                now: Self.later(Int64(number))
            )
        }
        #expect(watch.equal(.proposal, with: peer, now: Self.later(9)) == .nothing)
        let last = watch.found(
            Self.proposals(with: other, there: 0, held: 20),
            areSynced: true,
            now: Self.later(10)
        )
        #expect(last.isHealed && watch.report == nil)
        #expect(watch.equal(.proposal, with: other, now: Self.later(11)) == .nothing)
    }

    @Test("ADR 0008, ADR 0064: small differences come and go without a partition")
    func small() {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        _ = watch.found(
            Self.proposals(there: 1, held: 99),
            areSynced: true,
            now: start
        )
        #expect(watch.equal(.proposal, with: peer, now: Self.later(1)) == .nothing)
    }

    @Test("ADR 0064: what nobody has shown for an hour is open no more")
    func lapsed() {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        _ = watch.found(
            Self.proposals(there: 10, held: 10),
            areSynced: true,
            now: start
        )
        let hour = SyncLimits.differenceMilliseconds
        #expect(watch.lookAround(isCatchingUp: false, now: Self.later(hour - 1)) == .nothing)
        #expect(
            watch.lookAround(isCatchingUp: false, now: Self.later(hour)).isHealed
                && watch.report == nil
        )
    }

    private static let relayed = Origin.gossip(relay: peer, topic: .peers, ticket: 1)

    @Test("R-12-017: what sync brings two cycles after it was said came out of a partition")
    func late() throws {
        let (age, quiet) = (2 * cycle, SyncLimits.lateQuietMilliseconds)
        let revocation = try Self.revocation()
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        watch.logged(revocation.admitted(at: Self.later(age)))
        watch.logged(revocation.admitted(from: Self.relayed, at: Self.later(age + 1)))
        let early = watch.lookAround(isCatchingUp: false, now: Self.later(age + quiet))
        #expect(early == .nothing)
        for wait in [1, quiet] {
            watch.logged(revocation.admitted(at: Self.later(age + wait)))
        }
        let last = age + 2 * quiet
        #expect(watch.lookAround(isCatchingUp: false, now: Self.later(last - 1)) == .nothing)
        #expect(watch.lookAround(isCatchingUp: true, now: Self.later(last)) == .nothing)
        #expect(watch.lookAround(isCatchingUp: false, now: Self.later(last)).isHealed)
        #expect(watch.lookAround(isCatchingUp: false, now: Self.later(last + 1)) == .nothing)
    }

    @Test("ADR 0064: who brings late things again and again puts nothing off for over an hour")
    func steady() throws {
        let (age, hour) = (3 * cycle, SyncLimits.differenceMilliseconds)
        let step = SyncLimits.lateQuietMilliseconds - 1
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        var healed: Int64?
        for wait in stride(from: 0, through: hour + step, by: Int(step)) where healed == nil {
            watch.logged(try Self.revocation().admitted(at: Self.later(age + wait)))
            let finding = watch.lookAround(isCatchingUp: false, now: Self.later(age + wait))
            if finding.isHealed { healed = wait }
        }
        #expect(try #require(healed) >= hour)
    }

    @Test("ADR 0064: what came within an hour before a start is looked at after it, and no more")
    func restarted() throws {
        let (age, hour) = (3 * cycle, SyncLimits.differenceMilliseconds)
        for (wait, isHealed) in [(hour - 1, true), (hour, false)] {
            var watch = PartitionWatch(cycleMilliseconds: cycle)
            watch.logged(try Self.revocation().admitted(at: Self.later(age)))
            watch.started(now: Self.later(age + wait))
            let finding = watch.lookAround(isCatchingUp: false, now: Self.later(age + wait))
            #expect(finding.isHealed == isHealed)
        }
    }

    @Test("ADR 0064: many peers that differ fill no memory")
    func bounded() {
        var watch = PartitionWatch(cycleMilliseconds: cycle)
        for number in 0...SyncLimits.openDifferencesMax {
            let node = NodeID.named("\(number)")
            let difference = Self.proposals(with: node, there: 10, held: 10)
            _ = watch.found(difference, areSynced: true, now: start)
        }
        #expect(watch.report?.peers == SyncLimits.openDifferencesMax)
    }
}

extension NodeID {
    /// A node that follows from a name.
    fileprivate static func named(_ name: String) -> NodeID { NodeID(MessageID.named(name).bytes) }
}
