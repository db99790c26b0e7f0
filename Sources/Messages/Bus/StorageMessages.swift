public import Kernel
public import Primitives

/// Why a content operation failed, for people.
public struct ContentFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Cause and next step.
    public let detail: String
    /// The rule that was broken; nil when none was.
    public let refusal: Refusal?
    /// Whether the disk is full, or does not work.
    public let isOfDisk: Bool
    /// Describes a failure.
    public init(_ detail: String, isOfDisk: Bool = false) {
        self.detail = detail
        self.refusal = nil
        self.isOfDisk = isOfDisk
    }
    /// Something that no node would take.
    public init(_ refusal: Refusal) {
        self.detail = refusal.detail
        self.refusal = refusal
        self.isOfDisk = false
    }
    /// The cause in words.
    public var description: String { self.detail }
}

/// An artefact that came in over the local API; its bytes lie in an ``UploadStore``.
public struct UploadedContent: Sendable, Equatable {
    /// Its number in the store.
    public let number: UInt64
    /// The hash of the bytes as they came.
    public let hash: ContentHash
    /// How many they are.
    public let size: Int
    /// Describes an upload.
    public init(number: UInt64, hash: ContentHash, size: Int) {
        self.number = number
        self.hash = hash
        self.size = size
    }
}

/// Where uploads lie while they come in, and until the storage market keeps them.
public protocol UploadStore: Sendable {
    /// Begins an upload.
    func beginUpload() -> any Upload
}

/// An artefact on its way in, written to disk piece by piece.
public protocol Upload: Sendable {
    /// Adds a piece.
    func append(_ bytes: [UInt8]) async throws(ContentFailure)
    /// Describes what came.
    func finish() async -> UploadedContent
    /// Removes what the storage market did not keep.
    func discard()
}

/// Keep an artefact in the blob directory, durably.
///
/// It is offered to others with SHARE, which is the asker's to send.
public struct ShareContent: Procedure, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// What was kept.
    public struct Kept: Sendable, Equatable {
        /// Its hash.
        public let hash: ContentHash
        /// The payload of the SHARE that offers it.
        public let offer: Share
        /// Describes a kept artefact.
        public init(hash: ContentHash, offer: Share) {
            self.hash = hash
            self.offer = offer
        }
    }
    /// The outcome.
    public struct Reply: BusMessage {
        /// What was kept, or why nothing was.
        public let outcome: Result<Kept, ContentFailure>
        /// Gives the outcome.
        public init(outcome: Result<Kept, ContentFailure>) { self.outcome = outcome }
    }
    /// The artefact.
    public let upload: UploadedContent
    /// MIME type.
    public let contentType: String
    /// A display name without directories; optional.
    public let filename: String?
    /// Free text; optional.
    public let description: String?
    /// Lower-case tags.
    public let tags: [String]
    /// Whether nothing is kept, and only the outcome is wanted (ADR 0059).
    public var isDryRun = false
    /// Asks for a share.
    public init(
        upload: UploadedContent,
        contentType: String,
        filename: String?,
        description: String?,
        tags: [String]
    ) {
        self.upload = upload
        self.contentType = contentType
        self.filename = filename
        self.description = description
        self.tags = tags
    }
}

/// Get an artefact from the blob directory, from inline bytes or from peers, verified by hash.
public struct FetchContent: Procedure {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// Where the verified bytes are.
    public struct Stored: Sendable, Equatable {
        /// Absolute path of the file; named by hash.
        public let path: String
        /// Bytes in the file.
        public let size: Int
        /// Describes a stored artefact.
        public init(path: String, size: Int) {
            self.path = path
            self.size = size
        }
    }
    /// The outcome.
    public struct Reply: BusMessage {
        /// The file, or why there is none.
        public let outcome: Result<Stored, ContentFailure>
        /// Gives the outcome.
        public init(outcome: Result<Stored, ContentFailure>) { self.outcome = outcome }
    }
    /// The hash that the bytes must have.
    public let hash: ContentHash
    /// The size that the bytes must have; nil when unknown.
    public let size: Int?
    /// The bytes themselves when the proposal carried them inline (D-72).
    public let inline: [UInt8]?
    /// Nodes to ask first, such as the author.
    public let likelyProviders: [NodeID]
    /// Also link the file into the adopted folder.
    public let adopt: Bool
    /// Asks for an artefact.
    public init(
        hash: ContentHash,
        size: Int?,
        inline: [UInt8]?,
        likelyProviders: [NodeID],
        adopt: Bool
    ) {
        self.hash = hash
        self.size = size
        self.inline = inline
        self.likelyProviders = likelyProviders
        self.adopt = adopt
    }
}

/// How far the artefacts are that this node fetches from peers.
public struct DownloadProgress: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// One artefact on its way.
    public struct Row: Sendable, Equatable {
        /// Its hash.
        public let hash: ContentHash
        /// Bytes on disk.
        public let received: Int
        /// Bytes of the whole; nil until a host says so.
        public let size: Int?
        /// Nodes that may still give it.
        public let hosts: Int
        /// Describes progress.
        public init(hash: ContentHash, received: Int, size: Int?, hosts: Int) {
            self.hash = hash
            self.received = received
            self.size = size
            self.hosts = hosts
        }
    }
    /// All of them.
    public struct Reply: BusMessage {
        /// In the order in which they were begun.
        public let rows: [Row]
        /// Puts a reply together.
        public init(rows: [Row]) { self.rows = rows }
    }
    /// Asks.
    public init() {}
}

