import Cryptography
import Primitives
import Testing

/// Edge cases of Ed25519; the verdict of strict verification (D-05) on each is pinned.
@Suite("Ed25519 edge cases")
struct PublicEd25519Tests {
    @Test(
        "D-05: Wycheproof's valid signatures hold and the invalid ones do not",
        .publicSuite("wycheproof")
    )
    func wycheproof() throws {
        let groups = try ExternalFiles.json("wycheproof/ed25519_test.json")["testGroups"]?.elements
        var count = 0
        for group in try #require(groups) {
            let key = group["publicKey"]?.hex("pk")
            for test in group["tests"]?.elements ?? [] {
                let message = try #require(test.hex("msg"))
                let holds = Ed25519.holds(test.hex("sig"), for: message, by: key)
                let number = test["tcId"]?.integer ?? 0
                #expect(holds == (test["result"]?.string == "valid"), "case \(number)")
                count += 1
            }
        }
        #expect(count == 151)
    }

    @Test(
        "D-05: of the twelve cases of speccheck, only the one that RFC 8032 takes as written holds",
        .publicSuite("ed25519-speccheck")
    )
    func speccheck() throws {
        let cases = try #require(try ExternalFiles.json("ed25519-speccheck/cases.json").elements)
        let verdicts = try cases.map { test in
            let message = try #require(test.hex("message"))
            return Ed25519.holds(test.hex("signature"), for: message, by: test.hex("pub_key"))
        }
        // 0–2: small order; 3: mixed order, which the plain equation takes; 4 and 5: only the
        // equation with the cofactor holds; 6 and 7: S ≥ L; 8–11: encodings that are not canonical.
        let expected = (0..<12).map { $0 == 3 }
        #expect(verdicts == expected)
    }

    @Test(
        "D-05: CCTV's combinations hold only with points of large order in canonical form",
        .publicSuite("cctv-ed25519")
    )
    func combinations() throws {
        let cases = try #require(
            try ExternalFiles.json("cctv-ed25519/ed25519vectors.json").elements
        )
        var accepted = 0
        for test in cases {
            let message = Array(try #require(test["msg"]?.string).utf8)
            let holds = Ed25519.holds(test.hex("sig"), for: message, by: test.hex("key"))
            let flags = Set((test["flags"]?.elements ?? []).compactMap(\.string))
            let number = test["number"]?.integer ?? 0
            #expect(holds == flags.isDisjoint(with: Self.forbidden), "case \(number): \(flags)")
            if holds { accepted += 1 }
        }
        #expect(cases.count == 914)
        #expect(accepted == Self.acceptedCombinations)
    }

    /// A point of small order, a second spelling of a point, or a rest that only the equation with
    /// the cofactor forgives.
    private static let forbidden: Set<String> = [
        "low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue",
        "reencoded_k",
    ]
    private static let acceptedCombinations = 43
}
