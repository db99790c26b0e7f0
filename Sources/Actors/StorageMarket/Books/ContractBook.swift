import Identities
import Messages
import Primitives

/// What was said about replicated artefacts, as it came.
///
/// Who keeps what for whom is worked out from it when somebody asks (``ContractLife``).
struct ContractBook: Sendable, Codable {
    /// Which message it was.
    enum Kind: Int, Sendable, CaseIterable, Codable {
        case request
        case acceptance
        case assignment
        case receipt
        case transfer
        case acknowledgement
        case withdrawal
    }

    /// What a message says beside the artefact that it is about.
    enum Word: Sendable, Codable {
        case request(ReplicateRequest)
        case acceptance
        case assignment([NodeID])
        case receipt
        case transfer(to: NodeID)
        case acknowledgement(of: MessageID, from: NodeID)
        case withdrawal(effectiveAfter: Timestamp)
    }

    /// All that was said about one artefact.
    struct Dossier: Sendable, Codable {
        fileprivate var words: [Kind: Statements<Word>] = [:]

        /// What was said of one kind, in the order of the stamps.
        subscript(kind: Kind) -> [Statement<Word>] { self.words[kind]?.all ?? [] }

        /// Everything, kind by kind.
        var all: [Statement<Word>] { Kind.allCases.flatMap { self[$0] } }

        /// Whether somebody asked for copies who may (R-06-036).
        var isWanted: Bool { self[.request].contains { $0.permits(.replicate) } }

        /// When somebody last said something.
        fileprivate var newest: Timestamp {
            self.words.values.compactMap(\.newest).max() ?? .distantPast
        }

        /// The keys of those who asked for copies and may.
        fileprivate var uploaders: Set<NodeID> {
            Set(self[.request].filter { $0.permits(.replicate) }.map(\.key))
        }

        /// The keys to which somebody wants to hand a copy over.
        var receivers: [NodeID] {
            self[.transfer].compactMap {
                if case .transfer(let receiver) = $0.body { receiver } else { nil }
            }
        }

        // MARK: Room

        private static let room = Statements<Word>.Room(
            all: .max,
            perKey: StorageMarketLimits.wordsPerKeyMax,
            keepsNewest: false
        )

        /// Takes a word in.
        ///
        /// Whoever speaks much gives way to nobody but itself. Of those who have no part in any contract
        /// only a few words are kept, since they may yet get one.
        ///
        /// - Returns: the word that gave way, if any did.
        fileprivate mutating func insert(
            _ statement: Statement<Word>,
            _ identity: (NodeID) -> NodeID
        ) -> Statement<Word>? {
            let kind = statement.body.kind
            let dropped = self.words[kind, default: Statements()].insert(statement, Self.room)
            if let dropped { return dropped }
            guard self[kind].count > StorageMarketLimits.wordsOfStrangersMax else { return nil }
            return self.dropStranger(kind, identity)
        }

        /// Of the words of strangers, that of the lowest score gives way, and of those that came last.
        private mutating func dropStranger(_ kind: Kind, _ identity: (NodeID) -> NodeID)
            -> Statement<Word>?
        {
            let parties = self.parties(identity)
            let strangers = self[kind].filter { !parties.contains(identity($0.key)) }
            guard strangers.count > StorageMarketLimits.wordsOfStrangersMax else { return nil }
            let least = strangers.min {
                ($0.reputation, $1.heardAt, $1.id) < ($1.reputation, $0.heardAt, $0.id)
            }
            if let least { self.words[kind]?.remove { $0.id == least.id } }
            return least
        }

        /// Identities that asked for copies and may, that they named in their last assignments, or to
        /// which a copy was to be handed over by one of these.
        private func parties(_ identity: (NodeID) -> NodeID) -> Set<NodeID> {
            let uploaders = Set(self.uploaders.map(identity))
            var parties = uploaders
            for uploader in uploaders {
                let own = self[.assignment].filter { identity($0.key) == uploader }
                for assignment in own.suffix(StorageMarketLimits.assignmentsOfPartiesMax) {
                    guard case .assignment(let keys) = assignment.body else { continue }
                    parties.formUnion(keys.map(identity))
                }
            }
            for transfer in self[.transfer] where parties.contains(identity(transfer.key)) {
                guard case .transfer(let receiver) = transfer.body else { continue }
                parties.insert(identity(receiver))
            }
            return parties
        }
    }

