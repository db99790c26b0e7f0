import Kernel
import Primitives
import Testing

@testable import Dashboard

/// A page, with the question by which tests name it.
private struct Shown: CustomTestStringConvertible {
    let place: DashboardPlace

    var testDescription: String { self.place.path }

    static let all = [
        DashboardPlace.overview, .proposals(after: nil), .proposals(after: "1.\(Sample.id)"),
        .proposal(Sample.id), .reputation(of: nil), .reputation(of: Sample.id), .peers, .storage,
        .sync,
        .topology, .events(concern: nil), .events(concern: "votes"),
    ].map { Shown(place: $0) }
}

@Suite("ADR 0077: pages of the dashboard")
struct PageTests {
    private static let pages = DashboardPages(version: "1.2.3")

    private static func text(_ place: DashboardPlace, _ answers: [String: String] = Sample.answers)
        async throws -> String
    {
        let page = try await Self.pages.page(place, at: SampleNode(answers))
        return String(decoding: page.bytes, as: UTF8.self)
    }

    @Test(
        "every page is whole, names itself in its head and in the list, and says what is known",
        arguments: Shown.all
    )
    fileprivate func whole(_ shown: Shown) async throws {
        let text = try await Self.text(shown.place)
        #expect(text.hasPrefix("<!doctype html>") && text.hasSuffix("</html>\n"))
        #expect(text.ranges(of: "<h1>").count == 1 && text.ranges(of: "<main").count == 1)
        #expect(text.contains("Version 1.2.3"))
        #expect(!text.contains("Not all is told"))
        // What the templates name is there, and nothing of them is left.
        #expect(!text.contains("{{") || text.contains("{{title}}"))
        let isOfList = shown.place.name != "Proposal" || text.contains(">Proposals</a>")
        #expect(isOfList && text.contains("aria-current=\"page\""))
    }

    @Test(
        "T20: a stranger's text is text on every page, and shows what it hid",
        arguments: Shown.all
    )
    fileprivate func strangers(_ shown: Shown) async throws {
        let text = try await Self.text(shown.place)
        #expect(!text.contains("<script>alert") && !text.contains("<img"))
        #expect(!text.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{202C}" })
        // A quote with a mark that combines with it ends no attribute.
        #expect(!text.unicodeScalars.contains("\u{301}") || text.contains("&quot;\u{301}"))
        // The name of the network stands on each.
        #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(text.contains(#"\u{202E}right"#))
    }

