import Primitives
import Testing

@Suite("What a request is recognised by")
struct RequestKeyTests {
    private static let key = RequestKey("k", of: "owner", askingFor: [1, 2])

    @Test("32 bytes hold it; zeros stand for none")
    func bytes() {
        let read = RequestKey(Self.key.bytes)
        #expect(read == Self.key)
        #expect(RequestKey(.zero) == nil)
        let name = SHA256Digest.hash(Array("owner\u{0}k".utf8)).array.prefix(16)
        let content = SHA256Digest.hash([1, 2]).array.prefix(16)
        #expect(Self.key.bytes.array == Array(name) + Array(content))
    }

    @Test("caller and key name it together, and neither runs into the other")
    func names() {
        for (word, caller) in [("k", "owne"), ("rk", "owne"), ("", "ownerk"), ("K", "owner")] {
            let other = RequestKey(word, of: caller, askingFor: [1, 2])
            #expect(other.name != Self.key.name && other.content == Self.key.content)
        }
        let other = RequestKey("k", of: "owner", askingFor: [1])
        #expect(other.name == Self.key.name && other.content != Self.key.content)
    }
}
