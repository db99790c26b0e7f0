import Primitives
import Testing

@testable import Cryptography

@Suite("Words of a key (BIP-39)")
struct SeedWordsTests {
    /// Published with BIP-39; the repository has more in `Tests/Vectors/primitives`.
    private static let published = [
        (
            String(repeating: "00", count: 32),
            String(repeating: "abandon ", count: 23) + "art"
        ),
        (
            String(repeating: "7f", count: 32),
            """
            legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth \
            useful legal winner thank year wave sausage worth title
            """
        ),
        (
            String(repeating: "80", count: 32),
            """
            letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor \
            acoustic avoid letter advice cage absurd amount doctor acoustic bless
            """
        ),
        (String(repeating: "ff", count: 32), String(repeating: "zoo ", count: 23) + "vote"),
        (
            "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
            """
            void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen \
            patrol group space point ten exist slush involve unfold
            """
        ),
    ]

    private static func words(_ text: String) -> [String] {
        text.split(separator: " ").map { String($0) }
    }

    private static func refusal(of words: [String]) -> SeedWordsError? {
        do {
            _ = try SeedWords.key(of: words)
            return nil
        } catch {
            return error
        }
    }

    @Test("The published words stand for the published seeds, as entropy", arguments: published)
    func vectors(seed: String, text: String) throws {
        let key = try SigningKey(seed: try #require(Hex.decode(seed, count: 32)))
        #expect(SeedWords.words(of: key) == Self.words(text))
        #expect(try SeedWords.key(of: Self.words(text)).seed == key.seed)
        #expect(try SeedWords.key(of: Self.words(text.uppercased())).seed == key.seed)
    }

    @Test("Any key comes back from its words")
    func roundTrip() throws {
        for _ in 0..<200 {
            let key = SigningKey.generate()
            #expect(try SeedWords.key(of: SeedWords.words(of: key)).seed == key.seed)
        }
    }

    @Test("The list has 2,048 words in order, which differ in their first four letters")
    func list() {
        let words = SeedWordList.words
        #expect(words.count == 2_048 && words == words.sorted())
        #expect(Set(words.map { $0.prefix(4) }).count == 2_048)
        #expect(words.allSatisfy { (3...8).contains($0.count) })
    }

    @Test("What is wrong is told by its place, and the words are not repeated")
    func refusals() throws {
        let words = SeedWords.words(of: .generate())
        #expect(Self.refusal(of: Array(words.dropLast())) == .count(23))
        #expect(Self.refusal(of: words + words) == .count(48))
        #expect(Self.refusal(of: []) == .count(0))
        var other = words
        other[6] = "valence"
        #expect(Self.refusal(of: other) == .unknown(place: 7))
        #expect(SeedWords.unknownPlace(in: other) == 7 && SeedWords.unknownPlace(in: words) == nil)
        for refusal in [SeedWordsError.unknown(place: 7), .checksum, .count(3)] {
            #expect(!refusal.description.contains("valence"))
        }
    }

    @Test("Of the words that one might write in the last place by mistake, few pass")
    func checksum() throws {
        let words = SeedWords.words(of: try SigningKey(seed: [UInt8](repeating: 9, count: 32)))
        let passed = SeedWordList.words.count { word in
            Self.refusal(of: words.dropLast() + [word]) == nil
        }
        // Three bits of the last word are of the seed, each of which has one checksum.
        #expect(passed == 8)
    }
}
