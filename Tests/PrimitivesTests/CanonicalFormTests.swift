import Primitives
import Testing

@Suite("§2 Canonical form (RFC 8785)")
struct CanonicalFormTests {
    private func canonical(_ text: String) throws -> String {
        String(decoding: try scan(text).canonicalBytes(), as: UTF8.self)
    }

    @Test("D-01: members are ordered by UTF-16 units, so astral names come before U+E000")
    func utf16Order() throws {
        let sorted =
            "{\"\":0,\"a\":1,\"é\":2,\"\u{d7ff}\":3,\"\u{1f600}\":4,\"\u{e000}\":5,\"\u{ffff}\":6}"
        let members = try #require(try scan(sorted).root.members).reversed()
        let reversed = JSONValue.object(members.map { ($0.key, $0.value.value) })
        #expect(String(decoding: reversed.canonicalBytes(), as: UTF8.self) == sorted)
        #expect(try scan(sorted).isCanonical)
        let written = members.map { "\"\($0.key)\":\($0.value.integer ?? -1)" }
        let text = "{\(written.joined(separator: ","))}"
        #expect(try self.canonical(text) == sorted)
        #expect(try !scan(text).isCanonical)
    }

    @Test("the order is that of the names, not of their spelling")
    func escapedNames() throws {
        #expect(try self.canonical(#"{"b":1,"\u0061":2}"#) == #"{"a":2,"b":1}"#)
        #expect(try self.canonical(#"{"\u0061":2,"b":1}"#) == #"{"a":2,"b":1}"#)
    }

    @Test(
        "strings have the fewest escapes",
        arguments: [
            (#""\/""#, #""/""#), (#""\u0041""#, #""A""#), (#""\u000a""#, #""\n""#),
            (#""\u001F""#, #""\u001f""#), (#""\u001f""#, #""\u001f""#),
            (#""\u0000""#, #""\u0000""#),
            (#""\u0022\u005c""#, #""\"\\""#), (#""\ud83d\ude00""#, "\"😀\""),
            (#""\u00e9""#, "\"é\""),
            (#""\b\f\n\r\t""#, #""\b\f\n\r\t""#), (#""\u0008\u000c\u000d\u0009""#, #""\b\f\r\t""#),
            (#""\u007f""#, "\"\u{7f}\""),
        ]
    )
    func escapes(written: String, expected: String) throws {
        #expect(try self.canonical(written) == expected)
        #expect(try scan(written).isCanonical == (written == expected))
    }

    @Test("space is left out, and only its absence is canonical")
    func space() throws {
        #expect(try self.canonical(" { \"a\" : [ 1 , 2 ] } ") == #"{"a":[1,2]}"#)
        for text in [" 1", "1 ", "[ ]", "{ }", "[1 ]", "[1, 2]", #"{"a" :1}"#, #"{"a": 1}"#] {
            #expect(try !scan(text).isCanonical, "\(text)")
        }
    }

    @Test(
        "the fast path, the slow path and the writer agree on documents made by chance",
        arguments: 0..<20 as Range<UInt64>
    )
    func property(seed: UInt64) throws {
        var random = RandomJSON(numbers: SplitMix64(seed: seed))
        for _ in 0..<100 {
            let value = random.value()
            let expected = value.canonicalBytes()
            let careless = random.careless(value)
            let slow = try scan(careless)
            #expect(slow.canonicalBytes() == expected, "seed \(seed): \(careless)")
            let fast = try JSONDocument(scanning: expected)
            #expect(fast.isCanonical)
            #expect(fast.canonicalBytes() == expected)
            #expect(fast.root.value.canonicalBytes() == expected)
            if slow.isCanonical { #expect(Array(careless.utf8) == expected) }
        }
    }

    @Test("a change of one byte never keeps the canonical claim wrongly")
    func mutations() throws {
        var random = RandomJSON(numbers: SplitMix64(seed: 77))
        var read = 0
        for _ in 0..<2_000 {
            var bytes = random.value().canonicalBytes()
            let place = Int.random(in: bytes.indices, using: &random.numbers)
            bytes[place] = UInt8.random(in: 0...255, using: &random.numbers)
            if let document = try? JSONDocument(scanning: bytes) {
                read += 1
                let written = document.root.value.canonicalBytes()
                #expect(document.canonicalBytes() == written)
                if document.isCanonical { #expect(bytes == written) }
            }
        }
        #expect(read > 100)
    }

    @Test("the text for people holds the same values")
    func pretty() throws {
        var random = RandomJSON(numbers: SplitMix64(seed: 5))
        for _ in 0..<100 {
            let value = random.value()
            #expect(try scan(value.prettyText).canonicalBytes() == value.canonicalBytes())
        }
        let value = JSONValue.object([("a", .array([.integer(1)])), ("b", .emptyObject)])
        #expect(value.prettyText == "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}")
    }
}
