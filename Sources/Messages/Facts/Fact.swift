package import Primitives

/// What a fact says: one type reads the body, checks it and writes it.
package protocol Fact: PayloadObject {
    /// The kinds that the type can be.
    static var kinds: [FactKind] { get }
    /// The kind that this one is.
    var kind: FactKind { get }
    /// Reads the body of a fact of one of the kinds.
    init(_ kind: FactKind, reading body: PayloadReader) throws(SchemaError)
}

extension Fact {
    /// Nil when the fact is another one, or not in this form.
    package init?(_ fact: LocalFact) {
        guard let kind = FactKind(fact), Self.kinds.contains(kind),
            let document = try? JSONDocument(scanning: fact.body, limits: .fact),
            let body = try? PayloadReader(document.root, path: fact.kind),
            let read = try? Self(kind, reading: body)
        else { return nil }
        self = read
    }

    /// What `RecordFact` takes; the key is that of the request that led to it.
    package func fact(recordedAt: Timestamp, key: RequestKey? = nil) -> LocalFact {
        LocalFact(
            owner: self.kind.owner,
            kind: self.kind.rawValue,
            body: self.json.canonicalBytes(),
            recordedAt: recordedAt,
            key: key
        )
    }
}

/// A fact whose type stands for one kind.
package protocol SingleFact: Fact {
    /// The kind.
    static var kind: FactKind { get }
    /// Reads the body of a fact of this kind.
    init(reading body: PayloadReader) throws(SchemaError)
}

extension SingleFact {
    package static var kinds: [FactKind] { [Self.kind] }

    package var kind: FactKind { Self.kind }

    package init(_ kind: FactKind, reading body: PayloadReader) throws(SchemaError) {
        try self.init(reading: body)
    }
}

extension JSONLimits {
    /// A fact comes from the own log, and a decision may list more votes than a message has room for.
    fileprivate static var fact: JSONLimits {
        var limits = JSONLimits.message
        limits.bytesMax = .max
        return limits
    }
}
