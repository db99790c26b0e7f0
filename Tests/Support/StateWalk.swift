package import Identities
import Primitives

/// Walks through values by their types, and compares their stored properties with what they write of
/// themselves for the digest.
///
/// A stored property that is not written is a flaw, unless it is named with a reason; so is a field that
/// has not the value of its property, and one that never had two different values: then nobody knows
/// whether it is written at all.
package struct StateWalk {
    /// Stored properties that are no part of the digest, as `Type.name`, each with the reason.
    private let omitted: [String: String]
    /// Types whose bytes are known to tell all their values apart.
    private let leaves: Set<String>
    /// Types that are walked through by a test of their own.
    private let boundaries: Set<String>
    private let constant: Set<String>
    private let reading: (_ place: String, _ value: Any) -> Any
    private var found: Set<String> = []
    private var values: [String: Set<String>] = [:]
    private var unwritten: Set<String> = []

    /// - Parameters:
    ///   - omitted: what is not written, and why.
    ///   - samples: different values of every type that has no parts.
    ///   - boundaries: types that are not looked into.
    ///   - constant: properties that need not have two values.
    ///   - reading: what stands for the value of a property, if not all of it is written.
    package init(
        omitted: [String: String],
        samples: [any Digestible],
        boundaries: Set<String> = [],
        constant: Set<String> = [],
        reading: @escaping (_ place: String, _ value: Any) -> Any = { $1 }
    ) {
        self.omitted = omitted
        self.boundaries = boundaries
        self.constant = constant
        self.reading = reading
        let types = Dictionary(grouping: samples) { typeName(of: type(of: $0)) }
        self.leaves = Set(types.keys)
        for (type, samples) in types {
            let digests = Set(samples.map { StateRecord($0).normal() })
            if samples.count < 2 || digests.count < samples.count {
                self.found.insert("\(type): not all values can be told apart")
            }
        }
    }

    /// All that is wrong, once everything was walked through.
    package var flaws: [String] {
        let constant = self.values.filter { $0.value.count < 2 }.keys
            .filter { !self.constant.contains($0) }
        let unknown = self.omitted.keys.filter { !self.unwritten.contains($0) }
        return
            (Array(self.found) + constant.map { "\($0) never had two values" }
            + unknown.map { "\($0) is no stored property" }).sorted()
    }

    /// Walks through a value and all that it holds.
    package mutating func walk(_ value: Any) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            for child in mirror.children { self.walk(child.value) }
            return
        }
        let name = typeName(of: type(of: value))
        guard !self.boundaries.contains(name), let record = Self.record(of: value) else { return }
        switch record {
        case .bytes:
            if !self.leaves.contains(name) { self.found.insert("\(name) has no parts") }
        case .list, .table:
            for child in mirror.children { self.walk(element: child.value, mirror.displayStyle) }
        case .fields(_, let fields): self.compare(mirror, name, fields)
        }
    }

    private mutating func walk(element: Any, _ style: Mirror.DisplayStyle?) {
        guard style == .dictionary else { return self.walk(element) }
        for part in Mirror(reflecting: element).children { self.walk(part.value) }
    }

    private mutating func compare(
        _ mirror: Mirror,
        _ type: String,
        _ fields: [(name: String, value: StateRecord)]
    ) {
        var rest = fields
        for child in mirror.children {
            let name = "\(type).\(child.label ?? "")"
            let place = rest.firstIndex { $0.name == child.label }
            let written = place.map { rest.remove(at: $0).value }
            if self.omitted[name] != nil {
                self.unwritten.insert(name)
                if written != nil { self.found.insert("\(name) is written") }
                continue
            }
            guard let written else {
                self.found.insert("\(name) is not written")
                continue
            }
            if Self.record(of: self.reading(name, child.value)) != written {
                self.found.insert("\(name) is written as something else")
            }
            self.values[name, default: []].insert(written.normal())
            self.walk(child.value)
        }
        for field in rest { self.found.insert("\(type).\(field.name) is no stored property") }
    }

    /// What a property of any type writes; nil when it cannot.
    private static func record(of value: Any) -> StateRecord? {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            return .list(mirror.children.compactMap { Self.record(of: $0.value) })
        }
        return (value as? any Digestible).map { StateRecord($0) }
    }
}

extension StateWalk {
    /// Different values of the common types that have no parts.
    package static var commonSamples: [any Digestible] {
        [
            0, 1, -1, 0 as Int32, 1 as Int32, 0 as Int64, 1 as Int64, -1 as Int64, Int64.min,
            0 as UInt8, 255 as UInt8, 0 as UInt16, 256 as UInt16, 0 as UInt32, 1 as UInt32,
            0 as UInt128, 1 as UInt128, UInt128.max, true, false, "", "a", "b", "\u{e9}",
            "e\u{301}",
            NodeID(.zero), NodeID(SHA256Digest.hash([1])), MessageID(.zero),
            MessageID(SHA256Digest.hash([1])), ContentHash(.zero),
            ContentHash(SHA256Digest.hash([1])),
            Timestamp(milliseconds: 0), Timestamp(milliseconds: 1), FixedPoint.zero, FixedPoint.one,
        ]
    }
}
