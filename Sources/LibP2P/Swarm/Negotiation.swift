import MultistreamSelect

/// One side of a multistream negotiation about a single protocol.
enum Negotiation: Sendable {
    case dialer(MultistreamDialer)
    case listener(MultistreamListener)

    init(isOutbound: Bool, protocolID: String) {
        self =
            isOutbound
            ? .dialer(MultistreamDialer(protocols: [protocolID]))
            : .listener(MultistreamListener(supported: [protocolID]))
    }

    mutating func start() -> [UInt8] {
        guard case .dialer(var dialer) = self else { return [] }
        defer { self = .dialer(dialer) }
        return dialer.start()
    }

    /// Bytes for the next layer once the protocol is agreed; nil before.
    mutating func receive(_ bytes: ArraySlice<UInt8>, offered: String) throws -> [UInt8]? {
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
        case .selected(_, let leftover): return leftover
        case .refused: throw LinkError.refused(offered)
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
