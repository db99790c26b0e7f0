import Messages
import OrderedCollections
import Primitives

/// How late proofs come, so that a provider shows who fetches the bytes only when it is asked (T9).
///
/// What is timed is how much longer a peer takes for a proof than for a question that needs no bytes, asked
/// right after it; so how far away the peer is does not matter. The median of its last answers is compared
/// with the median of what others take.
struct ProofTiming: Sendable, Codable {
    /// Milliseconds by which a proof took longer, the newest last.
    private var delays: OrderedDictionary<NodeID, [Int64]> = [:]

    /// A proof and the question after it were answered.
    ///
    /// - Parameters:
    ///   - provider: who answered.
    ///   - proof: milliseconds that the proof took.
    ///   - question: milliseconds that the question without bytes took.
    mutating func note(_ provider: NodeID, proof: Int64, question: Int64) {
        // Who was timed last is the last to be forgotten.
        let known = self.delays.removeValue(forKey: provider) ?? []
        let room = StorageDutyLimits.timingSamples - 1
        self.delays[provider] = known.suffix(room) + [proof.saturatingSubtracting(question)]
        let excess = self.delays.count - StorageDutyLimits.timedProvidersMax
        if excess > 0 { self.delays.removeFirst(excess) }
    }

    /// Whether a provider's proofs come as late as if the bytes came from somewhere else.
    ///
    /// It is said of nobody before there are enough answers. Where nobody else was timed, a disk is taken
    /// to need no time, which the tolerance allows for.
    func seemsFetched(by provider: NodeID) -> Bool {
        guard let delays = self.delays[provider],
            delays.count >= StorageDutyLimits.timingSamples
        else { return false }
        let others = self.delays.filter { $0.key != provider }.values.map(Self.median)
        let usual = others.isEmpty ? 0 : Self.median(others)
        return Self.median(delays) - usual > StorageDutyLimits.timingToleranceMilliseconds
    }

    private static func median(_ values: [Int64]) -> Int64 {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        guard sorted.count.isMultiple(of: 2) else { return sorted[middle] }
        let (low, high) = (sorted[middle - 1], sorted[middle])
        return low + (high - low) / 2
    }
}
