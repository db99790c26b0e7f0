package import Primitives

// Amounts of reputation are integers in millionths, as on the wire; times are Unix milliseconds.

extension String: Shown {
    package static var schema: Schema { .text }
    package var shown: JSONValue { .string(self) }
}

extension Bool: Shown {
    package static var schema: Schema { .boolean }
    package var shown: JSONValue { .bool(self) }
}

extension Int: Shown {
    package static var schema: Schema { .number }
    package var shown: JSONValue { .integer(Int64(self)) }
}

extension Int64: Shown {
    package static var schema: Schema { .number }
    package var shown: JSONValue { .integer(self) }
}

extension UInt32: Shown {
    package static var schema: Schema { .count }
    package var shown: JSONValue { .integer(Int64(self)) }
}

extension UInt64: Shown {
    package static var schema: Schema { .count }
    /// What is more than JSON carries without loss is shown as the most that it does (D-03).
    package var shown: JSONValue {
        .integer(Swift.min(Int64(clamping: self), JSONLimits.integerMax))
    }
}

extension FixedPoint: Shown {
    package static var schema: Schema { .amount }
    package var shown: JSONValue { .integer(self.millionths) }
}

extension Timestamp: Shown {
    package static var schema: Schema { .time }
    package var shown: JSONValue { .integer(self.milliseconds) }
}

extension Bytes32: Shown {
    package static var schema: Schema { .id }
    package var shown: JSONValue { .string(self.hex) }
}

extension Shown where Self: Identifier32 {
    package static var schema: Schema { .id }
    package var shown: JSONValue { .string(self.hex) }
}

extension NodeID: Shown {}
extension MessageID: Shown {}
extension ContentHash: Shown {}

extension Shown where Self: RawRepresentable & CaseIterable, RawValue == String {
    package static var schema: Schema { .choice(Self.allCases.map(\.rawValue)) }
    package var shown: JSONValue { .string(self.rawValue) }
}

extension Optional: Shown where Wrapped: Shown {
    package static var schema: Schema { .nullable(Wrapped.schema) }
    package var shown: JSONValue { self?.shown ?? .null }
}

extension Array: Shown where Element: Shown {
    package static var schema: Schema { .list(Element.schema) }
    package var shown: JSONValue { .array(self.map(\.shown)) }
}
