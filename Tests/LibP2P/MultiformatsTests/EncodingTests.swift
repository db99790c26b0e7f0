import Cryptography
import Multiformats
import Primitives
import Testing

extension SplitMix64 {
    /// Hostile bytes that come again.
    mutating func bytes(upTo limit: UInt64) -> [UInt8] {
        let count = self.next() % (limit + 1)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: self.next()) }
    }
}

@Suite("Varints")
struct VarintTests {
    @Test(
        "Values are written in their shortest form",
        arguments: [
            (0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (255, "ff01"), (300, "ac02"),
            (16_384, "808001"), (1 << 63 - 1, "ffffffffffffffff7f"),
        ] as [(UInt64, String)]
    )
    func shortest(value: UInt64, hex: String) throws {
        #expect(Varint.length(of: value) == Varint.encode(value).count)
        #expect(Hex.encode(Varint.encode(value)) == hex)
        let bytes = try #require(Hex.decode(hex))
        let decoded = try #require(try Varint.decode((bytes + [0xff])[...]))
        #expect(decoded.value == value)
        #expect(decoded.length == bytes.count)
    }

    @Test("More bytes are waited for, up to nine", arguments: 0...8)
    func incomplete(count: Int) throws {
        let bytes = [UInt8](repeating: 0x80, count: count)
        #expect(try Varint.decode(bytes[...]) == nil)
    }

    @Test("Long and padded forms are refused")
    func refusals() {
        let endless = [UInt8](repeating: 0xff, count: 9)
        #expect(throws: VarintError.tooLong) { try Varint.decode(endless[...]) }
        #expect(throws: VarintError.tooLong) { try Varint.decode((endless + [1])[...]) }
        #expect(throws: VarintError.notMinimal) { try Varint.decode([0x81, 0x00]) }
        #expect(throws: VarintError.notMinimal) { try Varint.decode([0x80, 0x80, 0x00]) }
    }

    @Test("A slice is read from its own start")
    func slices() throws {
        let bytes: [UInt8] = [9, 9, 0xac, 0x02]
        #expect(try Varint.decode(bytes[2...])?.value == 300)
    }
}

@Suite("Base 58")
struct Base58Tests {
    @Test(
        "Known texts are written and read",
        arguments: [
            ("", ""), ("00", "1"), ("0000", "11"), ("61", "2g"), ("626262", "a3gV"),
            ("73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"),
            (
                "00eb15231dfceb60925886b67d065299925915aeb172c06647",
                "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"
            ),
            ("516b6fcd0f", "ABnLTmg"), ("10c8511e", "Rt5zm"),
        ]
    )
    func known(hex: String, text: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(Base58.encode(bytes) == text)
        #expect(Base58.decode(text) == bytes)
    }

    @Test(
        "Foreign characters and long texts are refused",
        arguments: ["0", "O", "I", "l", "a b", "ä"]
    )
    func refusals(text: String) {
        #expect(Base58.decode(text) == nil)
        #expect(Base58.decode(String(repeating: "2", count: 129)) == nil)
    }

    @Test("What is written is read again")
    func roundTrip() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<2_000 {
            let bytes = random.bytes(upTo: 64)
            #expect(Base58.decode(Base58.encode(bytes)) == bytes)
        }
    }
}

@Suite("Peer ids")
struct PeerIDTests {
    private static let keyHex = "4cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba29"
    private static let text = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"

    @Test("Key, bytes and both text forms name the same peer")
    func forms() throws {
        let raw = try #require(Hex.decode(Self.keyHex))
        let key = try #require(PublicKey(raw[...]))
        let peer = PeerID(ed25519: key)
        #expect(peer.description == Self.text)
        #expect(peer.ed25519Key == key)
        #expect(try PeerID(Self.text) == peer)
        #expect(try PeerID(bytes: peer.bytes) == peer)
        // A CIDv1 of codec libp2p-key in base 32, as the specification writes new ids.
        let cid = "b" + Self.base32([0x01, 0x72] + peer.bytes)
        #expect(try PeerID(cid) == peer)
    }

    @Test("A hashed id names a peer without showing its key")
    func hashed() throws {
        let peer = try PeerID("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")
        #expect(peer.bytes.count == 34)
        #expect(peer.ed25519Key == nil)
        #expect(peer.description == "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")
    }

    @Test(
        "Other multihashes are refused",
        arguments: ["", "00", "0024", "0001", "1220", "12210000", "1320", "002b", "0025080112"]
    )
    func refusedBytes(hex: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(throws: PeerIDError.multihash) { try PeerID(bytes: bytes) }
    }

