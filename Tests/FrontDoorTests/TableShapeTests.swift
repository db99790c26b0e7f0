import Testing

@testable import valence_node

@Suite("Tables on a terminal and elsewhere")
struct TableShapeTests {
    private static let id = String(repeating: "a", count: 64)
    private static let columns = [
        Table.Column.text("ID"), .text("STATE"), .number("VOTES"), .text("TITLE"),
    ]

    private static func table(_ rows: [[String]]) -> Table { Table(Self.columns, rows: rows) }

    @Test("elsewhere than on a terminal everything is written, without heading and aligned")
    func pipe() {
        let long = String(repeating: "word ", count: 30)
        let printed = Self.table([["1", "open", "7", long], ["22", "x", "10", ""]]).lines(
            width: nil
        )
        #expect(printed.heading == nil)
        #expect(printed.body[0] == "1   open   7  " + long.dropLast())
        #expect(printed.body[1] == "22  x     10", "no spaces at the end")
    }

    @Test("on a terminal the last column is cut to the width, by columns and not by letters")
    func cut() {
        let rows = [
            ["1", "open", "7", "plain text that is longer"], ["2", "open", "8", "日本語の題名がここにある"],
        ]
        let printed = Self.table(rows).lines(width: 36)
        #expect(printed.heading == "ID  STATE  VOTES  TITLE")
        for line in printed.body { #expect(TextWidth.of(line) <= 36, "\(line)") }
        #expect(printed.body[0] == "1   open       7  plain text that i…")
        #expect(printed.body[1] == "2   open       8  日本語の題名がこ…")
    }

    @Test(
        "where too little is left, the last column stands on a line of its own; ids are never cut"
    )
    func wrap() {
        let rows = [[Self.id, "open", "7", "the title of it"], [Self.id, "open", "7", ""]]
        let printed = Self.table(rows).lines(width: 80)
        #expect(
            printed.body == [
                "\(Self.id)  open       7", "  the title of it", "\(Self.id)  open       7",
            ]
        )
        #expect(printed.heading?.hasSuffix("VOTES") == true)
        let narrow = Self.table(rows).lines(width: 10)
        #expect(narrow.body[0].hasPrefix(Self.id) && narrow.body[1] == "  the tit…")
    }

    @Test("a cell of a stranger stays in its line and moves no cursor")
    func strangers() {
        let printed = Self.table([["1", "open", "7", "a\nb\u{1B}[2J\u{202E}"]]).lines(width: nil)
        #expect(printed.body == ["1  open  7  a b\\u{1B}[2J\\u{202E}"])
    }

    @Test(
        "letters take the columns that terminals give them",
        arguments: [
            ("", 0), ("abc", 3), ("äöü", 3), ("e\u{301}", 1), ("日本", 4), ("한국", 4),
            ("ｆｕｌｌ", 8), ("👍🏽", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("❤️", 2), ("Ωж", 2),
        ]
    )
    func widths(text: String, columns: Int) {
        #expect(TextWidth.of(text) == columns)
    }

    @Test("nothing is cut in the middle of a letter, and what fits is not cut")
    func cutting() {
        #expect(TextWidth.cut("abc", to: 3) == "abc" && TextWidth.cut("abcd", to: 3) == "ab…")
        #expect(TextWidth.cut("日本語", to: 4) == "日…" && TextWidth.cut("日本語", to: 6) == "日本語")
        #expect(TextWidth.cut("abc", to: 0) == "" && TextWidth.cut("abc", to: 1) == "…")
    }
}
