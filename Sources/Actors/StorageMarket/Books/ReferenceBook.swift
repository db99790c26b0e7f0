import Identities
import Messages
import Primitives

/// Which proposals name an artefact, until when they are voted on, and who endorsed them.
struct ReferenceBook: Sendable, Codable {
    /// What a proposal says of its artefact.
    struct Reference: Sendable, Codable {
        let content: ContentHash
        let deadline: Timestamp
    }

    /// All that is known of a proposal.
    fileprivate struct File: Sendable, Codable {
        var proposal: Statement<Reference>?
        var endorsements = Statements<Mark>()
        var withdrawals = Statements<Mark>()
        /// Whether it is in the log who held copies during the vote.
        var isShared = false
    }

    /// An endorsement or a withdrawal says no more than that it is one.
    fileprivate struct Mark: Sendable, Codable {}

    private static let room = Statements<Mark>.Room(
        all: StorageMarketLimits.endorsementsMax,
        perKey: 2,
        keepsNewest: false
    )

    private var files: [MessageID: File] = [:]
    /// How many proposals there are of those who may propose.
    private var weightyCount = 0
    private var weighty = QuietestFirst<MessageID>()
    /// Proposals of others, and votes on proposals that have not come.
    private var others = QuietestFirst<MessageID>()
    /// Proposals on an artefact, sorted by id.
    private var byContent: [ContentHash: [MessageID]] = [:]

    // MARK: The fold

    /// Folds a logged message: proposals, endorsements and withdrawals, in whatever order they come.
    ///
    /// - Returns: artefacts about whose proposals something else is known now.
    mutating func add(_ admitted: AdmittedMessage) -> [ContentHash] {
        let statement = Statement(admitted, Mark())
        switch admitted.message.payload {
        case .propose(let proposal):
            self.add(proposal, admitted)
            return [proposal.contentHash] + self.makeRoom()
        case .vote(let vote) where vote.stance == .endorse && statement.permits(.vote):
            self.open(vote.proposalID, at: statement.at)
            self.files[vote.proposalID]?.endorsements.insert(statement, Self.room)
        case .withdraw(let withdrawal):
            self.open(withdrawal.proposalID, at: statement.at)
            self.files[withdrawal.proposalID]?.withdrawals.insert(statement, Self.room)
            let content = self.files[withdrawal.proposalID]?.proposal?.body.content
            return (content.map { [$0] } ?? []) + self.makeRoom()
        default: return []
        }
        return self.makeRoom()
    }

    /// Somebody speaks of a proposal, perhaps for the first time.
    private mutating func open(_ id: MessageID, at time: Timestamp) {
        guard self.files[id] == nil else { return }
        self.files[id] = File()
        self.others.insert(id, at: time)
    }

    private mutating func add(_ proposal: Propose, _ admitted: AdmittedMessage) {
        let id = admitted.message.id
        let content = proposal.contentHash
        let reference = Reference(content: content, deadline: proposal.votingDeadline)
        guard self.files[id]?.proposal == nil else { return }
        let isKnown = self.files[id] != nil
        self.files[id, default: File()].proposal = Statement(admitted, reference)
        if self.files[id]?.isWeighty == true {
            self.weightyCount += 1
            self.weighty.insert(id, at: proposal.votingDeadline)
        } else if !isKnown {
            self.others.insert(id, at: proposal.votingDeadline)
        }
        let known = self.byContent[content] ?? []
        let place = known.firstIndex { $0 > id } ?? known.endIndex
        self.byContent[content, default: []].insert(id, at: place)
    }

    /// It is in the log who held copies of a proposal's artefact during the vote.
    mutating func shared(_ proposal: MessageID) { self.files[proposal]?.isShared = true }

    private mutating func makeRoom() -> [ContentHash] {
        var gone: [ContentHash?] = []
        if self.files.count - self.weightyCount > StorageMarketLimits.orphanReferencesMax {
            gone.append(self.dropFirst(\.others, isWeighty: false))
        }
        if self.weightyCount > StorageMarketLimits.referencesMax {
            gone.append(self.dropFirst(\.weighty, isWeighty: true))
        }
        return gone.compactMap(\.self)
    }

    private mutating func dropFirst(
        _ queue: WritableKeyPath<Self, QuietestFirst<MessageID>>,
        isWeighty: Bool
    ) -> ContentHash? {
        var waiting = self[keyPath: queue]
        self[keyPath: queue] = QuietestFirst()
        let first = waiting.popFirst { id in
            self.files[id].flatMap { $0.isWeighty == isWeighty ? $0.ends : nil }
        }
        self[keyPath: queue] = waiting
        return first.flatMap { self.forget($0) }
    }

    @discardableResult
    private mutating func forget(_ id: MessageID) -> ContentHash? {
        guard let file = self.files.removeValue(forKey: id), let proposal = file.proposal else {
            return nil
        }
        if file.isWeighty { self.weightyCount -= 1 }
        let content = proposal.body.content
        self.byContent[content]?.removeAll { $0 == id }
        if self.byContent[content]?.isEmpty == true { self.byContent[content] = nil }
        return content
    }

