import Primitives

/// Who wants an artefact from peers, and is told what came of it.
enum DownloadPurpose: Hashable, Sendable {
    /// A caller in this node, by the number of its task.
    case fetch(UInt64)
    /// This node as a provider, which owes a copy to this uploader.
    case copy(uploader: NodeID)
}

/// What came of a download.
enum DownloadOutcome: Sendable, Equatable {
    /// The artefact is held.
    case stored(StoredBlob)
    /// Nobody who was named gave it.
    case unavailable
    /// This node could not keep it.
    case failed(BlobError)
    /// Too many others are under way.
    case busy
    /// It is said to have so many bytes, more than any node keeps.
    case tooLarge(Int)

    /// What stood in the way, for people; nil when nothing did.
    var obstacle: String? {
        switch self {
        case .stored: nil
        case .unavailable: "no reachable node gave them"
        case .failed(let error): "\(error)"
        case .tooLarge(let bytes): "they are said to be \(bytes) bytes, more than any node keeps"
        case .busy: "too many other artefacts are being fetched"
        }
    }
}
