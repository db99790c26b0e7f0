import Foundation
import Primitives
import Testing

/// Vectors of the repository and, where they were fetched, those of others; by tables alone.
@Suite("ADR 0078: vectors by tables")
struct VectorTests {
    @Test("D-05: the repository's vectors of Ed25519")
    func own() throws {
        let url = Self.root.appendingPathComponent("Tests/Vectors/primitives/ed25519.json")
        let file = try #require(try Self.json(url) as? [String: Any])
        let cases = try #require(file["cases"] as? [[String: Any]])
        for test in cases {
            let holds = Self.holds(test, key: "key", message: "message", signature: "signature")
            #expect(holds == (test["holds"] as? Bool), "\(test["about"] ?? "")")
        }
        #expect(cases.count > 1_000)
    }

    @Test("Wycheproof", .enabled(if: Self.has("wycheproof")))
    func wycheproof() throws {
        let url = Self.external.appendingPathComponent("wycheproof/ed25519_test.json")
        let file = try #require(try Self.json(url) as? [String: Any])
        var count = 0
        for group in try #require(file["testGroups"] as? [[String: Any]]) {
            let key = (group["publicKey"] as? [String: Any])?["pk"]
            for test in try #require(group["tests"] as? [[String: Any]]) {
                var test = test
                test["key"] = key
                let holds = Self.holds(test, key: "key", message: "msg", signature: "sig")
                #expect(holds == (test["result"] as? String == "valid"), "\(test["tcId"] ?? "")")
                count += 1
            }
        }
        #expect(count == 151)
    }

    @Test(
        "speccheck: of twelve cases only the fourth holds",
        .enabled(if: Self.has("ed25519-speccheck"))
    )
    func speccheck() throws {
        let url = Self.external.appendingPathComponent("ed25519-speccheck/cases.json")
        let cases = try #require(try Self.json(url) as? [[String: Any]])
        let verdicts = cases.map {
            Self.holds($0, key: "pub_key", message: "message", signature: "signature")
        }
        #expect(verdicts == (0..<12).map { $0 == 3 })
    }

    @Test("CCTV: as libsodium says", .enabled(if: Self.has("cctv-ed25519")))
    func combinations() throws {
        let url = Self.external.appendingPathComponent("cctv-ed25519/ed25519vectors.json")
        let cases = try #require(try Self.json(url) as? [[String: Any]])
        var accepted = 0
        for test in cases {
            let text = try #require(test["msg"] as? String)
            let one = SignatureCase(
                key: Self.bytes(test["key"]),
                signature: Self.bytes(test["sig"]),
                message: Array(text.utf8)
            )
            #expect(one.tableVerdict() == one.plainVerdict, "\(test["number"] ?? "")")
            if one.tableVerdict() { accepted += 1 }
        }
        #expect(cases.count == 914 && accepted == 43)
    }

    // MARK: Files

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let external: URL = {
        if let named = ProcessInfo.processInfo.environment["VALENCE_EXTERNAL"], !named.isEmpty {
            return URL(fileURLWithPath: named, isDirectory: true)
        }
        return root.appendingPathComponent(".build-external", isDirectory: true)
    }()

    private static func has(_ suite: String) -> Bool {
        FileManager.default.fileExists(atPath: Self.external.appendingPathComponent(suite).path)
    }

    private static func json(_ url: URL) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    }

    private static func bytes(_ value: Any?) -> [UInt8] {
        (value as? String).flatMap { Hex.decode($0) } ?? []
    }

    private static func holds(
        _ test: [String: Any],
        key: String,
        message: String,
        signature: String
    ) -> Bool {
        SignatureCase(
            key: Self.bytes(test[key]),
            signature: Self.bytes(test[signature]),
            message: Self.bytes(test[message])
        ).tableVerdict()
    }
}
