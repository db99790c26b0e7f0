import Cryptography
public import Messages
public import Primitives
import Synchronization

// What servers of sync are known to do, or may be thought of to do, to those who ask them.
extension Tampering {
    /// It serves all but the messages of one type, and denies that it holds anything of the kind.
    ///
    /// - Parameters:
    ///   - hidden: the type.
    ///   - root: what it says the root of its identity tree is; nil says the truth.
    /// - Returns: the lie.
    public static func hiding(_ hidden: MessageType, claiming root: Bytes32? = nil) -> Tampering {
        Tampering { question in
            let honest = question.honest
            guard honest.error == nil else { return .honest }
            let shown = honest.messages.filter { bytes in
                (try? EnvelopeCodec.decode(bytes))?.type != hidden
            }
            return .signed(
                honest.with(
                    messages: shown,
                    identityCheckpoint: root,
                    differing: honest.differing?.filter { $0.phase != hidden.syncPhase },
                    merkleNodes: []
                )
            )
        }
    }

    /// It hides messages as above, and signs a snapshot of a state without them.
    ///
    /// - Parameters:
    ///   - hidden: the type.
    ///   - root: the root of an identity tree without them.
    ///   - moment: when the snapshot says it was taken; nil serves none.
    /// - Returns: the lie.
    public static func poisoning(
        without hidden: MessageType,
        claiming root: Bytes32,
        snapshotOf moment: Timestamp?
    ) -> Tampering {
        let hiding = Self.hiding(hidden, claiming: root)
        return Tampering { question in
            guard question.request.types == [MessageType.stateSnapshot.rawValue] else {
                return hiding.answer(question)
            }
            guard let moment, let proposals = question.honest.checkpoint else { return .honest }
            let snapshot = StateSnapshot(
                identityMerkleRoot: root,
                proposalMerkleRoot: proposals,
                reputationSummaryHash: SHA256Digest.hash([]),
                activeNodeCount: 1_000_000,
                snapshotTimestamp: moment,
                identityCount: 1_000_000,
                proposalCount: 1_000_000
            )
            let signed = question.sign(snapshot, as: .stateSnapshot)
            return .signed(question.honest.with(messages: [signed?.canonical].compactMap(\.self)))
        }
    }

    /// It never answers.
    public static let silence = Tampering { _ in .nothing }

    /// It answers everything as it should, and so much later.
    public static func slow(_ delay: Duration) -> Tampering {
        Tampering(delay: delay) { _ in .honest }
    }

    /// Whatever page it is asked for is empty, and leads on to another one.
    public static let emptyPages = Tampering { question in
        let request = question.request
        guard request.isForPages else { return .honest }
        return .signed(
            SyncResponse(
                hasMore: true,
                nextTimestamp: request.sinceTimestamp.adding(milliseconds: 1),
                checkpoint: question.honest.checkpoint,
                identityCheckpoint: question.honest.identityCheckpoint
            )
        )
    }

    /// Answers that no honest node gives.
    public enum Garbage: Sendable, CaseIterable {
        /// Bytes that are no JSON.
        case noise
        /// JSON that is no message.
        case noMessage
        /// A good answer that somebody else signed.
        case foreignKey
        /// A good answer whose signature does not hold.
        case brokenSignature
        /// A page of good messages whose signatures do not hold, and of objects that are no messages.
        case forgedMessages
        /// A page of what was not asked for, from before the place that was asked for, in the wrong order.
        case wrongPages
    }

    /// It answers one kind of garbage.
    public static func garbage(_ kind: Garbage) -> Tampering {
        Tampering { question in
            guard question.honest.error == nil else { return .honest }
            switch kind {
            case .noise: return .bytes([0x00, 0xff, 0x7b, 0x22])
            case .noMessage: return .bytes(Array(#"{"messages":[],"has_more":true}"#.utf8))
            case .foreignKey: return Self.signedByAnother(question)
            case .brokenSignature: return .bytes(Self.broken(question.frame))
            case .forgedMessages:
                let forged = question.honest.messages.map { Self.broken($0) }
                return .signed(question.honest.with(messages: forged + [Array("{}".utf8)]))
            case .wrongPages:
                return question.request.isForPages ? Self.wrongPage(question) : .honest
            }
        }
    }

    private static func signedByAnother(_ question: Question) -> Answer {
        let seed = SHA256Digest.hash(Array("a stranger".utf8)).array
        let message = try? EnvelopeCodec.sign(
            .syncResponse,
            payload: question.honest.json,
            timestamp: question.time,
            key: SigningKey(seed: seed)
        )
        return message.map { .bytes($0.canonical) } ?? .nothing
    }

    private static func wrongPage(_ question: Question) -> Answer {
        let wrong = question.sign(
            Request(title: "What nobody asked for", body: "b", tags: []),
            as: .request
        )
        return .signed(
            SyncResponse(
                messages: [wrong?.canonical].compactMap(\.self)
                    + question.honest.messages.reversed(),
                hasMore: true,
                nextTimestamp: Timestamp(milliseconds: 1),
                checkpoint: question.honest.checkpoint,
                identityCheckpoint: question.honest.identityCheckpoint
            )
        )
    }

    /// The same message with another signature: its first digit is another one.
    private static func broken(_ envelope: [UInt8]) -> [UInt8] {
        let name = Array(#""signature":""#.utf8)
        // The envelope's own comes last of all that it holds but the timestamp.
        guard
            let start = envelope.indices.last(where: { envelope[$0...].starts(with: name) })
        else { return envelope }
        let digit = start + name.count
        var bytes = envelope
        bytes[digit] = bytes[digit] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        return bytes
    }

    /// The same, and every question is noted.
    public func noting(in book: QuestionBook) -> Tampering {
        var noted = self
        let answer = self.answer
        noted.answer = { question in
            book.note(question)
            return answer(question)
        }
        return noted
    }
}

extension SyncRequest {
    /// Whether it asks for messages behind a cursor.
    var isForPages: Bool {
        self.ids.isEmpty && self.identityKey == nil && self.merkleTree == nil
            && self.comparison == nil && self.types.allSatisfy { MessageType(rawValue: $0) != nil }
    }
}

/// What nodes were asked, in the order of time.
public final class QuestionBook: Sendable {
    private let questions = Mutex<[Tampering.Question]>([])

    /// Notes nothing yet.
    public init() {}

    func note(_ question: Tampering.Question) { self.questions.withLock { $0.append(question) } }

    /// What a node asked.
    public func asked(by node: Int) -> [Tampering.Question] {
        self.questions.withLock { $0.filter { $0.asker == node } }
    }
}
