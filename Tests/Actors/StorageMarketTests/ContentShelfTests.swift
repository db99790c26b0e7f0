import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Content discovery: who speaks of which artefacts")
struct ContentShelfTests {
    private func later(_ minutes: Int64) -> Timestamp {
        Fixture.now.adding(milliseconds: minutes * 60_000)
    }

    /// A SHARE of many artefacts at once, which nobody signed.
    private func share(_ names: [[UInt8]], by host: Int, at time: Timestamp) throws
        -> AdmittedMessage
    {
        let contents = names.map { Fixture.described($0) }
        return try Fixture.unsigned(.share(Share(entries: contents)), .share, by: host, at: time)
    }

    @Test(
        "T15: whoever gave way to another host may share as much as everybody, at any time",
        .timeLimit(.minutes(1))
    )
    func displaced() throws {
        let (most, own) = (
            StorageMarketLimits.hostsPerArtefactMax, StorageMarketLimits.indexedPerIdentityMax
        )
        func many(_ host: Int) -> [[UInt8]] {
            (0..<own).map { [UInt8(host), UInt8($0 / 256), UInt8($0 % 256)] }
        }
        var index = ContentIndex()
        for host in 0..<most { index.add(try self.share([[1]], by: host, at: Fixture.now)) }
        index.add(try self.share([[1]], by: most, at: self.later(65)))
        #expect(index.hosts(of: Fixture.hash([1]), now: self.later(65)) == [try Fixture.node(most)])
        for host in 1...most { index.add(try self.share(many(host), by: host, at: self.later(66))) }
        #expect(index.hosts(of: Fixture.hash([1]), now: self.later(66)).isEmpty)
        index.add(try self.share(many(0), by: 0, at: self.later(67)))
        for name in many(0) {
            let hosts = index.hosts(of: Fixture.hash(name), now: self.later(67))
            #expect(hosts == [try Fixture.node(0)])
        }
    }

    @Test("an artefact is known by whoever its key acts for last, and by nobody before")
    func keysChange() throws {
        var index = ContentIndex()
        let (first, then) = (try Fixture.node(8), try Fixture.node(9))
        index.add(try self.share([[1]], by: 1, at: self.later(10)), of: first)
        // What is older comes later, when the key acts for somebody else already.
        index.add(try self.share([[1]], by: 1, at: self.later(0)), of: then)
        #expect(try Shelves(index).flaws.isEmpty)
        index.add(try self.share([[1]], by: 1, at: self.later(20)), of: first)
        #expect(try Shelves(index).flaws.isEmpty)
    }

    @Test("every artefact on a shelf is one that the identity speaks of, through any history")
    func shelves() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            var chance = HistoryGenerator(seed: seed)
            var index = ContentIndex()
            var time = Fixture.now
            for step in 0..<100 {
                let host = chance.number(0...39)
                time = time.adding(
                    milliseconds: chance.number(0...1) * chance.number(0...1_800_000)
                )
                switch chance.number(0...11) {
                case 0:
                    let names = (0..<260).map { _ in
                        [chance.number(0...2) as UInt8, chance.number(0...255)]
                    }
                    index.add(try self.share(names, by: host, at: time))
                case 1:
                    let other = try Fixture.node(chance.number(0...39))
                    index.move(try Fixture.node(host), to: other)
                case 2:
                    let other = try Fixture.node(chance.number(0...39))
                    index.add(
                        try self.share([[chance.number(0...3)]], by: host, at: time),
                        of: other
                    )
                default:
                    let names = (0..<3).map { _ in [chance.number(0...3) as UInt8] }
                    index.add(try self.share(names, by: host, at: time))
                }
                let flaws = try Shelves(index).flaws
                try #require(flaws.isEmpty, "seed \(seed), step \(step): \(flaws.prefix(3))")
            }
        }
    }
}

/// What an index wrote down of who speaks of what.
private struct Shelves {
    private var shelves: [String: Set<String>] = [:]
    private var spoken: [String: Set<String>] = [:]

    init(_ index: ContentIndex) throws {
        let record = StateRecord(index)
        for (hash, entry) in try record.table("entries") {
            for kind in ["hosts", "requests", "proposals"] {
                for (_, announcement) in try entry.table(kind) {
                    let identity = try #require(announcement.field("identity")).normal()
                    self.spoken[identity, default: []].insert(hash.normal())
                }
            }
        }
        for (identity, hashes) in try record.table("shelves") {
            self.shelves[identity.normal()] = Set(try hashes.values.map { $0.normal() })
        }
    }

    /// Where the shelves say something else than the announcements.
    var flaws: [String] {
        Set(self.shelves.keys).union(self.spoken.keys).sorted().filter {
            self.shelves[$0] != self.spoken[$0]
        }
    }
}

extension StateRecord {
    fileprivate func field(_ name: String) -> StateRecord? {
        guard case .fields(_, let fields) = self else { return nil }
        return fields.first { $0.name == name }?.value
    }

    fileprivate func table(_ name: String) throws -> [(key: StateRecord, value: StateRecord)] {
        guard case .table(let entries) = try #require(self.field(name)) else { return [] }
        return entries
    }

    fileprivate var values: [StateRecord] {
        get throws {
            guard case .list(let values) = self else { throw Difference("a shelf is no list") }
            return values
        }
    }
}
