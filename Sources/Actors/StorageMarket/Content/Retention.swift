import Messages
import OrderedCollections
import Primitives

/// How long a node keeps artefacts that it fetched and that nobody is owed (ADR 0082).
public struct ArtefactRetention: Sendable, Equatable {
    /// Days after which they go; nil for ever.
    public var days: Int64?
    /// Bytes of them that stay, the newest; nil for all.
    public var bytes: Int64?

    /// For ever, and all.
    public static let everything = ArtefactRetention()

    /// Puts a rule together.
    public init(days: Int64? = nil, bytes: Int64? = nil) {
        self.days = days
        self.bytes = bytes
    }
}

/// Drops artefacts that the protocol lets this node drop, the oldest first, as its operator says (ADR 0082).
///
/// What may go is not decided here. Nothing of this is in the digest, since it is this node's own part.
struct Retention: Sendable {
    private let rule: ArtefactRetention
    /// When each artefact came here, or was last used here.
    private var since: [ContentHash: Timestamp]
    /// Artefacts that this node named itself.
    private(set) var own: OrderedSet<ContentHash> = []
    /// What is on its way off the disk.
    private var leaving: [ContentHash: Int] = [:]
    /// When to look next; nil when everything stays.
    private(set) var nextWake: Timestamp?
    /// Artefacts dropped in this life.
    private(set) var droppedCount = 0
    /// Bytes of these.
    private(set) var droppedBytes: Int64 = 0

    init(_ rule: ArtefactRetention, since: [ContentHash: Timestamp]) {
        self.rule = rule
        self.since = since
    }

    /// Whether nothing is ever dropped.
    var keepsEverything: Bool { self.rule == .everything }

    /// Whether this node named an artefact in a message of its own.
    func isOwn(_ content: ContentHash) -> Bool { self.own.contains(content) }

    /// Takes over which artefacts a checkpoint says were named.
    mutating func restore(own: OrderedSet<ContentHash>) { self.own = own }

    /// A message was accepted, or was found in the log.
    mutating func heard(_ admitted: AdmittedMessage, _ parties: Parties) {
        guard parties.isOwn(admitted) else { return }
        switch admitted.message.payload {
        case .propose(let proposal): self.own.append(proposal.contentHash)
        case .replicateRequest(let request): self.own.append(request.content.contentHash)
        default: break
        }
    }

    /// The log has been read; a device that does not say since when it has something has it since now.
    mutating func started(_ held: HeldArtefacts, now: Timestamp) {
        guard !self.keepsEverything else { return }
        for content in held.contents where self.since[content] == nil { self.since[content] = now }
        self.nextWake = now.adding(milliseconds: StorageMarketLimits.keepingStartMilliseconds)
    }

    /// The device finished a task.
    ///
    /// - Returns: what is to be told of it.
    mutating func reported(_ outcome: BlobOutcome, now: Timestamp) -> [StorageMarketAction] {
        switch outcome {
        case .stored(let blob): self.since[blob.hash] = now
        case .removed(let content):
            self.since[content] = nil
            guard let bytes = self.leaving.removeValue(forKey: content) else { return [] }
            self.droppedCount += 1
            self.droppedBytes = self.droppedBytes.saturatingAdding(Int64(bytes))
            return [.dropped(content, bytes: bytes)]
        case .failed(.damaged(let content)), .failed(.unknown(let content)):
            self.since[content] = nil
            self.leaving[content] = nil
        case .piece, .written, .proof, .failed: break
        }
        return []
    }

    /// Artefacts to drop now.
    ///
    /// - Parameters:
    ///   - held: what lies on the disk.
    ///   - mayGo: whether the protocol allows it.
    ///   - now: the time.
    /// - Returns: a bounded number of them, the oldest first; the rest comes soon.
    mutating func due(
        _ held: HeldArtefacts,
        mayGo: (ContentHash) -> Bool,
        now: Timestamp
    ) -> [ContentHash] {
        guard let wake = self.nextWake, wake <= now else { return [] }
        self.leaving = [:]
        let found = held.contents.filter(mayGo)
            .map { (since: self.since[$0] ?? now, content: $0, size: held.size(of: $0) ?? 0) }
            .sorted { ($0.since, $0.content) < ($1.since, $1.content) }
        var bytes = found.reduce(Int64(0)) { $0.saturatingAdding(Int64($1.size)) }
        var due: [ContentHash] = []
        for one in found {
            let age = now.milliseconds(since: one.since)
            let isOld = self.rule.days.map { age >= $0 * StorageMarketLimits.keepingDay } ?? false
            let isSurplus = self.rule.bytes.map { bytes > $0 } ?? false
            // Somebody may be about to read what has just come.
            guard isOld || (isSurplus && age >= StorageMarketLimits.keepingMinMilliseconds) else {
                continue
            }
            bytes -= Int64(one.size)
            due.append(one.content)
            self.leaving[one.content] = one.size
            if due.count == StorageMarketLimits.droppedAtOnceMax { break }
        }
        let isAll = due.count < StorageMarketLimits.droppedAtOnceMax
        self.nextWake = now.adding(
            milliseconds: isAll
                ? StorageMarketLimits.keepingLookMilliseconds
                : StorageMarketLimits.keepingStartMilliseconds
        )
        return due
    }
}
