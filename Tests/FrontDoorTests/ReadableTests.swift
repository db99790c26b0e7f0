import Primitives
import Testing

@testable import valence_node

@Suite("T20: words of peers on a terminal")
struct PeerTextTests {
    @Test(
        "T20: what could move a cursor, colour or turn text is shown by its number",
        arguments: [
            ("\u{1B}[2J", "\\u{1B}[2J"), ("a\u{7}b", "a\\u{7}b"), ("\u{202E}abc", "\\u{202E}abc"),
            ("\u{200B}", "\\u{200B}"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("\u{9B}31m", "\\u{9B}31m"), ("\u{FEFF}", "\\u{FEFF}"), ("\u{E000}", "\\u{E000}"),
            ("\0", "\\u{0}"), ("a\rb", "a\\u{D}b"), ("\u{2028}", "\\u{2028}"),
        ]
    )
    func dangerous(text: String, shown: String) {
        #expect(Array(PeerText.visible(text).utf8) == Array(shown.utf8))
    }

    @Test(
        "what is only text stays as it is, in every script",
        arguments: [
            "plain", "Grüße", "日本語", "עברית", "e\u{301}", "👩\u{200D}👧", "می\u{200C}خواهم",
            "a\tb\nc", "", "\u{A0}",
        ]
    )
    func harmless(text: String) {
        #expect(Array(PeerText.visible(text).utf8) == Array(text.utf8))
    }

    @Test("line ends of other systems become line ends, and lone returns are shown")
    func lineEnds() {
        #expect(PeerText.visible("a\r\nb\r\n") == "a\nb\n")
        #expect(Array(PeerText.visible("a\r\r\n").utf8) == Array("a\\u{D}\n".utf8))
    }

    @Test(
        "one line is one line, whatever ends lines elsewhere",
        arguments: ["a\nb", "a\rb", "a\tb", "a\u{2028}b", "a\u{2029}b"]
    )
    func oneLine(text: String) {
        #expect(PeerText.shown(text) == "a b")
    }

    @Test("a line is cut by bytes between two scalars, and says so")
    func cut() {
        #expect(PeerText.shown("abcdef", bytesMax: 6) == "abcdef")
        #expect(PeerText.shown("abcdefg", bytesMax: 6) == "abcdef…")
        #expect(PeerText.shown("aüü", bytesMax: 4) == "aü…")
        #expect(PeerText.shown("ü", bytesMax: 1) == "…")
        let marks = "e" + String(repeating: "\u{301}", count: 1_000)
        #expect(PeerText.shown(marks).utf8.count <= 200 + "…".utf8.count)
    }

    @Test("the numbers of what is dangerous count for the length")
    func cutAfterEscaping() {
        let shown = PeerText.shown(String(repeating: "\u{1B}", count: 100), bytesMax: 30)
        #expect(shown == String(repeating: "\\u{1B}", count: 5) + "…")
    }

    @Test("T20: of several lines each is set in, and an empty one stays empty")
    func lines() {
        #expect(PeerText.lines("a\n\nb\n") == "  a\n\n  b\n")
        #expect(PeerText.lines("node      fake") == "  node      fake")
        #expect(PeerText.lines("abc", bytesMax: 2) == "  ab…")
    }

    @Test(
        "T20: JSON says the same in harmless characters, and reads back as it was",
        arguments: [
            "plain", "Grüße", "\u{202E}x", "\u{9B}", "\u{10FFFD}", "\u{E0001}a", "\\\"\u{7F}",
        ]
    )
    func json(text: String) throws {
        let bytes = JSONValue.object([("k", .string(text))]).canonicalBytes()
        let escaped = PeerText.escaped(json: bytes)
        let read = try JSONDocument(scanning: escaped).root.value
        let back = try #require(read["k"]?.string)
        #expect(Array(back.unicodeScalars) == Array(text.unicodeScalars))
        let shown = String(decoding: escaped, as: UTF8.self)
        #expect(
            !shown.unicodeScalars.contains {
                "\u{202E}\u{9B}\u{10FFFD}\u{E0001}".unicodeScalars.contains($0)
            }
        )
    }

    @Test("JSON without such characters is not touched")
    func untouched() {
        let bytes = JSONValue.object([("k", .string("ü\u{200D}"))]).canonicalBytes()
        #expect(PeerText.escaped(json: bytes) == bytes)
    }
}

@Suite("Numbers as people read them")
struct ReadableNumberTests {
    @Test(
        "spans have the largest unit of which there are some",
        arguments: [
            (0, "0 ms"), (9_999, "9999 ms"), (10_000, "10 s"), (119_999, "119 s"),
            (120_000, "2 min"), (7_199_999, "119 min"), (7_200_000, "2 h"),
            (172_799_999, "47 h"), (172_800_000, "2 days"), (.max, "106751991167 days"),
        ] as [(Int64, String)]
    )
    func spans(milliseconds: Int64, text: String) {
        #expect(Spans.text(milliseconds) == text)
    }

    @Test(
        "storage is told in kB, MB and GB",
        arguments: [
            (0, "0 kB"), (999, "0 kB"), (999_999, "999 kB"), (1_000_000, "1 MB"),
            (9_999_999_999, "9999 MB"), (10_000_000_000, "10 GB"),
        ] as [(Int64, String)]
    )
    func storage(bytes: Int64, text: String) {
        #expect(Bytes.text(bytes) == text)
    }

    @Test("scores have six decimals, changes a sign, and what is not known a dash")
    func scores() {
        #expect(Score.text(500_000) == "0.500000" && Score.text(nil) == "-")
        #expect(Score.change(1_000) == "+0.001000" && Score.change(-1) == "-0.000001")
        #expect(Score.change(0) == "+0.000000" && Score.change(nil) == "-")
        #expect(Moments.text(nil) == "-" && Moments.text(0).hasPrefix("1970-01-01"))
    }

    @Test("times from now are positive and below 100 years")
    func hours() throws {
        let now = try Hours.fromNow(seconds: 0.001)
        let later = try Hours.fromNow(2)
        #expect(abs(later - now - 7_200_000) < 5_000)
        for seconds in [0, -1, 3_153_600_000, .infinity, .nan] {
            #expect(throws: CommandFailure.self) { try Hours.fromNow(seconds: seconds) }
        }
        #expect(try Hours.fromNow(seconds: 3_153_599_999) > now)
        #expect(throws: CommandFailure.self) { try Hours.fromNow(Int64.max) }
    }
}
