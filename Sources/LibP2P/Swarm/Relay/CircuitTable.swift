import Yamux

/// The streams of a connection that carry whole connections.
struct CircuitTable {
    private var carriers: [YamuxStreamID: CircuitCarrier] = [:]

    subscript(id: YamuxStreamID) -> CircuitCarrier? { self.carriers[id] }

    mutating func insert(_ carrier: CircuitCarrier, on id: YamuxStreamID) {
        self.carriers[id] = carrier
    }

    /// A stream carries nothing more.
    @discardableResult
    mutating func remove(_ id: YamuxStreamID) -> CircuitCarrier? {
        self.carriers.removeValue(forKey: id)
    }
}
