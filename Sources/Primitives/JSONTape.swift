/// What a JSON value is.
public enum JSONKind: UInt8, Sendable {
    case null
    case bool
    case integer
    case string
    case array
    case object
}

/// One value of a document: where it stands and where the next one does.
///
/// Values lie in document order; an object's entries are key, value, key, value. Twenty bytes an
/// entry, so that a document never takes more than a small multiple of its length.
struct JSONEntry: Sendable {
    let kind: JSONKind
    /// The bytes are the RFC 8785 form of the value.
    var isCanonical: Bool
    /// A string with backslash sequences.
    var hasEscapes = false
    /// First byte, the quote or bracket included.
    let start: UInt32
    /// Behind the last byte.
    var end: UInt32
    /// Index of the entry behind this value and all that it holds.
    var next: UInt32
    /// Members of an object, elements of an array.
    var count: UInt32 = 0
}
