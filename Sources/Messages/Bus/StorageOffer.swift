public import Kernel
public import Primitives

/// What this node gives to the storage market, as its operator decided.
///
/// It is a fact of the log, so that a restart finds it again; a node without one offers nothing
/// (ADR 0048).
public struct StorageOffer: SingleFact, Codable {
    package static var kind: FactKind { .storageOffer }

    /// Bytes of the disk for copies of others' artefacts; there is no minimum (R-06-045).
    public let allocatedBytes: Int64
    /// Media types that are taken, such as `text/markdown`, or `text/*` for all of a kind; none means all.
    public let contentTypes: [String]
    /// Bytes a second that copies may be fetched with, over time.
    public let bytesPerSecond: Int64

    /// What a node offers unless its operator says otherwise.
    public static let nothing = StorageOffer(allocatedBytes: 0)

    /// Describes an offer.
    public init(
        allocatedBytes: Int64,
        contentTypes: [String] = [],
        bytesPerSecond: Int64 = WireLimits.replicatedContentBytesMax
    ) {
        self.allocatedBytes = allocatedBytes
        self.contentTypes = contentTypes
        self.bytesPerSecond = bytesPerSecond
    }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.allocatedBytes = try body.integer("allocated_bytes")
        self.contentTypes = try body.texts("content_types")
        self.bytesPerSecond = try body.integer("bytes_per_second", 1...Int64.max)
    }

    package func write(to body: inout PayloadWriter) {
        body.set("allocated_bytes", self.allocatedBytes)
        body.set("content_types", self.contentTypes)
        body.set("bytes_per_second", self.bytesPerSecond)
    }

    /// Whether an artefact of this media type is taken; case and parameters do not matter.
    public func takes(_ contentType: String) -> Bool {
        guard !self.contentTypes.isEmpty else { return true }
        let name = Self.name(contentType)
        return self.contentTypes.contains { pattern in
            let pattern = Self.name(pattern)
            guard pattern.last == UInt8(ascii: "*") else { return pattern == name }
            return name.starts(with: pattern.dropLast())
        }
    }

    /// The bytes of a media type without what does not matter.
    private static func name(_ contentType: String) -> [UInt8] {
        contentType.lowercased().utf8.prefix { $0 != UInt8(ascii: ";") }.filter {
            $0 != UInt8(ascii: " ")
        }
    }
}

/// Change what this node gives to the storage market; answered when the log holds it.
public struct OfferStorage: Procedure {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// What is in force.
    public struct Reply: BusMessage {
        /// The offer.
        public let offer: StorageOffer
        /// Tells what is in force.
        public init(offer: StorageOffer) { self.offer = offer }
    }
    /// The new offer.
    public let offer: StorageOffer
    /// What the request that asks for it is recognised by when it comes again, for the record.
    public let key: RequestKey?
    /// Asks for a change.
    public init(offer: StorageOffer, key: RequestKey? = nil) {
        self.offer = offer
        self.key = key
    }
}

/// What this node offers and has left has changed; peers are told with the next announcement (R-06-044).
public struct StorageOffered: Event, Equatable, Codable {
    /// Bytes that the operator gives.
    public let allocatedBytes: Int64
    /// Bytes of them that are neither filled nor promised.
    public let availableBytes: Int64
    /// Copies that are kept for others.
    public let copyCount: Int64
    /// Announces it.
    public init(allocatedBytes: Int64, availableBytes: Int64, copyCount: Int64) {
        self.allocatedBytes = allocatedBytes
        self.availableBytes = availableBytes
        self.copyCount = copyCount
    }
}
