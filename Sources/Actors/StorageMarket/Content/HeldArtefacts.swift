import Primitives

/// What lies in the blob directory, as far as the device has told.
struct HeldArtefacts: Sendable {
    private var sizes: [ContentHash: Int]

    /// Begins with what the device had at the start.
    init(_ sizes: [ContentHash: Int]) { self.sizes = sizes }

    /// The artefacts held, in ascending order.
    var contents: [ContentHash] { self.sizes.keys.sorted() }

    /// Artefacts held.
    var count: Int { self.sizes.count }

    /// Bytes of an artefact; nil when it is not held.
    func size(of hash: ContentHash) -> Int? { self.sizes[hash] }

    /// Applies the outcome of a task.
    mutating func note(_ outcome: BlobOutcome) {
        switch outcome {
        case .stored(let blob): self.sizes[blob.hash] = blob.size
        case .removed(let hash), .failed(.damaged(let hash)), .failed(.unknown(let hash)):
            self.sizes[hash] = nil
        case .piece, .written, .proof, .failed: break
        }
    }
}
