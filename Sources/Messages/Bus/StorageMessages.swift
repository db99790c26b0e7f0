public import Kernel
public import Primitives

/// Why a content operation failed, for people.
public struct ContentFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Cause and next step.
    public let detail: String
    /// The rule that was broken; nil when none was.
    public let refusal: Refusal?
    /// Describes a failure.
    public init(_ detail: String) {
        self.detail = detail
        self.refusal = nil
    }
    /// Something that no node would take.
    public init(_ refusal: Refusal) {
        self.detail = refusal.detail
        self.refusal = refusal
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
public struct ShareContent: Procedure {
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
        /// Digest of the subsystem's replayable state.
        public let digest: Bytes32
        /// Puts a reply together.
        public init(storedArtefacts: Int, knownArtefacts: Int, digest: Bytes32) {
            self.storedArtefacts = storedArtefacts
            self.knownArtefacts = knownArtefacts
            self.digest = digest
        }
    }
    /// Asks.
    public init() {}
}
