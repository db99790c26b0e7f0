import Primitives
import Testing

@Suite("§2 Order of members")
struct KeyOrderTests {
    private static let parts = [
        "", "a", "b", "ab", "abcdefgh", "é", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{1f600}", "/",
    ]

    /// Different names, in an order by chance.
    private func names(_ count: Int, _ random: inout RandomJSON) -> [String] {
        (0..<count).map { number in
            let part = Self.parts.randomElement(using: &random.numbers) ?? ""
            return part + String(number * 7_919 % 1_009, radix: 36) + part
        }.shuffled(using: &random.numbers)
    }

    /// An object with these members, spelt carelessly, and how deep it lies in others.
    private func document(_ names: [String], depth: Int, _ random: inout RandomJSON) -> String {
        let members = names.map { "\(random.careless(.string($0))) : \($0.utf8.count)" }
        return String(repeating: #"{"b":0,"a":"#, count: depth)
            + "{\(members.joined(separator: ","))}"
            + String(repeating: "}", count: depth)
    }

    /// The same, put together from the rule itself.
    private func canonical(_ names: [String], depth: Int) -> [UInt8] {
        let sorted = names.sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }
        let members = sorted.map { "\"\($0)\":\($0.utf8.count)" }
        let text =
            String(repeating: #"{"a":"#, count: depth) + "{\(members.joined(separator: ","))}"
            + String(repeating: #","b":0}"#, count: depth)
        return Array(text.utf8)
    }

    @Test(
        "D-01: any number of members, at any depth, comes in the order of UTF-16 units",
        arguments: [1, 2, 3, 31, 64, 65, 127, 1_000]
    )
    func order(count: Int) throws {
        var random = RandomJSON(numbers: SplitMix64(seed: UInt64(count)))
        for depth in [0, 1, 62] {
            let names = self.names(count, &random)
            let text = self.document(names, depth: depth, &random)
            let expected = self.canonical(names, depth: depth)
            let document = try scan(text)
            #expect(document.canonicalBytes() == expected)
            #expect(document.root.value.canonicalBytes() == expected)
            // In the order of the document, whatever the order of the bytes that are written.
            if depth == 0 { #expect(document.root.members?.map(\.key) == names) }
        }
    }

    @Test("D-03: a name that comes twice is refused, however far apart and however it is spelt")
    func duplicates() throws {
        var random = RandomJSON(numbers: SplitMix64(seed: 3))
        for count in [2, 3, 64, 65, 300] {
            var names = self.names(count, &random)
            let copy = try #require(names.randomElement(using: &random.numbers))
            let place = Int.random(in: 0...count, using: &random.numbers)
            names.insert(copy, at: place)
            #expect(scanError(self.document(names, depth: 0, &random)) == .duplicateMember(at: 0))
        }
    }

    @Test("a part of a document is written as the whole would be")
    func parts() throws {
        let document = try scan(#"{"x":[ {"b":1,"a":[ ]}, "\u0041" ],"c":"\u00e9"}"#)
        let list = try #require(document.root["x"])
        var output: [UInt8] = [0x20]
        list.appendCanonical(to: &output)
        try #require(document.root["c"]).appendCanonical(to: &output)
        #expect(String(decoding: output, as: UTF8.self) == #" [{"a":[],"b":1},"A"]"é""#)
        let elements = try #require(list.elements)
        #expect(
            elements.map { String(decoding: $0.canonicalBytes(), as: UTF8.self) }
                == [#"{"a":[],"b":1}"#, #""A""#]
        )
    }
}
