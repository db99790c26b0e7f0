import Primitives

/// A key as 24 words that can be written on paper (BIP-39, English).
///
/// The words are the seed itself, as BIP-39 writes entropy, and eight bits of its hash. The seed that BIP-39
/// derives from words and a passphrase has no part in it: it could not be turned back into words.
public enum SeedWords {
    /// How many words a seed has.
    public static let count = 24

    private static let bitsPerWord = 11
    private static let seedBytes = 32

    /// The words of a key: whoever knows them has the key.
    public static func words(of key: SigningKey) -> [String] {
        let bits = Self.bits(of: key.seed + [Self.checksum(of: key.seed)])
        return (0..<Self.count).map { number in
            let start = number * Self.bitsPerWord
            return SeedWordList.words[Self.number(bits[start..<start + Self.bitsPerWord])]
        }
    }

    /// The key that words stand for, in whatever case they are written.
    ///
    /// - Throws: a ``SeedWordsError`` that names the place of what is wrong, and no word.
    public static func key(of words: [String]) throws(SeedWordsError) -> SigningKey {
        guard words.count == Self.count else { throw .count(words.count) }
        var bits: [Bool] = []
        for (index, word) in words.enumerated() {
            guard let place = SeedWordList.places[word.lowercased()] else {
                throw .unknown(place: index + 1)
            }
            bits += Self.bits(of: place, count: Self.bitsPerWord)
        }
        let bytes = stride(from: 0, to: bits.count, by: 8).map { start in
            UInt8(truncatingIfNeeded: Self.number(bits[start..<start + 8]))
        }
        let seed = Array(bytes.prefix(Self.seedBytes))
        guard bytes.last == Self.checksum(of: seed), let key = try? SigningKey(seed: seed) else {
            throw .checksum
        }
        return key
    }

    /// The place of the first word, counted from one, that is none of the list; nil when all are.
    public static func unknownPlace(in words: [String]) -> Int? {
        words.firstIndex { SeedWordList.places[$0.lowercased()] == nil }.map { $0 + 1 }
    }

    private static func checksum(of seed: [UInt8]) -> UInt8 {
        SHA256Digest.hash(seed).array[0]
    }

    private static func bits(of bytes: [UInt8]) -> [Bool] {
        bytes.flatMap { Self.bits(of: Int($0), count: 8) }
    }

    /// Highest bit first.
    private static func bits(of number: Int, count: Int) -> [Bool] {
        (0..<count).reversed().map { number >> $0 & 1 == 1 }
    }

    private static func number(_ bits: ArraySlice<Bool>) -> Int {
        bits.reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }
}

/// Why words are no key.
public enum SeedWordsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There are more or fewer than 24.
    case count(Int)
    /// One is none of the list; places are counted from one.
    case unknown(place: Int)
    /// All are of the list, but they do not belong together.
    case checksum

    /// The cause in words.
    public var description: String {
        switch self {
        case .count(let count): "there are \(count) words, and a key has \(SeedWords.count)"
        case .unknown(let place): "word \(place) is none of the BIP-39 list of English words"
        case .checksum:
            "these words do not belong together; one of them is wrong, or two stand in each other's place"
        }
    }
}
