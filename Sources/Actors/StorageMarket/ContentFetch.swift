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
    var nextRequest: ContentRequest {
        ContentRequest(
            contentHash: self.hash,
            offset: Int64(self.offset),
            length: Int64(StorageMarketLimits.chunkBytesMax)
        )
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
            try self.offer.check(at: Timestamp(milliseconds: 0))
            return nil
        } catch {
            return ContentFailure(error)
        }
    }

    /// What to tell who shared it, once it is kept.
    var offered: ShareContent.Kept { ShareContent.Kept(hash: self.hash, offer: self.offer) }

    /// A SHARE of this one artefact.
    var offer: Share {
        Share(entries: [
            ContentDescription(
                contentHash: self.hash,
                contentType: self.contentType,
                contentSize: Int64(self.size),
                filename: self.filename,
                description: self.description,
                tags: self.tags
            )
        ])
    }
}
