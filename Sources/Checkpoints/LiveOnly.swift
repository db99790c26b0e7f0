import DequeModule
import OrderedCollections

/// What can be empty, as everything is that only a live node holds.
public protocol Emptiable {
    /// The empty value.
    init()
    /// Whether it is empty.
    var isEmpty: Bool { get }
}

extension Array: Emptiable {}
extension Set: Emptiable {}
extension Dictionary: Emptiable {}
extension Deque: Emptiable {}
extension OrderedSet: Emptiable {}
extension OrderedDictionary: Emptiable {}

extension Optional: Emptiable {
    /// Nothing.
    public init() { self = nil }

    /// Whether there is nothing.
    public var isEmpty: Bool { self == nil }
}

/// State that comes from live events alone, so that it is empty when a replay is over and no checkpoint holds it.
///
/// A checkpoint that would lose something is refused: that is a fault of the program, or was asked for too late.
@propertyWrapper
public struct LiveOnly<Value: Emptiable> {
    /// The state.
    public var wrappedValue: Value

    /// Begins with a value.
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

extension LiveOnly: Sendable where Value: Sendable {}
extension LiveOnly: Equatable where Value: Equatable {}

extension LiveOnly: Codable {
    /// Begins empty.
    public init(from decoder: any Decoder) { self.init(wrappedValue: Value()) }

    /// Writes nothing.
    public func encode(to encoder: any Encoder) throws {
        guard self.wrappedValue.isEmpty else { throw LiveStateError(state: "\(Value.self)") }
    }
}

/// A checkpoint was asked for while something is held that no replay makes.
public struct LiveStateError: Error, CustomStringConvertible {
    let state: String

    /// What is held.
    public var description: String {
        "a checkpoint was asked for while live state is held: \(self.state)"
    }
}
