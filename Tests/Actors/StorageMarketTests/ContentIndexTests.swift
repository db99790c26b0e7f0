import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

extension ContentIndex {
    /// Takes in a message of whom its sender acted for at arrival.
    mutating func add(_ admitted: AdmittedMessage) {
        self.add(admitted, of: admitted.sender.identity)
    }
}

@Suite("§6 Content discovery")
struct ContentIndexTests {
    private func index(_ messages: [AdmittedMessage]) -> ContentIndex {
        messages.reduce(into: ContentIndex()) { $0.add($1) }
    }

    private func find(
        _ text: String = "",
        tags: [String] = [],
        in index: ContentIndex,
        held: [ContentHash: Int] = [:],
        now: Timestamp = Fixture.now
    ) -> [FoundContent] {
        let query = ContentQuery(FindContent(text: text, tags: tags, limit: 1))
        return index.find(query, limit: 50, HeldArtefacts(held), Standings(), now: now)
    }

    private func later(_ minutes: Int64) -> Timestamp {
        Fixture.now.adding(milliseconds: minutes * 60_000)
    }

    @Test("R-06-142, R-06-143: words of names, descriptions and tags are found, in any case")
    func words() throws {
        let one = Fixture.described(
            [1],
            filename: "Déploiement-Guide.md",
            "How to deploy a Node",
            tags: ["ops", "Linux"]
        )
        let other = Fixture.described([2], "A recipe", tags: ["cooking"])
        let index = self.index([try Fixture.share([one, other], by: 1)])
        for text in ["deploy", "DEPLOY node", "dep no", "déploiement", "guide md", "linux ops"] {
            #expect(self.find(text, in: index).map(\.hash) == [Fixture.hash([1])], "\(text)")
        }
        for text in ["eploy", "deploy recipe", "nodes", "xyz"] {
            #expect(self.find(text, in: index).isEmpty, "\(text)")
        }
        #expect(self.find(in: index).count == 2)
        #expect(self.find(tags: ["COOKING"], in: index).map(\.hash) == [Fixture.hash([2])])
        #expect(self.find(tags: ["cook"], in: index).isEmpty)
        #expect(self.find("recipe", tags: ["ops"], in: index).isEmpty)
    }

    @Test("a search goes on behind a place, whatever was shared meanwhile")
    func pages() throws {
        let contents = (1...4).map { Fixture.described([UInt8($0)], "words") }
        var index = self.index([try Fixture.share(contents, by: 1)])
        let all = self.find("words", in: index)
        #expect(all.count == 4)
        index.add(try Fixture.share([Fixture.described([9], "words")], by: 2, at: self.later(1)))
        for (number, row) in all.enumerated() {
            let question = FindContent(text: "words", tags: [], limit: 9, after: ContentPlace(row))
            let rest = index.find(
                ContentQuery(question),
                limit: 9,
                HeldArtefacts([:]),
                Standings(),
                now: self.later(1)
            )
            #expect(rest.map(\.hash) == all.dropFirst(number + 1).map(\.hash))
        }
    }

    @Test("a found artefact is shown as it was described, with its hosts and whether it is here")
    func rows() throws {
        let content = Fixture.described([1, 2], filename: "a", "text", tags: ["t"])
        let index = self.index([
            try Fixture.share([content], by: 1), try Fixture.share([content], by: 2),
        ])
        let row = try #require(self.find(in: index, held: [Fixture.hash([1, 2]): 2]).first)
        #expect(row.contentType == "text/plain" && row.size == 2)
        #expect(row.filename == "a" && row.description == "text" && row.tags == ["t"])
        #expect(row.hosts == 2 && row.isHeld)
        #expect(!row.isReplicated && !row.isProposed)
        #expect(row.lastSharedAt == Fixture.now)
        #expect(try #require(self.find(in: index).first).isHeld == false)
    }

    @Test("R-06-009: a host that has not repeated its SHARE for 65 minutes is none any more")
    func expiry() throws {
        var index = self.index([try Fixture.share([[1]], by: 1)])
        let hash = Fixture.hash([1])
        let host = try Fixture.node(1)
        let last = self.later(65).adding(milliseconds: -1)
        #expect(index.hosts(of: hash, now: last) == [host])
        #expect(index.hosts(of: hash, now: self.later(65)).isEmpty)
        #expect(self.find(in: index, now: self.later(65)).first?.hosts == 0)
        index.add(try Fixture.share([[1]], by: 1, at: self.later(30)))
        #expect(index.hosts(of: hash, now: self.later(94)) == [host])
        // What comes late says nothing new.
        index.add(try Fixture.share([[1]], by: 1, at: self.later(-30)))
        #expect(index.hosts(of: hash, now: self.later(94)) == [host])
        #expect(index.hosts(of: hash, now: self.later(95)).isEmpty)
    }

