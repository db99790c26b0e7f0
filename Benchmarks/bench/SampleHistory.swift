import Cryptography
import Messages
import Persistence
import Primitives

/// Years of a network in which a thousand identities announce themselves, propose, vote, talk and adopt.
///
/// What people wrote is spread evenly over the time, and every proposal is decided when its vote ends. So
/// most of a long history is over, and what is alive at its end does not depend on how long it is.
struct SampleHistory {
    static let day: Int64 = 86_400_000
    private static let identities = 1_000
    private static let proposalsPerDay = 8
    private static let votes = 100
    private static let comments = 60
    private static let adoptions = 20
    private static let votingDays: Int64 = 14

    private let keys = (0..<Self.identities).map { _ in SigningKey.generate() }
    private let start: Timestamp
    private let days: Int

    /// The key of the node whose log it is.
    let own = SigningKey.generate()

    /// Ends shortly before a moment, with at least so many records.
    init(records: Int, endingAt end: Timestamp) {
        let perDay =
            Self.identities + Self.proposalsPerDay
            * (2 + Self.votes + Self.comments + Self.adoptions)
        self.days = records / perDay + 1
        self.start = end.adding(milliseconds: -Int64(self.days) * Self.day)
    }

    /// Hands over the records of one day after the other, in the order of their arrival.
    func write(_ append: ([LogEntry]) throws -> Void) throws {
        var decisions: [Int: [LogEntry]] = [:]
        for day in 0..<self.days {
            var entries = decisions.removeValue(forKey: day) ?? []
            entries += try self.announcements(on: day)
            for number in 0..<Self.proposalsPerDay {
                let vote = try self.vote(day, number)
                entries += vote.said
                decisions[day + Int(Self.votingDays) + 1, default: []].append(vote.decision)
            }
            try append(entries.sorted { $0.arrival < $1.arrival })
        }
    }

    // MARK: What is said

    private func announcements(on day: Int) throws -> [LogEntry] {
        try self.keys.enumerated().map { index, key in
            try self.entry(
                .peerAnnounce,
                PeerAnnounce(
                    addresses: ["/ip4/127.0.0.1/tcp/\(1_024 + index)"],
                    capabilities: ["propose", "vote"],
                    version: 0,
                    uptimeSeconds: Int64(day) * 86_400,
                    vdfProof: Self.proof(of: key)
                ),
                key,
                self.moment(day, index, of: Self.identities)
            )
        }
    }

    private func vote(_ day: Int, _ number: Int) throws -> (said: [LogEntry], decision: LogEntry) {
        let opened = self.moment(day, number, of: Self.proposalsPerDay)
        let author = self.key(day, number, 0)
        let deadline = opened.adding(milliseconds: Self.votingDays * Self.day)
        let proposal = try self.entry(
            .propose,
            Propose(
                title: "Proposal \(day).\(number)",
                body: String(repeating: "why it is good ", count: 40),
                contentHash: ContentHash(SHA256Digest.hash(Array("\(day).\(number)".utf8))),
                contentType: "text/markdown",
                contentSize: 4_096,
                votingDeadline: deadline
            ),
            author,
            opened
        )
        guard case .message(let admitted) = proposal else { preconditionFailure("a message") }
        let id = admitted.message.id
        var said = [proposal]
        for voter in 1...Self.votes {
            let stance: Vote.Stance = voter % 3 == 0 ? .reject : .endorse
            said.append(
                try self.entry(
                    .vote,
                    Vote(proposalID: id, stance: stance, syncStatus: .synced),
                    self.key(day, number, voter),
                    opened.adding(milliseconds: Int64(voter) * 1_000)
                )
            )
        }
        for comment in 1...Self.comments {
            said.append(
                try self.entry(
                    .comment,
                    Comment(targetID: id, body: "thought \(comment) about \(day).\(number)"),
                    self.key(day, number, comment * 3),
                    opened.adding(milliseconds: Int64(comment) * 2_000)
                )
            )
        }
        for adopter in 1...Self.adoptions {
            said.append(
                try self.entry(
                    .adopt,
                    Adopt(proposalID: id, success: true),
                    self.key(day, number, adopter),
                    opened.adding(milliseconds: Int64(adopter) * 4_000)
                )
            )
        }
        return (said, self.decision(on: id, by: author, at: deadline))
    }

    private func decision(on id: MessageID, by author: SigningKey, at deadline: Timestamp)
        -> LogEntry
    {
        let decision = DecisionFact(
            proposal: id,
            state: .rejected,
            hasQuorum: false,
            mode: .weighted,
            needsHalfOfHeads: false,
            activeIdentities: Self.identities,
            activeReputation: FixedPoint(millionths: 0),
            author: NodeID(author.publicKey),
            effectiveAt: deadline,
            adopters: Self.adoptions,
            resolution: nil,
            objection: nil,
            votes: []
        )
        return .fact(decision.fact(recordedAt: deadline.adding(milliseconds: 1_800_000)))
    }

    // MARK: Parts

    private func moment(_ day: Int, _ index: Int, of count: Int) -> Timestamp {
        let offset = Int64(day) * Self.day + Int64(index) * (Self.day / 2) / Int64(count)
        return self.start.adding(milliseconds: offset)
    }

    private func key(_ day: Int, _ number: Int, _ offset: Int) -> SigningKey {
        self.keys[(day * 131 + number * 17 + offset) % self.keys.count]
    }

    private func entry(
        _ type: MessageType,
        _ payload: some WirePayload,
        _ key: SigningKey,
        _ moment: Timestamp
    ) throws -> LogEntry {
        let message = try EnvelopeCodec.sign(
            type,
            payload: payload.json,
            timestamp: moment,
            key: key
        )
        return .relayed(message)
    }

    /// Nobody checks a proof once it is in the log.
    private static func proof(of key: SigningKey) -> VDFProof {
        let key = NodeID(key.publicKey).bytes
        let checkpoints = (1...10).map { step in
            VDFCheckpoint(iteration: Int64(step) * 100_000, hash: key)
        }
        return VDFProof(
            output: key,
            inputData: key,
            difficulty: 1_000_000,
            computedAt: Timestamp(milliseconds: 0),
            checkpoints: checkpoints
        )
    }
}

extension LogEntry {
    /// When it came in or was decided.
    fileprivate var arrival: Timestamp {
        switch self {
        case .message(let admitted): admitted.receivedAt
        case .fact(let fact): fact.recordedAt
        }
    }
}
