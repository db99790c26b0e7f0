import MultistreamSelect

/// One side of a multistream negotiation about the next layer of a connection.
enum Negotiation: Sendable {
    case dialer(MultistreamDialer)
    case listener(MultistreamListener)

    /// - Parameters:
    ///   - isOutbound: whether this side proposes.
    ///   - protocols: what this side speaks; it proposes the first one first.
    init(isOutbound: Bool, protocols: [String]) {
        self =
            isOutbound
            ? .dialer(MultistreamDialer(protocols: protocols))
            : .listener(MultistreamListener(supported: protocols))
    }

    mutating func start() -> [UInt8] {
        guard case .dialer(var dialer) = self else { return [] }
        defer { self = .dialer(dialer) }
        return dialer.start()
    }

    /// What was agreed on, and bytes that belong to it already; nil before.
    mutating func receive(
        _ bytes: ArraySlice<UInt8>,
        offered: [String]
    ) throws -> (name: String, leftover: [UInt8])? {
        let outcome: MultistreamOutcome?
        switch self {
        case .dialer(var dialer):
            outcome = try dialer.receive(bytes)
            self = .dialer(dialer)
        case .listener(var listener):
            outcome = try listener.receive(bytes)
            self = .listener(listener)
        }
        switch outcome {
        case .selected(let name, let leftover): return (name, leftover)
        case .refused: throw LinkError.refused(offered.joined(separator: " or "))
        case nil: return nil
        }
    }

    mutating func takeOutput() -> [UInt8] {
        switch self {
        case .dialer(var dialer):
            defer { self = .dialer(dialer) }
            return dialer.takeOutput()
        case .listener(var listener):
            defer { self = .listener(listener) }
            return listener.takeOutput()
        }
    }
}
