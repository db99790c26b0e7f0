import Cryptography
import Primitives

/// The proof of delay: computing a million hashes, and checking the ten segments.
struct ProofBench {
    let effort: Effort

    func run(into report: inout Report) {
        let key = SHA256Digest.hash([1])
        var proof = VDF.prove(key, computedAt: Timestamp(milliseconds: 0))
        var prove: [Double] = []
        var check: [Double] = []
        for _ in 0..<self.effort.runs {
            prove.append(
                Stopwatch.seconds {
                    proof = VDF.prove(key, computedAt: Timestamp(milliseconds: 0))
                }
            )
            check.append(
                Stopwatch.seconds {
                    for index in 0..<10 { _ = VDF.isValidSegment(proof, index: index) }
                }
            )
        }
        report.add("vdf_prove", Sample(prove), unit: "s")
        report.add("vdf_check_all_segments", Sample(check), unit: "s")
    }
}
