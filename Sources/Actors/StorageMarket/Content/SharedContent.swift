import Messages
import Primitives

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
            return ContentFailure(tooLarge: self.size)
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

extension ContentFailure {
    /// No node keeps an artefact of so many bytes.
    init(tooLarge size: Int) {
        self.init(
            "the artefact has \(size) bytes; nodes keep artefacts of at most "
                + "\(StorageMarketLimits.artefactBytesMax)"
        )
    }
}
