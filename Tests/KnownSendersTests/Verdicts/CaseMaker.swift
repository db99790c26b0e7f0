import CSodium
import Cryptography
import KnownSenders
import Primitives

/// Signatures of every kind that verifiers are known to disagree about, by chance from a seed.
struct CaseMaker {
    /// What is done to a good signature, or in its place.
    enum Kind: CaseIterable {
        case good, bitOfSignature, bitOfMessage, bitOfKey, otherKey, byteOfR, byteOfS
        case largeS, edgeS, smallOrderR, smallOrderKey, nonCanonicalR, nonCanonicalKey
        case mixedKey, mixedR, chance
    }

    /// A key with what signs by hand, and its table.
    struct Sender {
        let scalar: [UInt8]
        let key: [UInt8]
        let table: KnownSender?
        /// The same with a point of small order added to the key.
        let mixedKey: [UInt8]
        let mixedTable: KnownSender?
    }

    private(set) var senders: [Sender] = []
    private var chance: SplitMix64

    init(seed: UInt64, senders count: Int) {
        self.chance = SplitMix64(seed: seed)
        for _ in 0..<count { self.senders.append(self.sender()) }
    }

    /// The next case, its kind, and the table that belongs to the key, if it has one already.
    mutating func next() -> (kind: Kind, test: SignatureCase, table: KnownSender?) {
        // Every second one is good, as a fault that accepts nothing shows best there.
        let other = Kind.allCases[self.chance.index(below: Kind.allCases.count)]
        let kind = self.chance.index(below: 2) == 0 ? .good : other
        let sender = self.senders[self.chance.index(below: self.senders.count)]
        let message = self.bytes(self.chance.index(below: 200))
        var test = self.signed(message, by: sender, torsion: nil, isMixed: false)
        var table = sender.table
        switch kind {
        case .good: break
        case .bitOfSignature: self.flipBit(&test.signature)
        case .bitOfMessage: self.flipBit(&test.message)
        case .bitOfKey: self.flipBit(&test.key)
        case .otherKey:
            let other = self.senders[self.chance.index(below: self.senders.count)]
            (test.key, table) = (other.key, other.table)
        case .byteOfR: test.signature[self.chance.index(below: 32)] = self.bytes(1)[0]
        case .byteOfS: test.signature[32 + self.chance.index(below: 32)] = self.bytes(1)[0]
        case .largeS: self.addOrder(&test.signature)
        case .edgeS: test.signature.replaceSubrange(32..., with: self.picked(Encodings.scalars))
        case .smallOrderR:
            test.signature.replaceSubrange(..<32, with: self.picked(Encodings.smallOrder))
        case .smallOrderKey: self.forge(&test, key: self.picked(Encodings.smallOrder))
        case .nonCanonicalR:
            test.signature.replaceSubrange(..<32, with: self.picked(Encodings.nonCanonical))
        case .nonCanonicalKey: self.forge(&test, key: self.picked(Encodings.nonCanonical))
        case .mixedKey:
            test = self.signed(message, by: sender, torsion: nil, isMixed: true)
            table = sender.mixedTable
        case .mixedR:
            let torsion = self.picked(Encodings.smallOrder.filter { $0 != Encodings.smallOrder[0] })
            test = self.signed(message, by: sender, torsion: torsion, isMixed: false)
        case .chance: test.signature = self.bytes(64)
        }
        return (kind, test, test.key == sender.key || test.key == sender.mixedKey ? table : nil)
    }

    // MARK: Parts

    private mutating func sender() -> Sender {
        let scalar = self.scalar()
        let key = Self.multiple(scalar)
        let mixed = Self.sum(key, Encodings.orderEight)
        return Sender(
            scalar: scalar,
            key: key,
            table: key.withUnsafeBytes { KnownSender(key: $0) },
            mixedKey: mixed,
            mixedTable: mixed.withUnsafeBytes { KnownSender(key: $0) }
        )
    }

