import Primitives
import Testing

/// The input and output documents of the reference implementation of RFC 8785.
@Suite("RFC 8785 reference files")
struct PublicJCSTests {
    private static let folder = "jcs/testdata"

    @Test(
        "R-02-001: integers and text take the published form; other numbers are refused (D-03)",
        .publicSuite("jcs")
    )
    func triples() throws {
        let names = try ExternalFiles.names(in: "\(Self.folder)/input")
        #expect(names.count == 6)
        var refused: [String] = []
        for name in names {
            let input = try ExternalFiles.bytes("\(Self.folder)/input/\(name)")
            guard !NumberRule.isBroken(by: input) else {
                #expect(throws: JSONError.self, "\(name)") { try JSONDocument(scanning: input) }
                refused.append(name)
                continue
            }
            let output = try JSONDocument(scanning: input).canonicalBytes()
            #expect(output == (try ExternalFiles.bytes("\(Self.folder)/output/\(name)")), "\(name)")
            let hexName = name.replacing(".json", with: ".txt")
            let text = try ExternalFiles.bytes("\(Self.folder)/outhex/\(hexName)")
            let digits = text.filter { !" \r\n".utf8.contains($0) }
            #expect(Hex.encode(output) == String(decoding: digits, as: UTF8.self), "\(name)")
        }
        #expect(refused == ["structures.json", "values.json"])
    }
}
