import Testing

@testable import Primitives

@Suite("§2 Strict JSON (D-03)")
struct JSONScannerTests {
    @Test(
        "D-03: a number is an integer in plain form",
        arguments: ["1.0", "1e3", "1E3", "-0", "01", "-01", "-", "+1", ".5", "0x1", "00"]
    )
    func numbers(text: String) {
        #expect(scanError(text) != nil)
        #expect(scanError("[\(text)]") != nil)
    }

    @Test("D-03: integers reach from -(2^53 - 1) to 2^53 - 1")
    func range() throws {
        #expect(try scan("9007199254740991").root.integer == 9_007_199_254_740_991)
        #expect(try scan("-9007199254740991").root.integer == -9_007_199_254_740_991)
        #expect(scanError("9007199254740992") == .numberOutOfRange(at: 0))
        #expect(scanError("-9007199254740992") == .numberOutOfRange(at: 0))
        let long = String(repeating: "9", count: 1_000)
        #expect(scanError("[\(long)]") == .numberOutOfRange(at: 1))
    }

    @Test(
        "D-03: two members of one name make a document malformed, however they are spelled",
        arguments: [
            #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#,
            #"{"\u0061":1,"b":0,"a":2}"#, #"{"/":1,"\/":2}"#, #"{"😀":1,"\ud83d\ude00":2}"#,
            #"{"":1,"":2}"#,
        ]
    )
    func duplicates(text: String) {
        #expect(scanError(text) == .duplicateMember(at: 0))
        #expect(scanError("[\(text)]") == .duplicateMember(at: 1))
    }

    @Test("D-02: names that only look alike are two names")
    func lookAlikes() throws {
        let document = try scan("{\"é\":1,\"e\u{301}\":2}")
        #expect(document.root["é"]?.integer == 1)
        #expect(document.root["e\u{301}"]?.integer == 2)
        #expect(JSONValue.string("é") != JSONValue.string("e\u{301}"))
    }

    @Test(
        "half of a surrogate pair is refused",
        arguments: [
            #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800\ud800""#, #""\ud83dx""#,
            #""\ud83d\n""#,
        ]
    )
    func surrogates(text: String) { #expect(scanError(text) == .loneSurrogate(at: 1)) }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", " ", "nul", "tru", "True", "NaN", "[1,]", "[,1]", "{\"a\":1,}", "{\"a\" 1}",
            "{a:1}", "{1:1}", "[1 2]", "[1", "{\"a\":", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"",
            "\"\\u12g4\"", "1 2", "{}{}", "'a'", "\u{feff}1", "[1]//", "\"\u{1}\"", "\"\n\"",
        ]
    )
    func malformed(text: String) { #expect(scanError(text) != nil) }

    @Test(
        "what is not UTF-8 is refused",
        arguments: [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3],
            [0xe2, 0x82], [0xff],
        ] as [[UInt8]]
    )
    func utf8(bytes: [UInt8]) {
        #expect(throws: JSONError.invalidUTF8(at: 1)) {
            try JSONDocument(scanning: [0x22] + bytes + [0x22])
        }
    }

    @Test("values are read as they are written")
    func reading() throws {
        let root = try scan(#" {"t":true,"f":false,"n":null,"s":"\u00e9\n😀","a":[0,-7]} "#).root
        #expect(root.kind == .object && root.count == 5)
        #expect(root["t"]?.bool == true)
        #expect(root["f"]?.bool == false)
        #expect(root["n"]?.isNull == true)
        #expect(root["s"]?.string == "é\n😀")
        #expect(root["s"]?.stringUTF8Count == 7)
        #expect(root["a"]?.elements?.map(\.integer) == [0, -7])
        #expect(root["x"] == nil)
        #expect(root["t"]?.integer == nil && root["a"]?["t"] == nil && root["s"]?.elements == nil)
        #expect(root.members?.map(\.key) == ["t", "f", "n", "s", "a"])
    }

    // MARK: Limits

    @Test("D-17: a document is refused by its length before anything is read")
    func bytes() {
        var limits = JSONLimits.message
        #expect(limits.bytesMax == 8_388_608)
        limits.bytesMax = 4
        #expect(scanError("nonsense", limits) == .tooLong(bytes: 8, limit: 4))
        #expect(scanError("null", limits) == nil)
    }

    @Test("RUSTSEC-2024-0012: nesting is bounded at every depth, before the stack is")
    func depth() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        let limit = JSONLimits.message.depthMax
        #expect(scanError(nested(limit)) == nil)
        #expect(scanError(nested(limit + 1)) == .tooDeep(at: limit, limit: limit))
        #expect(scanError(nested(1_000_000)) == .tooDeep(at: limit, limit: limit))
        let objects = String(repeating: "{\"a\":", count: limit + 1)
        #expect(scanError(objects) == .tooDeep(at: 5 * limit, limit: limit))
    }

    @Test("C1-14: a document of any number of values is read; its tape is bounded by its bytes")
    func values() throws {
        var limits = JSONLimits.message
        limits.bytesMax = 1_048_577
        // The most values that fit: one for two bytes, and the array.
        let count = limits.bytesMax / 2
        let text = "[" + String(repeating: "1,", count: count - 1) + "1]"
        let document = try scan(text, limits)
        #expect(document.root.count == count && document.isCanonical)
        #expect(document.tape.count * MemoryLayout<JSONEntry>.stride <= 8 * limits.bytesMax + 16)
        let members = (0..<70_001).map { "\"\(70_001 - $0)\":[]" }.joined(separator: ",")
        #expect(try scan("{\(members)}").root.count == 70_001)
        #expect(scanError("{\(members),\"1\":0}") == .duplicateMember(at: 0))
    }
}