    /// S = r + h·a; for keys with a part of small order this holds when h is a multiple of 8, and with the
    /// cofactor always.
    private mutating func signed(
        _ message: [UInt8],
        by sender: Sender,
        torsion: [UInt8]?,
        isMixed: Bool
    ) -> SignatureCase {
        let key = isMixed ? sender.mixedKey : sender.key
        let nonce = self.scalar()
        var r = Self.multiple(nonce)
        if let torsion { r = Self.sum(r, torsion) }
        var h = [UInt8](repeating: 0, count: 32)
        let digest = r.withUnsafeBytes { r in
            key.withUnsafeBytes { key in
                message.withUnsafeBytes { message in
                    SHA512Digest.withHash(of: r, key, message) { Array($0) }
                }
            }
        }
        crypto_core_ed25519_scalar_reduce(&h, digest)
        var product = h
        crypto_core_ed25519_scalar_mul(&product, h, sender.scalar)
        var s = h
        crypto_core_ed25519_scalar_add(&s, nonce, product)
        return SignatureCase(key: key, signature: r + s, message: message)
    }

    /// For weak keys S·B = R + h·A may hold by chance, with R = S·B.
    private mutating func forge(_ test: inout SignatureCase, key: [UInt8]) {
        test.key = key
        let scalar = self.scalar()
        if self.chance.index(below: 2) == 0 {
            test.signature = Self.multiple(scalar) + scalar
        }
    }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: self.chance.next()) }
    }

    private mutating func scalar() -> [UInt8] {
        let wide = self.bytes(64)
        var scalar = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_reduce(&scalar, wide)
        return scalar
    }

    private mutating func flipBit(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let bit = self.chance.index(below: bytes.count * 8)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }

    private mutating func picked(_ choices: [[UInt8]]) -> [UInt8] {
        choices[self.chance.index(below: choices.count)]
    }

    private func addOrder(_ signature: inout [UInt8]) {
        var carry = 0
        for (place, byte) in Encodings.order.enumerated() {
            let sum = Int(signature[32 + place]) + Int(byte) + carry
            signature[32 + place] = UInt8(sum & 255)
            carry = sum >> 8
        }
    }

    private static func multiple(_ scalar: [UInt8]) -> [UInt8] {
        var point = [UInt8](repeating: 0, count: 32)
        _ = crypto_scalarmult_ed25519_base_noclamp(&point, scalar)
        return point
    }

    private static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var point = [UInt8](repeating: 0, count: 32)
        _ = crypto_core_ed25519_add(&point, a, b)
        return point
    }
}

/// Bytes at which decoders differ.
enum Encodings {
    static let order = Self.bytes(
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"
    )
    static let orderEight = Self.bytes(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
    )

    /// The eight points of small order, the neutral one first.
    static let smallOrder: [[UInt8]] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ].map(Self.bytes)

    /// y from p up to 2^255 - 1, with both signs, and x = 0 with a sign.
    static let nonCanonical: [[UInt8]] = {
        let large = (0xed...UInt8.max).flatMap { low in
            [UInt8(0x7f), 0xff].map { high in [low] + [UInt8](repeating: 0xff, count: 30) + [high] }
        }
        let signed = [
            "0100000000000000000000000000000000000000000000000000000000000080",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        ]
        return large + signed.map(Self.bytes)
    }()

    /// S at L and beyond, and at other ends.
    static let scalars: [[UInt8]] = {
        var result = [
            [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0xff, count: 32),
            [UInt8](repeating: 0, count: 31) + [0x10], [UInt8](repeating: 0, count: 31) + [0x80],
            Self.order,
        ]
        for place in 0..<32 where Self.order[place] != 0 {
            for change in [UInt8(1), .max] {
                var near = Self.order
                near[place] &+= change
                result.append(near)
            }
        }
        return result
    }()

    private static func bytes(_ hex: String) -> [UInt8] { Hex.decode(hex) ?? [] }
}
