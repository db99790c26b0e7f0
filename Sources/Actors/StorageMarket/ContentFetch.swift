import Messages
import Primitives

/// An artefact on its way from a peer, piece by piece (R-06-012 to R-06-014).
struct ContentFetch: Sendable {
    /// What a piece was good for.
    enum Progress: Equatable {
        /// Nothing: the peer does not hold the artefact, or answered something else.
        case useless
        /// More pieces are needed.
        case more
        /// All bytes are there.
        case complete(size: Int)
    }

    let hash: ContentHash
    let adopt: Bool
    private let expectedSize: Int?
    private var candidates: [NodeID]
    private var offset = 0

    init(_ query: FetchContent, candidates: [NodeID]) {
        self.hash = query.hash
        self.adopt = query.adopt
        self.expectedSize = query.size
        self.candidates = candidates
    }

    /// The peer that is being asked; nil when nobody is left.
    var candidate: NodeID? { self.candidates.first }

    /// Starts anew with the next peer.
    mutating func nextCandidate() {
        if !self.candidates.isEmpty { self.candidates.removeFirst() }
        self.offset = 0
    }

    /// The request for the next piece.
    var nextRequest: JSONValue {
        .object([
            ("content_hash", .string(self.hash.hex)),
            ("offset", .integer(Int64(self.offset))),
            ("length", .integer(Int64(StorageMarketLimits.chunkBytesMax))),
        ])
    }

    /// Takes a piece in.
    mutating func take(_ response: ContentResponse) -> Progress {
        let total = Int(clamping: response.totalSize)
        let isExpected =
            response.contentHash == self.hash && response.offset == Int64(self.offset)
            && !response.data.isEmpty && total <= StorageMarketLimits.artefactBytesMax
            && self.expectedSize.map { $0 == total } ?? true
        guard isExpected, self.offset + response.data.count <= total else { return .useless }
        self.offset += response.data.count
        return self.offset == total ? .complete(size: total) : .more
    }
}

/// An artefact that this node offers, as a SHARE entry (R-06-004).
struct SharedContent: Sendable {
    let hash: ContentHash
    let size: Int
    let contentType: String
    let filename: String?
    let description: String?
    let tags: [String]

    /// A SHARE of this one artefact.
    var payload: JSONValue {
        var entry: [(String, JSONValue)] = [
            ("content_hash", .string(self.hash.hex)),
            ("content_type", .string(self.contentType)),
            ("content_size", .integer(Int64(self.size))),
            ("tags", .array(self.tags.map { .string($0) })),
        ]
        if let filename = self.filename { entry.append(("filename", .string(filename))) }
        if let description = self.description {
            entry.append(("description", .string(description)))
        }
        return .object([("entries", .array([.object(entry)]))])
    }
}
