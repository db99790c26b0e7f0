import Messages
import Primitives
import Testing

@testable import StorageMarket

@Suite("§6 The window of a challenge")
struct ChallengeWindowTests {
    private func window(_ offset: Int64, _ direction: StorageChallenge.Direction, _ size: Int64)
        -> ChallengeWindow
    {
        ChallengeWindow(offset: offset, direction: direction, size: size)
    }

    @Test("D-70: for every place of small artefacts the window is what a plain search finds")
    func plain() {
        for length in 0..<6 {
            for offset in -1..<8 {
                for size in 0..<8 {
                    let before = (0..<length).filter { $0 >= offset - size && $0 < offset }
                    let after = (0..<length).filter { $0 >= offset && $0 < offset + size }
                    let isInside = (0...length).contains(offset)
                    for (direction, bytes) in [
                        (StorageChallenge.Direction.before, before), (.after, after),
                    ] {
                        let found = self.window(Int64(offset), direction, Int64(size))
                            .bytes(of: length)
                        let expected = isInside && !bytes.isEmpty ? bytes : nil
                        #expect(found.map(Array.init) == expected)
                    }
                }
            }
        }
    }

    @Test("numbers at the end of their range overflow nothing")
    func extremes() {
        for direction in StorageChallenge.Direction.allCases {
            #expect(self.window(.max, direction, .max).bytes(of: 5) == nil)
            #expect(self.window(.min, direction, .max).bytes(of: 5) == nil)
            #expect(self.window(3, direction, .min).bytes(of: 5) == nil)
        }
        #expect(self.window(3, .before, .max).bytes(of: 5) == 0..<3)
        #expect(self.window(3, .after, .max).bytes(of: 5) == 3..<5)
    }

    @Test("R-06-108: the proof is SHA-256 over the nonce and the window")
    func proof() {
        let nonce = SHA256Digest.hash([7])
        #expect(
            ChallengeWindow.proof(of: [1, 2], nonce: nonce)
                == SHA256Digest.hash(nonce.array + [1, 2])
        )
    }
}