    /// Forgets votes that are over, on artefacts of which nobody is asked to keep copies.
    mutating func drop(
        at time: Timestamp,
        _ calendar: MarketCalendar,
        unless isKept: (ContentHash) -> Bool
    ) {
        let old = calendar.moment(StorageMarketLimits.resultsKept, before: time)
        let gone = self.files.filter { _, file in
            file.ends < old && !(file.proposal.map { isKept($0.body.content) } ?? false)
        }
        for id in gone.keys { self.forget(id) }
        (self.weighty, self.others) = (QuietestFirst(), QuietestFirst())
        for (id, file) in self.files {
            if file.isWeighty {
                self.weighty.insert(id, at: file.ends)
            } else {
                self.others.insert(id, at: file.ends)
            }
        }
    }

    // MARK: Reading

    /// Proposals on an artefact that count for somebody who might propose, by id.
    private func proposals(on content: ContentHash, _ keys: KeyRegistry)
        -> [(file: File, proposal: Statement<Reference>, author: NodeID)]
    {
        (self.byContent[content] ?? []).compactMap { id in
            guard let file = self.files[id], let proposal = file.proposal, file.isWeighty,
                let author = keys.owner(of: proposal)
            else { return nil }
            return (file, proposal, author)
        }
    }

    /// Whether a proposal that was made before a withdrawal of its artefact is still open then, so that
    /// the withdrawal has no effect (R-06-102, D-74).
    func block(
        _ withdrawal: Statement<ContractBook.Word>,
        on content: ContentHash,
        _ keys: KeyRegistry
    ) -> Bool {
        self.proposals(on: content, keys).contains { file, proposal, author in
            proposal.precedes(withdrawal) && proposal.body.deadline >= withdrawal.at
                && !file.isWithdrawn(by: author, before: withdrawal.at, keys)
        }
    }

    /// Whether a cycle that begins at a moment is free of rent, because a vote on the artefact is open
    /// that enough others endorsed before (D-78).
    func exempts(
        _ content: ContentHash,
        of uploader: NodeID,
        at start: Timestamp,
        _ keys: KeyRegistry
    ) -> Bool {
        self.proposals(on: content, keys).contains { file, proposal, author in
            guard proposal.at <= start, proposal.body.deadline >= start,
                !file.isWithdrawn(by: author, before: start, keys)
            else { return false }
            let others = file.endorsements.all.filter { $0.heardAt < start }
                .compactMap { keys.owner(of: $0) }
                .filter { $0 != author && $0 != uploader }
            return Set(others).count >= StorageMarketLimits.exemptingEndorsersMin
        }
    }

    /// Votes on artefacts that ended within a span and of which it is not in the log yet who held
    /// copies, by id.
    func ended(after start: Timestamp, to end: Timestamp, _ keys: KeyRegistry)
        -> [(id: MessageID, Reference)]
    {
        self.files.compactMap { id, file -> (id: MessageID, Reference)? in
            guard let proposal = file.proposal, !file.isShared,
                let author = keys.owner(of: proposal),
                proposal.body.deadline > start, proposal.body.deadline <= end,
                !file.isWithdrawn(by: author, before: proposal.body.deadline, keys)
            else { return nil }
            return (id, proposal.body)
        }.sorted { $0.id < $1.id }
    }

    /// When the next vote on an artefact ends; nil when none does.
    func nextDeadline(after moment: Timestamp) -> Timestamp? {
        self.files.values.compactMap { $0.proposal?.body.deadline }.filter { $0 > moment }.min()
    }
}

extension ReferenceBook.File {
    /// Whether its author might propose, when the proposal arrived.
    fileprivate var isWeighty: Bool { self.proposal?.permits(.propose) ?? false }

    /// Whether any key of the author took the proposal back by a moment.
    fileprivate func isWithdrawn(by author: NodeID, before moment: Timestamp, _ keys: KeyRegistry)
        -> Bool
    {
        self.withdrawals.all.contains { $0.at <= moment && keys.owner(of: $0) == author }
    }

    /// When the newest vote or withdrawal was signed.
    fileprivate var newest: Timestamp {
        max(self.endorsements.newest ?? .distantPast, self.withdrawals.newest ?? .distantPast)
    }

    /// When it needs no more be kept, as far as votes go.
    fileprivate var ends: Timestamp { self.proposal?.body.deadline ?? self.newest }
}

extension ReferenceBook: Digestible {
    /// Which proposals are on an artefact, and what gives way first, follows from the proposals.
    func digest(into writer: inout some StateWriter) { writer.field("files", self.files) }
}

extension ReferenceBook.File: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("proposal", self.proposal)
        writer.field("endorsements", self.endorsements)
        writer.field("withdrawals", self.withdrawals)
        writer.field("isShared", self.isShared)
    }
}
