import Doors

// Whose words a schema speaks of: texts are a stranger's unless the table says that they are this node's own.
extension Schema {
    /// Whether a text in the place of this schema is a stranger's.
    var isForeignText: Bool {
        switch self {
        case .text(.any), .anything: true
        case .nullable(let inner): inner.isForeignText
        case .anyOf(let schemas): schemas.contains(where: \.isForeignText)
        case .text, .choice, .integer, .boolean, .list, .object, .map, .record: false
        }
    }

    /// Whether such a text may be anywhere in it.
    var hasForeignText: Bool {
        switch self {
        case .list(let inner, _), .map(let inner), .nullable(let inner): inner.hasForeignText
        case .anyOf(let schemas): schemas.contains(where: \.hasForeignText)
        case .object, .record: self.properties.contains { $0.schema.hasForeignText }
        case .text, .choice, .integer, .boolean, .anything: self.isForeignText
        }
    }
}
