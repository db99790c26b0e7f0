import Messages
import Primitives

/// A page of the log on its way into a SYNC_RESPONSE.
///
/// The log may hold messages that no response can carry, since nodes once admitted what only just fits
/// into a frame of its own. Such a message is left out, or it would end every sync at this place for ever.
struct AnswerPage: Sendable {
    private(set) var page: MessagesAfter.Reply
    private let differences: [SyncDifference]?
    private let checkpoint: Bytes32?
    private let identityCheckpoint: Bytes32?
    private let nodes: [SyncResponse.MerkleNode]
    private let scores: [SyncResponse.CurrentReputation]
    private let bans: [MessageID]
    /// Messages that were left out.
    private(set) var skipped: [MessageID] = []

    /// Takes what of a page fits into the given number of bytes and into a response.
    init(_ page: ReadPage, bans: [MessageID] = [], bytesMax: Int) {
        self.page = page.messages
        self.differences = page.reading.differences
        self.checkpoint = page.checkpoint
        self.identityCheckpoint = page.identityCheckpoint
        self.nodes = page.nodes.map { node in
            SyncResponse.MerkleNode(
                path: node.path.map { Int64($0) },
                hash: node.hash,
                messageID: node.messageID
            )
        }
        self.scores = page.reading.scores
        self.bans = bans
        self.cut(toBytes: bytesMax)
        guard self.page.messages.contains(where: Self.isUnusual) || self.isHuge else { return }
        self.leaveOut()
        var count = self.page.messages.count
        while count > 1, !self.canBeSigned {
            count /= 2
            self.keep(count)
        }
    }

    /// Messages of the page, with the rest of the response.
    var bytes: Int {
        self.page.messages.reduce(SyncLimits.answerOverheadBytes) { $0 + $1.count }
            + (self.differences?.count ?? 0) * SyncLimits.differenceBytes
            + self.nodes.count * NarrowingLimits.nodeBytes
            + self.scores.count * SyncLimits.scoreBytes
            + self.bans.count * SyncLimits.banBytes
    }

    /// The payload of the response.
    var payload: SyncResponse {
        SyncResponse(
            messages: self.page.messages,
            hasMore: self.page.hasMore,
            nextTimestamp: self.page.nextTimestamp,
            nextID: self.page.nextID,
            checkpoint: self.checkpoint,
            identityCheckpoint: self.identityCheckpoint,
            merkleNodes: self.nodes,
            reputationCurrent: self.scores,
            differing: self.differences,
            banList: self.bans
        )
    }

    // MARK: What fits

    /// Keeps the first messages that fit, and one at least.
    private mutating func cut(toBytes bytesMax: Int) {
        var bytes = 0
        let fitting = self.page.messages.prefix { message in
            bytes += message.count
            return bytes <= bytesMax
        }
        self.keep(max(1, fitting.count))
    }

    /// Keeps the first messages; the peer goes on behind them.
    private mutating func keep(_ count: Int) {
        guard count < self.page.messages.count,
            let last = try? EnvelopeCodec.decode(self.page.messages[count - 1])
        else { return }
        self.page = MessagesAfter.Reply(
            messages: Array(self.page.messages.prefix(count)),
            hasMore: true,
            nextTimestamp: last.timestamp,
            nextID: last.id
        )
    }

    /// Drops the messages that even a response of their own could not carry; the cursor passes them.
    private mutating func leaveOut() {
        var kept: [[UInt8]] = []
        for message in self.page.messages {
            if !Self.isUnusual(message) || self.canBeSigned(with: [message]) {
                kept.append(message)
            } else if let id = try? EnvelopeCodec.decode(message).id {
                self.skipped.append(id)
            }
        }
        self.page = self.page.with(kept)
    }

    private var isHuge: Bool { self.bytes > SyncLimits.usualAnswerBytesMax }

    private static func isUnusual(_ message: [UInt8]) -> Bool {
        message.count > SyncLimits.usualMessageBytesMax || Self.isDeep(message)
    }

    /// Whether a message may be nested deeply; brackets inside texts count, too.
    private static func isDeep(_ message: [UInt8]) -> Bool {
        var (level, deepest) = (0, 0)
        for byte in message {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { level += 1 }
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { level -= 1 }
            deepest = max(deepest, level)
        }
        return deepest > SyncLimits.usualDepthMax
    }

    private var canBeSigned: Bool { self.canBeSigned(with: self.page.messages) }

    /// Whether peers would read a response with these messages.
    private func canBeSigned(with messages: [[UInt8]]) -> Bool {
        var answer = self
        answer.page = self.page.with(messages)
        return EnvelopeCodec.fits(answer.payload)
    }
}

extension MessagesAfter.Reply {
    /// The same place in the log with other messages.
    fileprivate func with(_ messages: [[UInt8]]) -> MessagesAfter.Reply {
        MessagesAfter.Reply(
            messages: messages,
            hasMore: self.hasMore,
            nextTimestamp: self.nextTimestamp,
            nextID: self.nextID
        )
    }
}