    @Test(
        "nothing runs within a page, and nothing is fetched but three files of this node",
        arguments: Shown.all
    )
    fileprivate func closed(_ shown: Shown) async throws {
        let text = try await Self.text(shown.place)
        #expect(text.ranges(of: "<script").count == 1 && text.ranges(of: "<link").count == 2)
        #expect(text.contains(#"<script type="module" src="/dashboard/live.js"></script>"#))
        for part in text.split(separator: "<").dropFirst() {
            let tag = part.prefix { $0 != ">" }
            #expect(!tag.contains(" style=") && !tag.contains(" onload="), "\(tag)")
        }
        for match in text.matches(of: /(?:href|src|action|poster)="([^"]*)"/) {
            #expect(match.output.1.hasPrefix("/dashboard/") || match.output.1 == "#main")
        }
    }

    @Test("an identity of somebody else in a path cannot leave it")
    func paths() {
        #expect(DashboardPlace.proposal(#"a"/../b?c=<d>"#).path == "/dashboard/proposals/a..bcd")
        #expect(DashboardPlace.events(concern: "votes&x=1").path == "/dashboard/events?for=votesx1")
    }

    @Test("no template writes anything unescaped, and each has a page that renders it")
    func templates() throws {
        #expect(Templates.sources.count == 15)
        for (name, bytes) in Templates.sources {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("{{{") && text.firstMatch(of: /\{\{\s*&/) == nil, "\(name)")
            #expect(!text.contains("CONTENT_TYPE") && !text.contains("style="), "\(name)")
            let attributes = text.matches(of: /[a-z-]+=([^" ]*)\{\{/).map { String($0.output.0) }
            // What stands in an attribute stands in quotes.
            #expect(
                attributes.allSatisfy { $0.hasPrefix("url=") },
                "\(name): \(attributes)"
            )
        }
    }

    @Test("a node that answers nothing has pages that say so")
    func silent() async throws {
        let text = try await Self.text(.overview, [:])
        #expect(text.contains("Not all is told: there is no brief_status"))
        let page = try await Self.pages.page(.proposal(Sample.id), at: SampleNode([:]))
        #expect(page.status == 404)
    }

    @Test("a page has 100 kB at most with all that belongs to it, also when there is much to tell")
    func weight() async throws {
        let files = DashboardFile.all.map(\.bytes.count).reduce(0, +)
        for shown in Shown.all {
            let page = try await Self.pages.page(
                shown.place,
                at: SampleNode(Sample.answers, repeating: 70)
            )
            let bytes = page.bytes.count
            #expect(bytes + files <= DashboardLimits.pageBytesMax, "\(shown.place.path): \(bytes)")
        }
        let module = try #require(DashboardFile.all.first { $0.name == "live.js" })
        #expect(module.bytes.count <= DashboardLimits.moduleBytesMax)
    }
}

@Suite("ADR 0077: what is drawn and written")
struct DrawingTests {
    @Test("an escape goes by scalars, where one by characters would be led astray")
    func escape() {
        let escape = PageEscape()
        #expect(escape.escapeText(#"<a b="c">&'"#) == "&lt;a b=&quot;c&quot;&gt;&amp;&#39;")
        for mark in ["\u{301}", "\u{200D}", "\u{FE0F}"] {
            #expect(escape.escapeText("\"\(mark)").utf8.starts(with: "&quot;".utf8))
            #expect(!escape.escapeText("\u{600}<\(mark)").utf8.contains(UInt8(ascii: "<")))
        }
    }

    @Test(
        "a bar is as long as what there is, and its goal stands where it takes",
        arguments: [
            (0, 500, "0", "833"), (250, 500, "416", "833"), (500, 500, "833", "833"),
            (1_000, 500, "833", "416"),
        ]
    )
    func bar(reached: Int64, needed: Int64, width: String, goal: String) {
        let view = BarChart.view("x", "y", reached: reached, needed: needed, isPassed: false)
        #expect(view["barWidth"] as? String == width && view["barGoal"] as? String == goal)
    }

    @Test("bars of nothing, and of what no number holds, stay within the picture")
    func extremes() {
        for (reached, needed) in [(nil, 0), (Int64.max, Int64.max), (Int64.min, 1), (5, -5)]
            as [(Int64?, Int64)]
        {
            let view = BarChart.view("x", "y", reached: reached, needed: needed, isPassed: false)
            let width = (view["barWidth"] as? String).flatMap { Int($0) }
            #expect(width.map { (0...1_000).contains($0) } == true)
        }
    }

    @Test("figures are written as people read them")
    func words() {
        #expect(Words.amount(250_000) == "0.250" && Words.amount(250_001) == "0.250001")
        #expect(Words.change(-5_000) == "-0.005" && Words.change(5_000) == "+0.005")
        #expect(Words.count(1_234_567) == "1\u{A0}234\u{A0}567" && Words.count(nil) == "–")
        #expect(Words.count(-1_000) == "-1\u{A0}000" && Words.bytes(12_345_678) == "12 MB")
        #expect(Words.span(5_000) == "5000 ms" && Words.span(3_600_000) == "60 min")
        #expect(Words.short(Sample.id) == "0a0a0a0a0a0a")
    }

    @Test("the road of a score has its beginning, its present and its gate in their places")
    func road() throws {
        let score = JSONValue.object([
            ("overall", .integer(500_000)),
            ("start", .object([("score", .integer(200_000))])),
            ("next_gate", .object([("score", .integer(1_000_000))])),
        ])
        let view = try #require(RoadChart.view(score))
        #expect(view["roadFrom"] as? String == "70" && view["roadTo"] as? String == "160")
        let stops = try #require(view["roadStops"] as? [View])
        #expect(stops.compactMap { $0["stopX"] as? String } == ["70", "310", "160"])
        #expect(RoadChart.view(.emptyObject) == nil)
        let line = try #require(LineChart.view([300_000, 250_000], from: 200_000))
        #expect(line["points"] as? String == "10,76 160,16 310,46")
        #expect(LineChart.view([], from: 200_000) == nil)
    }

    @Test("peers of one network share a box, and what is too much is counted")
    func map() throws {
        let peers = (0..<100).map { number in
            JSONValue.object([
                ("network", .string(number < 70 ? "10.0/16" : "192.\(number)/16")),
                ("connected", .bool(number == 0)), ("authenticated", .bool(true)),
            ])
        }
        let map = NetworkMap(peers)
        #expect(map.groups.count == 31 && map.groups.first?.peers.count == 70)
        #expect(map.groups.first?.connectedCount == 1)
        let view = try #require(map.view)
        let boxes = try #require(view["groups"] as? [View])
        #expect(boxes.count == DashboardLimits.networksMax)
        #expect((boxes[0]["boxName"] as? String)?.hasSuffix("(37 more)") == true)
        #expect((boxes[0]["dots"] as? [View])?.first?["dotKind"] as? String == "connected")
        #expect(NetworkMap([]).view == nil)
    }

    @Test("rates are what was handled meanwhile, and none where there is no past")
    func rates() {
        #expect(TopologyPage.rates([], [], within: .zero).isEmpty)
        #expect(RateWords.text(3.14159) == "3.1" && RateWords.text(1_234.5) == "1235")
    }
}
