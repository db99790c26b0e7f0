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
    private let isReplacement: Bool
    private var candidates: [NodeID]
    private var offset = 0

    init(_ query: FetchContent, candidates: [NodeID], replacing isDamaged: Bool) {
        self.isReplacement = isDamaged
        self.hash = query.hash
        self.adopt = query.adopt
        self.expectedSize = query.size
        self.candidates = candidates
    }

    /// Why an artefact that was here once has to be fetched, as the beginning of a sentence.
    var reason: String {
        self.isReplacement ? "the copy on this node was damaged and is set aside; " : ""
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

    init(_ query: ShareContent) {
        self.hash = query.upload.hash
        self.size = query.upload.size
        self.contentType = query.contentType
        self.filename = query.filename
        self.description = query.description
        self.tags = query.tags
    }

    /// Why it cannot be offered; nil when it can.
    ///
    /// Looked for before anything is kept, so that what nobody would take leaves nothing behind.
    var flaw: ContentFailure? {
        guard self.size <= StorageMarketLimits.artefactBytesMax else {
            return ContentFailure(
                "the artefact has \(self.size) bytes; at most "
                    + "\(StorageMarketLimits.artefactBytesMax) can be shared"
            )
        }
        do {
            let document = try JSONDocument(scanning: self.payload.canonicalBytes())
            let time = Timestamp(milliseconds: 0)
            _ = try Payload(type: .share, decoding: document.root, timestamp: time)
            return nil
        } catch let refusal as Refusal {
            return ContentFailure(refusal)
        } catch {
            return ContentFailure(Refusal(.malformed, "the description is no text: \(error)"))
        }
    }

    /// What to tell who shared it, once it is kept.
    var offered: ShareContent.Kept { ShareContent.Kept(hash: self.hash, offer: self.payload) }

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