/// An artefact that a search found, as others describe it; nothing of it was checked.
public struct FoundContent: Sendable, Equatable {
    /// Its hash.
    public let hash: ContentHash
    /// Media type.
    public let contentType: String
    /// Bytes.
    public let size: Int64
    /// A name for a file; nobody may use it as a path.
    public let filename: String?
    /// For people.
    public let description: String?
    /// Tags.
    public let tags: [String]
    /// Nodes that offer it and repeated that in time.
    public let hosts: Int
    /// Whether it is on this node.
    public let isHeld: Bool
    /// Whether this node may drop it to keep to what its operator allows (ADR 0082).
    public let mayGo: Bool
    /// Whether somebody asked others to keep copies.
    public let isReplicated: Bool
    /// Whether a proposal names it.
    public let isProposed: Bool
    /// When somebody spoke of it last.
    public let lastSharedAt: Timestamp
    /// What flags and votes make of it.
    public let standing: ContentStanding

    /// Describes an artefact.
    public init(
        hash: ContentHash,
        contentType: String,
        size: Int64,
        filename: String?,
        description: String?,
        tags: [String],
        hosts: Int,
        isHeld: Bool,
        mayGo: Bool = false,
        isReplicated: Bool,
        isProposed: Bool,
        lastSharedAt: Timestamp,
        standing: ContentStanding
    ) {
        self.hash = hash
        self.contentType = contentType
        self.size = size
        self.filename = filename
        self.description = description
        self.tags = tags
        self.hosts = hosts
        self.isHeld = isHeld
        self.mayGo = mayGo
        self.isReplicated = isReplicated
        self.isProposed = isProposed
        self.lastSharedAt = lastSharedAt
        self.standing = standing
    }
}

/// A place in a list of found artefacts.
public struct ContentPlace: Sendable, Equatable {
    /// Nodes that offered the artefact there.
    public let hosts: Int
    /// When somebody had spoken of it last.
    public let sharedAt: Timestamp
    /// The artefact.
    public let hash: ContentHash

    /// Names a place.
    public init(hosts: Int, sharedAt: Timestamp, hash: ContentHash) {
        self.hosts = hosts
        self.sharedAt = sharedAt
        self.hash = hash
    }

    /// The place of an artefact: those with most hosts come first, then those of which somebody spoke
    /// last.
    public init(_ found: FoundContent) {
        self.init(hosts: found.hosts, sharedAt: found.lastSharedAt, hash: found.hash)
    }

    /// Whether another place is further back.
    public func isBefore(_ other: ContentPlace) -> Bool {
        guard self.hosts == other.hosts else { return self.hosts > other.hosts }
        guard self.sharedAt == other.sharedAt else { return self.sharedAt > other.sharedAt }
        return self.hash < other.hash
    }
}

/// Look for artefacts in what this node has heard of (R-06-142, R-06-143).
public struct FindContent: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// What was found.
    public struct Reply: BusMessage {
        /// Those with most hosts first.
        public let found: [FoundContent]
        /// Puts a reply together.
        public init(found: [FoundContent]) { self.found = found }
    }
    /// Words that names, descriptions or tags must have, or words that begin like them; empty for all.
    public let text: String
    /// Tags that an artefact must have.
    public let tags: [String]
    /// Most artefacts in the answer.
    public let limit: Int
    /// Only those behind this place; nil begins with the first.
    public let after: ContentPlace?
    /// Asks.
    public init(text: String, tags: [String], limit: Int, after: ContentPlace? = nil) {
        self.text = text
        self.tags = tags
        self.limit = limit
        self.after = after
    }
}

/// The content part of the state digest.
public struct StorageStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// Sizes and digest.
    public struct Reply: BusMessage {
        /// Artefacts in the blob directory.
        public let storedArtefacts: Int
        /// Artefacts that others share, as far as known.
        public let knownArtefacts: Int
        /// Artefacts that were dropped since the start, as the operator wants no more of them.
        public let droppedArtefacts: Int
        /// Bytes of these.
        public let droppedBytes: Int64
        /// Digest of the subsystem's replayable state; nil when the question was brief.
        public let digest: Bytes32?
        /// Puts a reply together.
        public init(
            storedArtefacts: Int,
            knownArtefacts: Int,
            droppedArtefacts: Int = 0,
            droppedBytes: Int64 = 0,
            digest: Bytes32?
        ) {
            self.storedArtefacts = storedArtefacts
            self.knownArtefacts = knownArtefacts
            self.droppedArtefacts = droppedArtefacts
            self.droppedBytes = droppedBytes
            self.digest = digest
        }
    }
    /// Whether the digest, which takes longer the more there is, is left out.
    public let isBrief: Bool
    /// Asks.
    public init(isBrief: Bool = false) { self.isBrief = isBrief }
}