    private var dossiers: [ContentHash: Dossier] = [:]
    /// Artefacts about which each key said something that is kept.
    private var byKey: [NodeID: Set<ContentHash>] = [:]
    /// How many artefacts somebody asked for who may.
    private(set) var wantedCount = 0
    private var wanted = QuietestFirst<ContentHash>()
    /// Artefacts whose contracts were found to be confirmed when something had to give way: they do not,
    /// until they are looked at again.
    private var settled: Set<ContentHash> = []
    /// Artefacts for which nobody asked who may.
    private var rumours = QuietestFirst<ContentHash>()

    /// Artefacts that somebody spoke about, sorted.
    var contents: [ContentHash] { self.dossiers.keys.sorted() }

    /// Whether nobody spoke of anything.
    var isEmpty: Bool { self.dossiers.isEmpty }

    /// Artefacts about which one of these keys may have said something, sorted.
    func contents(of keys: some Sequence<NodeID>) -> [ContentHash] {
        keys.reduce(into: Set<ContentHash>()) { $0.formUnion(self.byKey[$1] ?? []) }.sorted()
    }

    /// Artefacts of which a copy is to be handed over to one of these keys.
    func contents(handedTo keys: Set<NodeID>) -> [ContentHash] {
        self.dossiers.filter { $0.value.receivers.contains(where: keys.contains) }.keys.sorted()
    }

    /// What was said about an artefact; nil when nobody said anything.
    subscript(content: ContentHash) -> Dossier? { self.dossiers[content] }

    // MARK: The fold

    /// Takes a message in.
    ///
    /// - Parameters:
    ///   - word: what it says.
    ///   - content: about which artefact.
    ///   - admitted: the message.
    ///   - identity: which identity a key acts for.
    mutating func add(
        _ word: Word,
        on content: ContentHash,
        _ admitted: AdmittedMessage,
        identity: (NodeID) -> NodeID
    ) {
        let isKnown = self.dossiers[content] != nil
        let wasWanted = self.isWanted(content)
        let statement = Statement(admitted, word)
        let dropped = self.dossiers[content, default: Dossier()].insert(statement, identity)
        self.byKey[statement.key, default: []].insert(content)
        if let dropped { self.drop(dropped.key, from: content) }
        let isWanted = self.isWanted(content)
        guard !isKnown || isWanted != wasWanted else { return }
        if wasWanted { self.wantedCount -= 1 }
        if isWanted {
            self.wantedCount += 1
            self.wanted.insert(content, at: statement.at)
        } else {
            // It is new, or the last request of somebody who might ask gave way to this word.
            self.rumours.insert(content, at: statement.at)
            self.dropRumour()
        }
    }

    /// A word of a key gave way to another one.
    private mutating func drop(_ key: NodeID, from content: ContentHash) {
        guard self.dossiers[content]?.all.contains(where: { $0.key == key }) != true else { return }
        self.byKey[key]?.remove(content)
        if self.byKey[key]?.isEmpty == true { self.byKey[key] = nil }
    }

    private func isWanted(_ content: ContentHash) -> Bool {
        self.dossiers[content]?.isWanted ?? false
    }

    private mutating func dropRumour() {
        guard self.dossiers.count - self.wantedCount > StorageMarketLimits.rumoursMax else {
            return
        }
        let quietest = self.rumours.popFirst { [dossiers = self.dossiers] content in
            dossiers[content].flatMap { $0.isWanted ? nil : $0.newest }
        }
        if let quietest { self.forget(quietest) }
    }

    /// The keys of those who asked for copies of an artefact and may.
    func uploaders(of content: ContentHash) -> Set<NodeID> {
        self.dossiers[content]?.uploaders ?? []
    }

    // MARK: Giving way

    /// Whether there are more artefacts that somebody asked for than are kept.
    var isFull: Bool { self.wantedCount > StorageMarketLimits.artefactsMax }

    /// Of the artefacts that may give way, the one about which nobody spoke for the longest time.
    mutating func quietest() -> ContentHash? {
        self.wanted.popFirst { [dossiers = self.dossiers, settled = self.settled] content in
            guard let dossier = dossiers[content], dossier.isWanted, !settled.contains(content)
            else { return nil }
            return dossier.newest
        }
    }

    /// The contract on an artefact is confirmed: it does not give way to others that are not.
    mutating func settle(_ content: ContentHash) { self.settled.insert(content) }

