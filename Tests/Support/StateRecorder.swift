package import Identities
import Synchronization

/// What a value wrote of itself, part by part.
package indirect enum StateRecord: Equatable {
    case bytes([UInt8])
    /// The fields of a value of this type.
    case fields(type: String, [(name: String, value: StateRecord)])
    case list([StateRecord])
    case table([(key: StateRecord, value: StateRecord)])

    package init(_ value: some Digestible) {
        var recorder = StateRecorder(type: type(of: value))
        value.digest(into: &recorder)
        self = recorder.record
    }

    package static func == (one: Self, other: Self) -> Bool { one.normal() == other.normal() }

    /// A text that is the same whatever the order of lists and tables is.
    ///
    /// - Parameter omitted: fields that are left out, as `Type.name`.
    /// - Returns: the text.
    package func normal(omitting omitted: Set<String> = []) -> String {
        switch self {
        case .bytes(let bytes): return bytes.map { String($0, radix: 16) }.joined(separator: ".")
        case .fields(let type, let fields):
            let kept = fields.filter { !omitted.contains("\(type).\($0.name)") }
            let texts = kept.map { "\($0.name): \($0.value.normal(omitting: omitted))" }
            return "{\(texts.joined(separator: ", "))}"
        case .list(let values):
            let texts = values.map { $0.normal(omitting: omitted) }.sorted()
            return "[\(texts.joined(separator: ", "))]"
        case .table(let entries):
            let texts = entries.map {
                "\($0.key.normal(omitting: omitted)) = \($0.value.normal(omitting: omitted))"
            }
            return "[\(texts.sorted().joined(separator: "; "))]"
        }
    }

    /// The fields in which these bytes stand, or in a value that ends with them, as `Type.name`.
    package func places(of bytes: [UInt8], in place: String = "") -> Set<String> {
        switch self {
        case .bytes(let own): own.suffix(bytes.count) == bytes[...] ? [place] : []
        case .fields(let type, let fields):
            fields.reduce(into: []) {
                $0.formUnion($1.value.places(of: bytes, in: "\(type).\($1.name)"))
            }
        case .list(let values):
            values.reduce(into: []) { $0.formUnion($1.places(of: bytes, in: place)) }
        case .table(let entries):
            entries.reduce(into: []) {
                $0.formUnion($1.key.places(of: bytes, in: place))
                $0.formUnion($1.value.places(of: bytes, in: place))
            }
        }
    }
}

/// The name of a type without its module: `HeldOpinion.Word`.
package func typeName(of type: Any.Type) -> String {
    names.withLock { names in
        if let known = names[ObjectIdentifier(type)] { return known }
        // A private type has a context that differs from build to build.
        let name = String(reflecting: type)
            .replacing(/\((\w+) in [^)]*\)/) { $0.output.1 }
            .replacing(/\(unknown context at [^)]*\)\./, with: "")
            .replacing(/\b[A-Z]\w*\.(?=[A-Z(])/, maxReplacements: 1) { _ in "" }
        names[ObjectIdentifier(type)] = name
        return name
    }
}

private let names = Mutex<[ObjectIdentifier: String]>([:])

private struct StateRecorder: StateWriter {
    private let type: Any.Type
    private var raw: [UInt8] = []
    private var fields: [(name: String, value: StateRecord)] = []
    private var collection: StateRecord?

    init(type: Any.Type) { self.type = type }

    var record: StateRecord {
        if let collection { return collection }
        return self.fields.isEmpty
            ? .bytes(self.raw) : .fields(type: typeName(of: self.type), self.fields)
    }

    mutating func bytes(_ bytes: UnsafeRawBufferPointer) { self.raw += bytes }

    mutating func field(_ name: StaticString, _ value: some Digestible) {
        self.fields.append((name: "\(name)", value: StateRecord(value)))
    }

    mutating func list(_ values: some Collection<some Digestible>) {
        self.collection = .list(values.map { StateRecord($0) })
    }

    mutating func table<Key: Digestible, Value: Digestible>(
        _ entries: some Collection<(key: Key, value: Value)>
    ) {
        self.collection = .table(
            entries.map { (key: StateRecord($0.key), value: StateRecord($0.value)) }
        )
    }
}
