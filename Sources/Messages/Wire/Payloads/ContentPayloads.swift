public import Primitives

/// What a node says about an artefact that it offers.
public struct ContentDescription: PayloadObject, Codable {
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

    /// Puts one together.
    public init(
        contentHash: ContentHash,
        contentType: String,
        contentSize: Int64,
        filename: String? = nil,
        description: String? = nil,
        tags: [String]
    ) {
        self.contentHash = contentHash
        self.contentType = contentType
        self.contentSize = contentSize
        self.filename = filename
        self.description = description
        self.tags = tags
    }

    package init(reading payload: PayloadReader, sizeMax: Int64) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.contentType = try payload.text("content_type")
        self.contentSize = try payload.integer("content_size", 0...sizeMax)
        self.filename = try payload.optionalText("filename")
        self.description = try payload.optionalText("description")
        self.tags = try Self.tags(payload)
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("content_type", self.contentType)
        payload.set("content_size", self.contentSize)
        payload.set("filename", self.filename)
        payload.set("description", self.description)
        payload.set("tags", self.tags)
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
    package static var messageType: MessageType { .share }

    /// At most 50.
    public let entries: [ContentDescription]

    /// Puts one together.
    public init(entries: [ContentDescription]) {
        self.entries = entries
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        let entries = try payload.objects("entries")
        guard entries.count <= WireLimits.shareEntriesMax else {
            throw payload.error("entries", "has more than \(WireLimits.shareEntriesMax)")
        }
        self.entries = try entries.map { entry throws(SchemaError) in
            try ContentDescription(reading: entry, sizeMax: .max)
        }
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("entries", self.entries)
    }
}

/// CONTENT_REQUEST: a piece of an artefact (R-06-012).
public struct ContentRequest: WirePayload {
    package static var messageType: MessageType { .contentRequest }

    /// The artefact.
    public let contentHash: ContentHash
    /// First byte.
    public let offset: Int64
    /// Bytes wanted, at most 1 MiB.
    public let length: Int64

    /// Puts one together.
    public init(contentHash: ContentHash, offset: Int64, length: Int64) {
        self.contentHash = contentHash
        self.offset = offset
        self.length = length
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.offset = try payload.integer("offset")
        self.length = try payload.integer("length", 1...WireLimits.contentChunkBytesMax)
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("offset", self.offset)
        payload.set("length", self.length)
    }
}

/// CONTENT_RESPONSE: a piece of an artefact; empty with size 0 when it is not held (R-06-013).
public struct ContentResponse: WirePayload {
    package static var messageType: MessageType { .contentResponse }

    /// The artefact.
    public let contentHash: ContentHash
    /// First byte.
    public let offset: Int64
    /// The bytes.
    public let data: [UInt8]
    /// Bytes of the whole artefact.
    public let totalSize: Int64

    /// Puts one together.
    public init(contentHash: ContentHash, offset: Int64, data: [UInt8], totalSize: Int64) {
        self.contentHash = contentHash
        self.offset = offset
        self.data = data
        self.totalSize = totalSize
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.offset = try payload.integer("offset")
        self.data = try payload.base64(
            "data",
            bytesMax: Int(WireLimits.contentChunkBytesMax)
        )
        self.totalSize = try payload.integer("total_size")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("offset", self.offset)
        payload.set("data", base64: self.data)
        payload.set("total_size", self.totalSize)
    }
}

/// CONTENT_WITHDRAW: an uploader takes an artefact back (R-06-095).
public struct ContentWithdraw: WirePayload {
    package static var messageType: MessageType { .contentWithdraw }

    /// The artefact.
    public let contentHash: ContentHash
    /// When copies may be deleted.
    public let effectiveAfter: Timestamp
    /// Why, for people; at most 1 KiB.
    public let reason: String?

    /// Puts one together.
    public init(contentHash: ContentHash, effectiveAfter: Timestamp, reason: String? = nil) {
        self.contentHash = contentHash
        self.effectiveAfter = effectiveAfter
        self.reason = reason
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.effectiveAfter = try payload.timestamp("effective_after")
        self.reason = try payload.optionalText(
            "reason",
            bytesMax: WireLimits.withdrawalReasonBytesMax
        )
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("effective_after", self.effectiveAfter)
        payload.set("reason", self.reason)
    }
}

/// FLAG: something is wrong with an artefact (R-06-120).
public struct Flag: WirePayload {
    package static var messageType: MessageType { .flag }

    /// How wrong.
    public enum Severity: String, Sendable, CaseIterable, Codable {
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

    /// Puts one together.
    public init(
        contentHash: ContentHash,
        severity: Severity,
        category: Category,
        details: String,
        hashMatch: String? = nil
    ) {
        self.contentHash = contentHash
        self.severity = severity
        self.category = category
        self.details = details
        self.hashMatch = hashMatch
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.severity = try payload.choice("severity")
        self.category = try payload.choice("category")
        self.details = try payload.text("details", bytesMax: WireLimits.flagDetailsBytesMax)
        self.hashMatch = try payload.optionalText("hash_match")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("severity", self.severity)
        payload.set("category", self.category)
        payload.set("details", self.details)
        payload.set("hash_match", self.hashMatch)
    }
}
