/// Why the ledger books something, where that is told apart elsewhere: what it says of such an entry begins
/// with one of these.
public enum LedgerCause: String, CaseIterable, Sendable {
    /// A day of being there.
    case uptime = "uptime of a day"
    /// Somebody adopted a proposal.
    case adoption = "adoption of"
    /// Days without a word.
    case silence = "silent for"
    /// The stake of a flag that calls an artefact disputed, taken or given back.
    case dispute = "dispute flag on"
    /// The same of one that calls it illegal.
    case illegal = "illegal flag on"
    /// Flags on what somebody brought were right.
    case upheldFlag = "flag upheld by"
    /// Rent that is held, paid, earned or given back.
    case rent = "rent of"
    /// A challenge that was not passed.
    case failure = "failed storage challenge on"
    /// A first challenge that was not passed.
    case abandonment = "took a copy and did not keep it,"
    /// The fee of a hand-over.
    case transfer = "handing a copy over,"

    /// The ground of a stake.
    public init(_ severity: Flag.Severity) {
        switch severity {
        case .dispute: self = .dispute
        case .illegal: self = .illegal
        }
    }

    /// What an entry of the ledger was booked for; nil for what nobody tells apart.
    public init?(of text: String) {
        guard let cause = Self.allCases.first(where: { text.utf8.starts(with: $0.rawValue.utf8) })
        else { return nil }
        self = cause
    }

    /// What the ledger says of an entry.
    public func text(_ what: some CustomStringConvertible) -> String { "\(self.rawValue) \(what)" }

    /// Whether the storage market found it out.
    public var isOfStorage: Bool {
        switch self {
        case .rent, .failure, .abandonment, .transfer: true
        case .uptime, .adoption, .silence, .dispute, .illegal, .upheldFlag: false
        }
    }
}