    /// Of the artefacts that these keys asked for, the one about which nobody spoke for the longest time;
    /// nil while one more is kept.
    func quietest(askedForBy keys: [NodeID], besides content: ContentHash) -> ContentHash? {
        let most = keys.reduce(0) { $0 + (self.byKey[$1]?.count ?? 0) }
        guard most >= StorageMarketLimits.artefactsPerUploaderMax else { return nil }
        let own = self.contents(of: keys).filter { other in
            other != content
                && !self.uploaders(of: other).isDisjoint(with: keys)
        }
        guard own.count >= StorageMarketLimits.artefactsPerUploaderMax else { return nil }
        return own.min {
            (self.dossiers[$0]?.newest ?? .distantPast, $0)
                < (self.dossiers[$1]?.newest ?? .distantPast, $1)
        }
    }

    /// Forgets that these keys asked for an artefact, and all that was said about it if nobody else did.
    mutating func forget(_ content: ContentHash, askedForBy keys: [NodeID]) {
        self.dossiers[content]?.words[.request]?.remove(where: { keys.contains($0.key) })
        for key in keys { self.drop(key, from: content) }
        guard self.dossiers[content]?.isWanted != true else { return }
        // It was wanted until now.
        self.wantedCount -= 1
        self.forget(content)
    }

    /// Forgets what was said about an artefact.
    mutating func forget(_ content: ContentHash) {
        guard let dossier = self.dossiers.removeValue(forKey: content) else { return }
        if dossier.isWanted { self.wantedCount -= 1 }
        self.settled.remove(content)
        for key in Set(dossier.all.map(\.key)) { self.drop(key, from: content) }
    }

    /// Forgets artefacts about which nobody spoke for long, unless something else keeps them, such as
    /// challenges.
    mutating func drop(silentSince moment: Timestamp, unless isKept: (ContentHash) -> Bool) {
        for (content, dossier) in self.dossiers where dossier.newest < moment && !isKept(content) {
            self.forget(content)
        }
        // Contracts that were settled may have ended since.
        self.settled = []
        (self.wanted, self.rumours) = (QuietestFirst(), QuietestFirst())
        for (content, dossier) in self.dossiers {
            if dossier.isWanted {
                self.wanted.insert(content, at: dossier.newest)
            } else {
                self.rumours.insert(content, at: dossier.newest)
            }
        }
    }
}

extension ContractBook.Word {
    var kind: ContractBook.Kind {
        switch self {
        case .request: .request
        case .acceptance: .acceptance
        case .assignment: .assignment
        case .receipt: .receipt
        case .transfer: .transfer
        case .acknowledgement: .acknowledgement
        case .withdrawal: .withdrawal
        }
    }

    /// What a message says, and about which artefact; nil for messages of other types.
    static func reading(_ payload: Payload) -> (content: ContentHash, word: Self)? {
        switch payload {
        case .replicateRequest(let request): (request.content.contentHash, .request(request))
        case .replicateAccept(let acceptance): (acceptance.contentHash, .acceptance)
        case .copyAssignment(let assignment):
            (
                assignment.contentHash,
                .assignment(Array(assignment.providers.prefix(StorageMarketLimits.assignedMax)))
            )
        case .copyReceived(let receipt): (receipt.contentHash, .receipt)
        case .rentTransfer(let transfer):
            (transfer.contentHash, .transfer(to: transfer.receivingProvider))
        case .rentTransferAck(let acknowledgement):
            (
                acknowledgement.contentHash,
                .acknowledgement(
                    of: acknowledgement.transferID,
                    from: acknowledgement.originalProvider
                )
            )
        case .contentWithdraw(let withdrawal):
            (withdrawal.contentHash, .withdrawal(effectiveAfter: withdrawal.effectiveAfter))
        default: nil
        }
    }
}

extension Payload {
    /// The artefact whose contract a message is about; nil for other messages.
    var dealtContent: ContentHash? {
        switch self {
        case .challengeResult(let result): result.contentHash
        case .rentPayment(let payment): payment.contentHash
        default: ContractBook.Word.reading(self)?.content
        }
    }
}

extension ContractBook: Digestible {
    /// Whose words are about what, and what gives way first, follow from the words and their arrival.
    func digest(into writer: inout some StateWriter) {
        writer.field("dossiers", self.dossiers)
    }
}

extension ContractBook.Dossier: Digestible {
    func digest(into writer: inout some StateWriter) { writer.field("words", self.words) }
}

extension ContractBook.Kind: Digestible, Comparable {
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
