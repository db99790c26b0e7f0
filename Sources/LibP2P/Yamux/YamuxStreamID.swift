/// Which side of the connection this node is.
///
/// Source: yamux specification, "StreamID Field": the client uses odd ids, the server even ones.
public enum YamuxRole: Sendable, Equatable {
    /// The side that dialed; its streams have odd ids.
    case initiator
    /// The side that was dialed; its streams have even ids.
    case responder

    /// The first id this side gives to a stream; 0 names the session itself.
    var firstID: UInt32 { self == .initiator ? 1 : 2 }

    /// Whether a stream with this id was opened by this side.
    func owns(_ id: YamuxStreamID) -> Bool {
        (id.rawValue & 1 == 1) == (self == .initiator)
    }
}

/// The number of one stream within its session.
public struct YamuxStreamID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number on the wire: odd for streams of the dialing side, even for the other's.
    public let rawValue: UInt32

    /// Wraps the number on the wire.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The number in decimal.
    public var description: String { "\(self.rawValue)" }

    /// Orders by number.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
