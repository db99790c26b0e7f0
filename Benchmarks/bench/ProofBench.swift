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
        self.compareEngines(from: key, into: &report)
    }

    /// The engine in use beside the library, in short turns of one run.
    private func compareEngines(from start: Bytes32, into report: inout Report) {
        let iterations = self.effort.scaled(1_000_000)
        func seconds(_ engine: SHA256Engine) -> Double {
            let cpu = Stopwatch.cpuSeconds
            _ = SHA256Digest.chain(from: start, iterations: iterations, by: engine)
            return Stopwatch.cpuSeconds - cpu
        }
        let pairs = (0..<self.effort.runs).map { _ in (seconds(.fastest), seconds(.library)) }
        let step = pairs.map { $0.0 / Double(iterations) * 1_000_000_000 }
        report.add("vdf_step_\(SHA256Engine.fastest.rawValue)", Sample(step), unit: "ns CPU")
        report.add("vdf_library_to_fastest", Sample(pairs.map { $0.1 / $0.0 }), unit: "times")
    }
}
