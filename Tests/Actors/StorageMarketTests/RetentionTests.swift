import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("Artefacts that nobody is owed go as the operator says")
struct RetentionTests {
    private static let own = 1
    private static let day: Int64 = 86_400_000

    private static func artefact(_ number: Int) -> [UInt8] { Fixture.artefact(100 * number) }
    private static func hash(_ number: Int) -> ContentHash { Fixture.hash(Self.artefact(number)) }

    /// A node with artefacts 1 to 6, the first of which has lain there longest, each a day longer than the next.
    ///
    /// Others offer all but the fifth; this node offers the third itself.
    private static func market(_ rule: ArtefactRetention, at now: Timestamp = Fixture.now) throws
        -> StorageMarketStateMachine
    {
        var (held, since): ([ContentHash: Int], [ContentHash: Timestamp]) = ([:], [:])
        for number in 1...6 {
            held[Self.hash(number)] = 100 * number
            since[Self.hash(number)] = now.adding(milliseconds: (Int64(number) - 7) * Self.day)
        }
        var machine = StorageMarketStateMachine(
            BlobInventory(held: held, since: since),
            own: try Fixture.node(Self.own),
            keeps: rule
        )
        let offered = [1, 2, 3, 4, 6].map { Self.artefact($0) }
        _ = machine.judge(try Fixture.share(offered, by: 7, at: now), now: now)
        let mine = try Fixture.admitted(
            .share([Self.artefact(3)]),
            by: Self.own,
            at: now,
            origin: .local(nil)
        )
        _ = machine.judge(mine, now: now)
        _ = machine.replayFinished(now: now)
        return machine
    }

    /// What is dropped at a time, by number.
    private static func dropped(
        _ machine: inout StorageMarketStateMachine,
        at now: Timestamp
    ) -> [Int] {
        let entropy = [UInt8](repeating: 0, count: 32)
        return machine.woke(now: now, entropy: entropy).compactMap { action in
            guard case .remove(let content, let task) = action else { return nil }
            let report = BlobReport(task: task, outcome: .removed(content))
            _ = machine.reported(report, now: now)
            return (1...6).first { Self.hash($0) == content }
        }
    }

    private static let soon = Fixture.now.adding(milliseconds: 60_000)

    @Test("by age: what others offer and this node does not goes, the oldest first, and is counted")
    func age() throws {
        var machine = try Self.market(ArtefactRetention(days: 3))
        #expect(machine.pause(from: Fixture.now).map { $0 <= 60_000 } == true)
        #expect(Self.dropped(&machine, at: Fixture.now).isEmpty)
        #expect(Self.dropped(&machine, at: Self.soon) == [1, 2, 4])
        let status = machine.status()
        #expect(status.droppedArtefacts == 3 && status.droppedBytes == 700)
        #expect(status.storedArtefacts == 3)
        // The sixth is a day old now, and three in two days.
        #expect(Self.dropped(&machine, at: Self.soon.adding(milliseconds: 3_600_000)).isEmpty)
    }

    @Test("by bytes: the oldest go until the rest fits, but not what has just come")
    func bytes() throws {
        var machine = try Self.market(ArtefactRetention(bytes: 1_000))
        // What may go is 1, 2, 4 and 6: 1,300 bytes.
        #expect(Self.dropped(&machine, at: Self.soon) == [1, 2])
        var strict = try Self.market(ArtefactRetention(bytes: 0))
        let used = StoredBlob(hash: Self.hash(1), size: 100, path: "")
        _ = strict.reported(BlobReport(task: 999, outcome: .stored(used)), now: Fixture.now)
        #expect(Self.dropped(&strict, at: Self.soon) == [2, 4, 6])
    }

    @Test("nothing goes unless the operator says so, and lists say what may")
    func lists() throws {
        var all = try Self.market(.everything)
        #expect(Self.dropped(&all, at: Self.soon.adding(milliseconds: 100 * Self.day)).isEmpty)
        func mayGo(_ machine: StorageMarketStateMachine) -> [Int] {
            let question = FindContent(text: "", tags: [], limit: 100)
            let rows = machine.find(question, now: Self.soon).found.filter(\.mayGo)
            return (1...6).filter { number in rows.contains { $0.hash == Self.hash(number) } }
        }
        #expect(mayGo(all).isEmpty)
        #expect(mayGo(try Self.market(ArtefactRetention(days: 300))) == [1, 2, 4, 6])
    }

    @Test("what others offered once and do not repeat is the last copy, and stays")
    func silentHosts() throws {
        let before = Fixture.now.adding(milliseconds: -60 * Self.day)
        var machine = try Self.market(ArtefactRetention(days: 1), at: before)
        #expect(Self.dropped(&machine, at: Fixture.now).isEmpty)
    }
}
