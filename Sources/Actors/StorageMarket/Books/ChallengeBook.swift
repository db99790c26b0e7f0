import Identities
import Messages
import Primitives

/// Results of challenges within their windows, by artefact.
struct ChallengeBook: Sendable, Codable {
    /// What a CHALLENGE_RESULT says.
    struct Result: Sendable, Codable {
        let challenge: MessageID
        let challenged: NodeID
        let isPass: Bool
    }

    /// The same, with whose it is.
    struct Finding: Sendable, Equatable {
        let id: MessageID
        let at: Timestamp
        let heardAt: Timestamp
        let challenge: MessageID
        let validator: NodeID
        let provider: NodeID
        let isPass: Bool
    }

    /// When a failure of a provider was last put down.
    fileprivate struct Report: Sendable, Codable {
        let provider: NodeID
        let at: Timestamp
    }

    private static let room = Testimonies<Result>.Room(
        artefact: Statements<Result>.Room(
            all: StorageMarketLimits.resultsMax,
            perKey: StorageMarketLimits.resultsPerKeyMax,
            keepsNewest: true
        ),
        strangers: StorageMarketLimits.wordsOfStrangersMax,
        allStrangers: StorageMarketLimits.allWordsOfStrangersMax,
        all: StorageMarketLimits.allResultsMax
    )

    private var results = Testimonies<Result>()
    private var reports: [ContentHash: [Report]] = [:]

    /// Artefacts on which there are results, sorted.
    var contents: [ContentHash] { self.results.contents }

    // MARK: The fold

    /// Takes a result in.
    ///
    /// - Parameters:
    ///   - result: what it says.
    ///   - admitted: the message.
    ///   - isParty: whether a key's word on the artefact counts, as far as is known now.
    mutating func add(
        _ result: ChallengeResult,
        _ admitted: AdmittedMessage,
        isParty: (NodeID) -> Bool
    ) {
        let body = Result(
            challenge: result.challengeID,
            challenged: result.challengedNode,
            isPass: result.result == .pass
        )
        let statement = Statement(admitted, body)
        self.results.insert(statement, on: result.contentHash, isParty: isParty, Self.room)
    }

    /// A failure is in the log: it is not put down again.
    mutating func reported(_ provider: NodeID, on content: ContentHash, at time: Timestamp) {
        self.reports[content, default: []].removeAll { $0.provider == provider }
        self.reports[content, default: []].append(Report(provider: provider, at: time))
    }

    /// Forgets what is outside of every window.
    mutating func drop(at time: Timestamp, _ calendar: MarketCalendar) {
        let old = calendar.moment(StorageMarketLimits.resultsKept, before: time)
        self.results.drop(before: old)
        self.reports = self.reports.mapValues { $0.filter { $0.at >= old } }
            .filter { !$0.value.isEmpty }
    }

    // MARK: Reading

    /// The results on an artefact that count for somebody, in the order of their stamps: none that an
    /// identity gave on itself, and one of each challenge of an identity.
    func results(on content: ContentHash, _ keys: KeyRegistry) -> [Finding] {
        var known: Set<Challenge> = []
        return self.results.all(on: content).compactMap { statement in
            guard let validator = keys.owner(of: statement) else { return nil }
            let provider = keys.identity(of: statement.body.challenged)
            let challenge = Challenge(id: statement.body.challenge, validator: validator)
            guard validator != provider, known.insert(challenge).inserted else { return nil }
            return Finding(
                id: statement.id,
                at: statement.at,
                heardAt: statement.heardAt,
                challenge: statement.body.challenge,
                validator: validator,
                provider: provider,
                isPass: statement.body.isPass
            )
        }
    }

    /// Whether any result on an artefact is a failure; whose results count is not asked, which takes long.
    func hasFailures(on content: ContentHash) -> Bool {
        self.results.all(on: content).contains { !$0.body.isPass }
    }

    /// A challenge has one result of whoever made it.
    private struct Challenge: Hashable {
        let id: MessageID
        let validator: NodeID
    }

    /// Whether an identity gave a result of a challenge in another message.
    func isKnown(
        _ challenge: MessageID,
        of validator: NodeID,
        on content: ContentHash,
        _ keys: KeyRegistry,
        besides message: MessageID
    ) -> Bool {
        self.results.all(on: content).contains {
            $0.body.challenge == challenge && $0.id != message && keys.owner(of: $0) == validator
        }
    }

    /// When a failure of a provider on an artefact was last put down; nil when none was.
    func lastReport(of provider: NodeID, on content: ContentHash, _ keys: KeyRegistry) -> Timestamp?
    {
        (self.reports[content] ?? [])
            .filter { keys.identity(of: $0.provider) == provider }.map(\.at).max()
    }
}

extension ChallengeBook: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("results", self.results)
        writer.field("reports", self.reports)
    }
}

extension ChallengeBook.Report: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("provider", self.provider)
        writer.field("at", self.at)
    }
}
