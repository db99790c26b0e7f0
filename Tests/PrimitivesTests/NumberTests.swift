import Primitives
import Testing

@Suite("§2 Fixed point and time")
struct NumberTests {
    @Test("sums and differences stay at the end of the range")
    func saturation() {
        let most = FixedPoint(millionths: .max)
        let least = FixedPoint(millionths: .min)
        #expect(most + .one == most)
        #expect(least - .one == least)
        #expect(least + least == least)
        #expect(most - least == most)
        #expect(least - most == least)
        #expect(.one + .zero == .one)
    }

    @Test("D-81: products are taken in full width and truncated towards zero")
    func products() {
        let third = FixedPoint(millionths: 333_333)
        #expect(third.multiplied(by: third).millionths == 111_110)
        #expect(FixedPoint(millionths: -333_333).multiplied(by: third).millionths == -111_110)
        let most = FixedPoint(millionths: .max)
        #expect(most.multiplied(by: .one) == most)
        #expect(most.multiplied(by: most) == most)
        #expect(FixedPoint(millionths: .min).multiplied(by: most).millionths == .min)
        #expect(most.scaled(numerator: .max, denominator: .max) == most)
        #expect(most.scaled(numerator: 1, denominator: 0) == .zero)
        #expect(FixedPoint(millionths: .min).scaled(numerator: 1, denominator: -1) == most)
    }

    @Test(
        "six decimals, always",
        arguments: [
            (0, "0.000000"), (1, "0.000001"), (-1, "-0.000001"), (1_000_000, "1.000000"),
            (-1_500_000, "-1.500000"), (Int64.max, "9223372036854.775807"),
            (Int64.min, "-9223372036854.775808"),
        ]
    )
    func text(millionths: Int64, expected: String) {
        #expect(FixedPoint(millionths: millionths).description == expected)
    }

    @Test("times stay at the end of the range")
    func times() {
        let last = Timestamp(milliseconds: .max)
        #expect(last.adding(milliseconds: 1) == last)
        #expect(Timestamp(milliseconds: .min).adding(milliseconds: -1).milliseconds == .min)
        #expect(last.milliseconds(since: Timestamp(milliseconds: -1)) == .max)
        #expect(Timestamp(milliseconds: .min).milliseconds(since: last) == .min)
        #expect(Timestamp(milliseconds: -2).milliseconds(since: last) == -.max - 1)
    }

    @Test(
        "D-41: the day is that of UTC, rounded down",
        arguments: [
            (0, 0), (86_399_999, 0), (86_400_000, 1), (-1, -1), (-86_400_000, -1),
            (-86_400_001, -2), (1_767_225_600_000, 20_454),
        ]
    )
    func days(milliseconds: Int64, day: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).utcDay == day)
    }
}

@Suite("§2 Hex, base64 and identifiers")
struct TextFormTests {
    @Test("D-04: hex has lower-case digits and an exact length")
    func hex() {
        #expect(Hex.encode([0x00, 0xab, 0xff] as [UInt8]) == "00abff")
        #expect(Hex.decode("00abff") == [0x00, 0xab, 0xff])
        #expect(Hex.decode("") == [])
        for text in ["0", "0g", "AB", "aB", " 0", "0 ", "0x", "００", "0\u{301}0"] {
            #expect(Hex.decode(text) == nil, "\(text)")
        }
        #expect(Hex.decode("00ab", count: 1) == nil)
        #expect(Hex.decode("00ab", count: 2) == [0x00, 0xab])
    }

    @Test("D-04: an identifier has 64 digits and is ordered like its bytes")
    func identifiers() throws {
        let text = String(repeating: "0f", count: 32)
        let node = try #require(NodeID(hex: text))
        #expect(node.hex == text && node.description == text)
        #expect(node.array == [UInt8](repeating: 0x0f, count: 32))
        #expect(NodeID(hex: text.uppercased()) == nil)
        #expect(NodeID(hex: String(text.dropLast())) == nil)
        #expect(NodeID(hex: text + "00") == nil)
        #expect(NodeID([UInt8](repeating: 1, count: 31)) == nil)
        var numbers = SplitMix64(seed: 3)
        let ids = (0..<200).map { _ in
            SHA256Digest.hash(withUnsafeBytes(of: numbers.next(), Array.init))
        }
        let byBytes = ids.sorted { $0.array.lexicographicallyPrecedes($1.array) }
        #expect(ids.sorted() == byBytes)
        #expect(ids.sorted { $0.hex < $1.hex } == byBytes)
    }

    @Test("RFC 4648 §10: the vectors of base64")
    func base64Vectors() {
        let vectors = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==",
            "fooba": "Zm9vYmE=", "foobar": "Zm9vYmFy",
        ]
        for (plain, text) in vectors {
            #expect(Base64.encode(Array(plain.utf8)) == text)
            #expect(Base64.decode(text) == Array(plain.utf8))
        }
    }

    @Test(
        "base64 has one spelling",
        arguments: [
            "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9v", "Zm9v\n", "====", "Z===", "=Zg=",
            "Zm_v", "Zg=v",
        ]
    )
    func base64Refusals(text: String) { #expect(Base64.decode(text) == nil) }

    @Test("base64 gives back any bytes")
    func base64RoundTrip() {
        var numbers = SplitMix64(seed: 11)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            let text = JSONValue.string(Base64.encode(bytes))
            #expect(JSONValue.base64(bytes).canonicalBytes() == text.canonicalBytes())
        }
    }

    @Test("what is no digit of base64 is refused wherever it stands", arguments: 0..<12)
    func base64Strangers(place: Int) {
        let digits = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for byte in 0...255 as ClosedRange<UInt8> {
            var text = Array("Zm9vYmFyZm9v".utf8)
            text[place] = byte
            // At the end "=" is a padding, under which bits of the digit before it are left.
            let read = text.withUnsafeBytes { Base64.decode($0) }
            #expect((read != nil) == digits.contains(byte), "\(byte)")
        }
    }
}
