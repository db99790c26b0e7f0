import Foundation
import Testing

/// The committed vectors of primitives; `make own-vectors` writes them.
enum PrimitiveFile: String, CaseIterable {
    case ed25519
    case x25519
    case chaCha20Poly1305 = "chacha20-poly1305"
    case hmac = "hmac-sha256"
    case hkdf = "hkdf-sha256"
    case noise = "noise-xx"
    case json
    case jcs
    case seedWords = "seed-words"

    static let folder = VectorFiles.committed.appendingPathComponent(
        "primitives",
        isDirectory: true
    )

    /// Runs every case; a case with a member that nothing looked at fails.
    func check(_ body: (Fields) throws -> Void) throws {
        let file = Self.folder.appendingPathComponent("\(self.rawValue).json")
        let cases = try #require(try VectorFiles.read(file)["cases"]?.elements)
        #expect(!cases.isEmpty)
        for (number, json) in cases.enumerated() {
            do {
                let fields = try Fields(json, path: "case")
                fields.skip("about")
                try body(fields)
                try Check.same("members that nothing looked at", fields.unread, [])
            } catch {
                let about = json["about"]?.string ?? ""
                Issue.record("\(self.rawValue), case \(number) (\(about)): \(error)")
            }
        }
        VectorFiles.report("\(self.rawValue): \(cases.count) cases")
    }
}

@Suite("Vectors of primitives: their files")
struct PrimitiveFileTests {
    @Test("Every committed file is run by a test")
    func all() throws {
        let files = try VectorFiles.all(in: PrimitiveFile.folder).map(\.lastPathComponent)
        #expect(files == PrimitiveFile.allCases.map { "\($0.rawValue).json" }.sorted())
    }
}
