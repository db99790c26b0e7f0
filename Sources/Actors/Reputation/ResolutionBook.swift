import Identities
import Messages
import OrderedCollections
import Primitives

/// What votes resolved: each resolution is carried out once, when it comes into force (§8, D-61).
struct ResolutionBook: Sendable, Codable {
    private var ratified: OrderedDictionary<MessageID, ResolutionRatified> = [:]
    /// Those of them that are not in force yet.
    private var waiting: OrderedSet<MessageID> = []
    /// What follows from those that change numbers of the network.
    private var history: ParameterHistory

    /// Begins with the numbers of the network's description.
    init(_ start: NetworkParameters) { self.history = ParameterHistory(start) }

    /// The numbers of the network that are in force at a moment.
    func parameters(at moment: Timestamp) -> NetworkParameters {
        self.history.parameters(at: moment)
    }

    /// Resolutions that are not in force yet.
    var pending: [ResolutionRatified] { self.waiting.compactMap { self.ratified[$0] } }

    /// A proposal with a resolution was ratified.
    ///
    /// - Returns: whether it is the first time; a decision that is looked at again changes nothing.
    mutating func add(_ resolution: ResolutionRatified) -> Bool {
        guard self.ratified[resolution.proposal] == nil else { return false }
        self.ratified[resolution.proposal] = resolution
        self.waiting.append(resolution.proposal)
        self.history.add(resolution)
        return true
    }

    /// The outcome of a proposal was set aside (ADR 0064): what it changed of the network's numbers is undone.
    ///
    /// What was done to contents and identities is not: no outcome of that kind is set aside.
    mutating func setAside(_ proposal: MessageID) {
        self.ratified[proposal] = nil
        self.waiting.remove(proposal)
        self.history.remove(proposal)
    }

    /// Takes out what is in force by now, in the order in which it came into force (D-61).
    mutating func takeDue(at time: Timestamp) -> [ResolutionRatified] {
        let due = self.pending.filter { $0.effectiveAt <= time }
        self.waiting.subtract(due.map(\.proposal))
        return due.sorted { ($0.effectiveAt, $0.proposal) < ($1.effectiveAt, $1.proposal) }
    }
}

extension ResolutionBook: Digestible {
    /// The history of numbers follows from what was ratified.
    func digest(into writer: inout some StateWriter) {
        writer.field("ratified", self.ratified)
        writer.field("waiting", self.waiting)
    }
}