    @Test("R-06-003: what is replicated or proposed is found, too, and no host because of it")
    func kinds() throws {
        let propose = Draft.proposal(title: "Sevens", content: [7], until: self.later(9))
        let index = self.index([
            try Fixture.admitted(.upload([6]), by: 2), try Fixture.admitted(propose, by: 1),
        ])
        let replicated = try #require(self.find(in: index).first { $0.hash == Fixture.hash([6]) })
        #expect(replicated.isReplicated && !replicated.isProposed && replicated.hosts == 0)
        let proposed = try #require(self.find("sevens", in: index).first)
        #expect(proposed.hash == Fixture.hash([7]))
        #expect(!proposed.isReplicated && proposed.isProposed && proposed.hosts == 0)
        #expect(index.hosts(of: Fixture.hash([7]), now: Fixture.now).isEmpty)
    }

    @Test("of several descriptions that of whoever spoke first is shown; all are searched")
    func descriptions() throws {
        let index = self.index([
            try Fixture.share([Fixture.described([1], "false")], by: 2, at: self.later(1)),
            try Fixture.share([Fixture.described([1], "true")], by: 1),
        ])
        #expect(self.find("false", in: index).first?.description == "true")
    }

    @Test("those with most hosts come first, then what was shared last")
    func order() throws {
        let index = self.index([
            try Fixture.share([[1]], by: 1), try Fixture.share([[2]], by: 1, at: self.later(1)),
            try Fixture.share([[3]], by: 1), try Fixture.share([[3]], by: 2),
        ])
        let hashes = self.find(in: index, now: self.later(1)).map(\.hash)
        #expect(hashes == [[3], [2], [1]].map { Fixture.hash($0) })
    }

    @Test("hosts of one artefact are bounded; only those whose time is over give way")
    func hostsBounded() throws {
        let most = StorageMarketLimits.hostsPerArtefactMax
        var index = ContentIndex()
        for host in 0..<most + 5 { index.add(try Fixture.share([[1]], by: host)) }
        let hash = Fixture.hash([1])
        let known = Set(index.hosts(of: hash, now: Fixture.now))
        #expect(known == Set(try (0..<most).map(Fixture.node)))
        index.add(try Fixture.share([[1]], by: most, at: self.later(65)))
        #expect(index.hosts(of: hash, now: self.later(65)) == [try Fixture.node(most)])
    }

    @Test(
        "T15: keys that nobody knows fill no list of hosts: who has earned more takes their place"
    )
    func proven() throws {
        let most = StorageMarketLimits.hostsPerArtefactMax
        var index = ContentIndex()
        func share(_ host: Int, minute: Int64, score: Int64, identity: Int? = nil) throws {
            let time = self.later(minute)
            index.add(
                try Fixture.admitted(
                    Draft.share([[1]]),
                    by: host,
                    // Everybody can sign an early time.
                    at: host < most ? self.later(minute - 60) : time,
                    arrival: time,
                    identity: identity,
                    reputation: score
                )
            )
        }
        for round in 0..<4 as Range<Int64> {
            for host in 0..<most { try share(host, minute: round * 30, score: 200_000) }
        }
        let now = self.later(90)
        // Somebody as unknown as they are finds no place.
        try share(most, minute: 90, score: 200_000)
        #expect(!index.hosts(of: Fixture.hash([1]), now: now).contains(try Fixture.node(most)))
        for host in most + 1...most + 2 { try share(host, minute: 90, score: 200_001) }
        let hosts = index.hosts(of: Fixture.hash([1]), now: now)
        #expect(hosts.count == most)
        #expect(Array(hosts.prefix(2)) == [try Fixture.node(most + 1), try Fixture.node(most + 2)])
        // The first two that were heard stay, in the order in which they were heard.
        #expect(hosts.dropFirst(2).contains(try Fixture.node(0)))
    }

    @Test("T15: one identity with many keys has four places among the hosts of an artefact")
    func manyKeys() throws {
        var index = ContentIndex()
        for key in 0..<20 {
            let time = self.later(Int64(key))
            index.add(try Fixture.share([Fixture.described([1])], by: key, at: time, identity: 99))
        }
        index.add(try Fixture.share([[1]], by: 50, at: self.later(20)))
        let hosts = index.hosts(of: Fixture.hash([1]), now: self.later(20))
        let expected = try (16..<20).map(Fixture.node) + [try Fixture.node(50)]
        #expect(Set(hosts) == Set(expected))
    }