    @Test("An id that holds more than 42 bytes is refused, and so is one cut short")
    func lengths() throws {
        #expect(throws: PeerIDError.multihash) {
            try PeerID(bytes: [0, 43] + [UInt8](repeating: 1, count: 43))
        }
        let peer = try PeerID(Self.text)
        #expect(throws: PeerIDError.multihash) { try PeerID(bytes: peer.bytes.dropLast()) }
        #expect(throws: PeerIDError.multihash) { try PeerID(bytes: peer.bytes + [0]) }
    }

    @Test(
        "Other texts are refused",
        arguments: ["0", "hello world", "b", "bafy", "bAFZAAJ", "z12D3KooW", "b1"]
    )
    func refusedText(text: String) {
        #expect(throws: PeerIDError.self) { try PeerID(text) }
    }

    @Test("An identity of another key type has no Ed25519 key")
    func otherKeyType() throws {
        let secp = try PeerID(bytes: [0, 37, 8, 2, 18, 33] + [UInt8](repeating: 2, count: 33))
        #expect(secp.ed25519Key == nil)
    }

    @Test("Ids are ordered by their bytes")
    func order() throws {
        let small = try PeerID(bytes: [0, 2, 1, 1])
        let large = try PeerID(bytes: [0, 2, 1, 2])
        #expect(small < large)
        #expect(!(large < small))
    }

    private static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        return stride(from: 0, to: bits.count, by: 5).reduce(into: "") { text, start in
            let digit = (0..<5).reduce(0) { value, offset in
                value << 1 | (start + offset < bits.count ? Int(bits[start + offset]) : 0)
            }
            text.append(alphabet[digit])
        }
    }
}

@Suite("Protobuf and keys")
struct ProtobufTests {
    @Test("Fields of all wire types are read in order")
    func wireTypes() throws {
        let bytes: [UInt8] =
            [0x08, 0x96, 0x01] + [0x12, 2, 7, 8] + [0x19, 1, 0, 0, 0, 0, 0, 0, 0]
            + [0x25, 2, 0, 0, 0]
        var reader = ProtobufReader(bytes[...])
        var fields: [ProtobufField] = []
        while let field = try reader.next() { fields.append(field) }
        #expect(fields.map(\.number) == [1, 2, 3, 4])
        #expect(fields.map(\.value) == [.varint(150), .bytes([7, 8]), .fixed64(1), .fixed32(2)])
    }

    @Test(
        "Broken messages are refused",
        arguments: [
            ("08", .truncated), ("1202aa", .truncated), ("19000000", .truncated),
            ("80", .truncated),
            ("0b", .wireType(3)), ("0e", .wireType(6)), ("00", .fieldNumber),
            ("0200", .fieldNumber),
            ("12ffffffffffffffffff01", .truncated), ("08ffffffffffffffffffff01", .varint),
        ] as [(String, ProtobufError)]
    )
    func broken(hex: String, error: ProtobufError) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(throws: error) {
            var reader = ProtobufReader(bytes[...])
            while try reader.next() != nil {}
        }
    }

    @Test("What the writer writes, the reader reads")
    func writing() throws {
        var writer = ProtobufWriter()
        writer.append(varint: .max, field: 1)
        writer.append(string: "é", field: 2)
        writer.append(bool: true, field: 536_870_911)
        var reader = ProtobufReader(writer.bytes[...])
        let fields = [try reader.next(), try reader.next(), try reader.next(), try reader.next()]
        #expect(fields[0]?.value == .varint(.max))
        #expect(fields[1]?.value == .bytes([0xc3, 0xa9]))
        #expect(fields[2]?.number == 536_870_911)
        #expect(fields[3] == nil)
    }

    @Test("A public key is written in one form and read in any order of its fields")
    func publicKeys() throws {
        let key = SigningKey.generate().publicKey
        let raw = key.rawBytes.array
        #expect(PublicKeyProtobuf.encode(key) == [8, 1, 0x12, 32] + raw)
        #expect(try PublicKeyProtobuf.decode(([0x12, 32] + raw + [8, 1])[...]) == key)
        #expect(throws: PublicKeyProtobufError.keyType(0)) {
            try PublicKeyProtobuf.decode(([8, 0, 0x12, 32] + raw)[...])
        }
        #expect(throws: PublicKeyProtobufError.keyLength(31)) {
            try PublicKeyProtobuf.decode(([8, 1, 0x12, 31] + raw.dropLast())[...])
        }
        #expect(throws: PublicKeyProtobufError.malformed) {
            try PublicKeyProtobuf.decode([8, 1])
        }
        #expect(throws: PublicKeyProtobufError.malformed) {
            try PublicKeyProtobuf.decode([8, 1, 0x12, 32, 0])
        }
    }

    @Test("Random bytes never trap")
    func randomBytes() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<20_000 {
            let bytes = random.bytes(upTo: 32)
            var reader = ProtobufReader(bytes[...])
            while let field = try? reader.next() { #expect(field.number > 0) }
            _ = try? PublicKeyProtobuf.decode(bytes[...])
            _ = try? PeerID(bytes: bytes)
        }
    }
}
