package import Doors
package import Messages
import Primitives

// The storage market.

extension StorageDealings.Part: Shown {}
extension ChallengeResult.Outcome: Shown {}

extension StorageOffer: Record {
    package static let about = "What this node gives to the storage market."
    package static let fields: [Field<StorageOffer>] = [
        Field("allocated_bytes", "Bytes for copies of others' artefacts.") { $0.allocatedBytes },
        Field("content_types", "Media types that are taken; none means all.") {
            $0.contentTypes
        },
        Field("bytes_per_second", "How fast copies may be fetched.") { $0.bytesPerSecond },
    ]
}

/// The dealings of this node, with what its operator should know besides.
struct StorageReport: Record {
    private let dealings: StorageDealings.Reply
    private let warnings: [String]

    init(_ dealings: StorageDealings.Reply, _ warning: String?) {
        self.dealings = dealings
        // Who asks for no copies has nothing to lose by it.
        let isUploader = dealings.rows.contains { $0.part == .uploader }
        self.warnings = isUploader ? [warning].compactMap(\.self) : []
    }

    static let about = "What this node has to do with the storage market."
    static let fields: [Field<StorageReport>] = [
        Field("warnings", "What its operator should know.") { $0.warnings },
        Field("offer", "What its operator gives.") { $0.dealings.offer },
        Field("available_bytes", "What is left of it.") { $0.dealings.offered.availableBytes },
        Field("copies", "Copies that are kept for others.") { $0.dealings.offered.copyCount },
        Field("contracts", "Contracts in which this node has a part.") { $0.dealings.rows },
        Field("challenges", "What its challenges of others' copies showed.") {
            $0.dealings.examinations
        },
        Field("suspicious_pairs", "Whose challenges look arranged.") {
            $0.dealings.suspiciousPairs
        },
    ]
}

extension StorageDealings.Pair: Record {
    package static let about = "Somebody who challenges another one too well."
    package static let fields: [Field<StorageDealings.Pair>] = [
        Field("validator", "Who challenges.") { $0.validator },
        Field("provider", "Who is challenged.") { $0.provider },
    ]
}

extension StorageDealings.Row: Record {
    package static let about = "A contract in which this node has a part."
    package static let fields: [Field<StorageDealings.Row>] = [
        Field("content_hash", "SHA-256 of the artefact.") { $0.content.contentHash },
        Field("content_size", "Its bytes.") { $0.content.contentSize },
        Field("content_type", "Its media type.") { $0.content.contentType },
        Field("filename", "A name for a file; never a path.") { $0.content.filename },
        Field("part", "This node's part.") { $0.part },
        Field("uploader", "Who pays.") { $0.uploader },
        Field("state", "How far it is.") { $0.state },
        Field("until", "When that ends by itself.") { $0.until },
        Field("copy_count", "Copies that are wanted.") { $0.copyCount },
        Field("holders", "Who keeps a confirmed copy.") { $0.holders },
        Field("daily_rent", "One day's rent.") { $0.dailyRent },
        Field("risk", "What may go wrong.") { $0.risk },
        Field("standing", "What flags and votes make of the artefact.") { $0.standing },
    ]
}

extension StorageDealings.Examination: Record {
    package static let about = "What this node's challenges of one copy showed."
    package static let fields: [Field<StorageDealings.Examination>] = [
        Field("content_hash", "SHA-256 of the artefact.") { $0.content },
        Field("provider", "Who is challenged.") { $0.provider },
        Field("last_result", "The last result.") { $0.last },
        Field("last_at", "When it was found.") { $0.lastAt },
        Field("failures", "Failures since the last pass.") { $0.failures },
        Field("next_at", "When the copy is challenged next.") { $0.nextAt },
        Field("seems_fetched", "Whether answers come as late as if the bytes were elsewhere.") {
            $0.seemsFetched
        },
    ]
}