    @Test("hosts are asked in the order in which they were heard, whatever time they sign")
    func heard() throws {
        var index = ContentIndex()
        for (number, minute) in [(1, 0), (2, -50), (3, -60)] as [(Int, Int64)] {
            let draft = Draft.share([[1]])
            let arrival = Fixture.now.adding(milliseconds: Int64(number))
            index.add(
                try Fixture.admitted(draft, by: number, at: self.later(minute), arrival: arrival)
            )
        }
        let hosts = index.hosts(of: Fixture.hash([1]), now: Fixture.now)
        #expect(hosts == (try (1...3).map(Fixture.node)))
    }

    @Test("T15: whoever shares too much loses its own oldest, and pushes out nobody else")
    func bounded() throws {
        var index = self.index([try Fixture.share([[255]], by: 1)])
        let most = StorageMarketLimits.indexedPerIdentityMax
        for batch in 0...(most / 50) {
            let contents = (0..<50).map { Fixture.described([UInt8(batch), UInt8($0)]) }
            let time = Fixture.now.adding(milliseconds: Int64(batch))
            index.add(try Fixture.share(contents, by: 2, at: time))
        }
        #expect(index.count == most + 1)
        #expect(index.hosts(of: Fixture.hash([255]), now: Fixture.now) == [try Fixture.node(1)])
        #expect(index.hosts(of: Fixture.hash([0, 0]), now: Fixture.now).isEmpty)
        #expect(!index.hosts(of: Fixture.hash([1, 0]), now: Fixture.now).isEmpty)
    }

    @Test("T15: when all together take too much, whoever speaks of most loses its oldest")
    func crowded() throws {
        var index = self.index([try Fixture.share([[255]], by: 1)])
        let text = String(repeating: "x", count: StorageMarketLimits.descriptionBytesMax)
        let tags = (0..<20).map { String(repeating: "\(10 + $0)", count: 32) }
        var shared = 0
        for sharer in 2..<24 {
            let contents = (0..<StorageMarketLimits.indexedPerIdentityMax).map {
                Fixture.described(
                    [UInt8(sharer), UInt8($0 % 256), UInt8($0 / 256)],
                    text,
                    tags: tags
                )
            }
            index.add(try Fixture.unsigned(.share(Share(entries: contents)), .share, by: sharer))
            shared += contents.count
        }
        #expect(index.count < shared)
        #expect(index.hosts(of: Fixture.hash([255]), now: Fixture.now) == [try Fixture.node(1)])
    }

    @Test("long texts of strangers are cut, never in the middle of a letter")
    func long() throws {
        let text = String(repeating: "é", count: 2_000)
        let content = Fixture.described([1], filename: text, text)
        let index = self.index([try Fixture.share([content], by: 1)])
        let row = try #require(self.find(in: index).first)
        #expect(row.filename?.utf8.count == 254)
        #expect(row.description?.utf8.count == StorageMarketLimits.descriptionBytesMax)
        #expect(text.hasPrefix(row.filename ?? "-"))
    }

    @Test("what a key said stands under the identity that it acts for from now on")
    func moves() throws {
        var index = self.index([try Fixture.share([[1]], by: 1)])
        let before = index.digest
        let (old, new) = (try Fixture.node(1), try Fixture.node(2))
        index.move(old, to: new)
        #expect(index.digest != before)
        #expect(index.hosts(of: Fixture.hash([1]), now: Fixture.now) == [old], "the host is a key")
        let direct = self.index([
            try Fixture.share([Fixture.described([1])], by: 1, identity: 2)
        ])
        #expect(StateRecord(index).normal() == StateRecord(direct).normal())
    }

    @Test("ADR 0041: every stored property of the books of content is in the digest")
    func digest() throws {
        let omitted = [
            "ContentIndex.calendar": "is given, not folded",
            "ShareRates.hourly": "follows from the calendar",
        ]
        var walk = StateWalk(omitted: omitted, samples: StateWalk.commonSamples)
        var rates = ShareRates()
        walk.walk(rates)
        walk.walk(ContentIndex())
        rates.add(try Fixture.node(1), at: Fixture.now)
        walk.walk(rates)
        let content = Fixture.described([1], filename: "f", "d", tags: ["t"])
        let messages = [
            try Fixture.share([content], by: 1),
            try Fixture.share([content], by: 1, at: self.later(1)),
            try Fixture.share([Fixture.described([1, 2])], by: 2, at: self.later(2)),
            try Fixture.share(
                [
                    ContentDescription(
                        contentHash: Fixture.hash([3]),
                        contentType: "a/b",
                        contentSize: 9,
                        tags: []
                    )
                ],
                by: 3
            ),
            try Fixture.admitted(.upload([6]), by: 2, reputation: 200_000),
            try Fixture.admitted(.proposal(title: "t", content: [7], until: self.later(9)), by: 1),
        ]
        walk.walk(self.index(messages))
        #expect(walk.flaws.isEmpty, "\(walk.flaws)")
    }
}
