public import Primitives

/// What a node says about an artefact that it offers.
public struct ContentDescription: Sendable, Equatable {
    /// SHA-256 of the bytes.
    public let contentHash: ContentHash
    /// Media type.
    public let contentType: String
    /// Bytes.
    public let contentSize: Int64
    /// A name for a file.
    public let filename: String?
    /// For people.
    public let description: String?
    /// At most 20, at most 64 bytes each.
    public let tags: [String]

    init(reading payload: PayloadReader, sizeMax: Int64) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.contentType = try payload.text("content_type")
        self.contentSize = try payload.integer("content_size", 0...sizeMax)
        self.filename = try payload.optionalText("filename")
        self.description = try payload.optionalText("description")
        self.tags = try Self.tags(payload)
    }

    private static func tags(_ payload: PayloadReader) throws(SchemaError) -> [String] {
        let tags = try payload.optionalTexts("tags") ?? []
        guard tags.count <= WireLimits.contentTagsMax else {
            throw payload.error("tags", "has more than \(WireLimits.contentTagsMax) entries")
        }
        guard tags.allSatisfy({ $0.utf8.count <= WireLimits.contentTagBytesMax }) else {
            throw payload.error(
                "tags",
                "has an entry over \(WireLimits.contentTagBytesMax) bytes"
            )
        }
        return tags
    }
}

/// SHARE: a node offers artefacts on its own disk (R-06-004).
public struct Share: WirePayload {
    /// At most 50.
    public let entries: [ContentDescription]

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        let entries = try payload.objects("entries")
        guard entries.count <= WireLimits.shareEntriesMax else {
            throw payload.error("entries", "has more than \(WireLimits.shareEntriesMax)")
        }
        self.entries = try entries.map { entry throws(SchemaError) in
            try ContentDescription(reading: entry, sizeMax: .max)
        }
    }
}

/// CONTENT_REQUEST: a piece of an artefact (R-06-012).
public struct ContentRequest: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash
    /// First byte.
    public let offset: Int64
    /// Bytes wanted, at most 1 MiB.
    public let length: Int64

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.offset = try payload.integer("offset")
        self.length = try payload.integer("length", 1...WireLimits.contentChunkBytesMax)
    }
}

/// CONTENT_RESPONSE: a piece of an artefact; empty with size 0 when it is not held (R-06-013).
public struct ContentResponse: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash
    /// First byte.
    public let offset: Int64
    /// The bytes.
    public let data: [UInt8]
    /// Bytes of the whole artefact.
    public let totalSize: Int64

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.offset = try payload.integer("offset")
        self.data = try payload.base64(
            "data",
            bytesMax: Int(WireLimits.contentChunkBytesMax)
        )
        self.totalSize = try payload.integer("total_size")
    }
}

/// CONTENT_WITHDRAW: an uploader takes an artefact back (R-06-095).
public struct ContentWithdraw: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash
    /// When copies may be deleted.
    public let effectiveAfter: Timestamp
    /// Why, for people; at most 1 KiB.
    public let reason: String?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.effectiveAfter = try payload.timestamp("effective_after")
        self.reason = try payload.optionalText(
            "reason",
            bytesMax: WireLimits.withdrawalReasonBytesMax
        )
    }
}

/// FLAG: something is wrong with an artefact (R-06-120).
public struct Flag: WirePayload {
    /// How wrong.
    public enum Severity: String, Sendable, CaseIterable {
        case dispute
        case illegal
    }
    /// In which way.
    public enum Category: String, Sendable, CaseIterable {
        case dmca
        case spam
        case malware
        case csam
        case other
    }

    /// The artefact.
    public let contentHash: ContentHash
    /// How wrong.
    public let severity: Severity
    /// In which way.
    public let category: Category
    /// For people; at most 10 KiB.
    public let details: String
    /// A hit in a hash database, `name:entry`.
    public let hashMatch: String?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.severity = try payload.choice("severity")
        self.category = try payload.choice("category")
        self.details = try payload.text("details", bytesMax: WireLimits.flagDetailsBytesMax)
        self.hashMatch = try payload.optionalText("hash_match")
    }
}
