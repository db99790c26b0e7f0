package import Primitives

/// A value that answers may carry.
package protocol Shown: Sendable {
    /// What its form is.
    static var schema: Schema { get }
    /// The value as people and programs see it.
    var shown: JSONValue { get }
}

/// A value with named, described members: what its schema says and what is shown come from one list.
package protocol Record: Shown {
    /// What it describes, in a sentence.
    static var about: String { get }
    /// Its members.
    static var fields: [Field<Self>] { get }
}

extension Record {
    package static var schema: Schema { .record(Self.recordSchema) }

    package static var recordSchema: RecordSchema {
        RecordSchema(
            name: Self.recordName,
            about: Self.about,
            properties: Self.fields.map(\.property)
        )
    }

    /// The name of the type with those around it: what a query's `Reply` tells is called like the query.
    private static var recordName: String {
        let names = _typeName(Self.self, qualified: true).split(separator: ".").dropFirst()
        return names.filter { $0 != "Reply" }.joined()
    }

    package var shown: JSONValue {
        .object(
            Self.fields.compactMap { field in
                field.get(self).map { JSONMember(key: field.property.name, value: $0) }
            }
        )
    }
}

/// A member of a record.
package struct Field<Owner>: Sendable {
    package let property: Property
    let get: @Sendable (Owner) -> JSONValue?

    private init(_ property: Property, _ get: @escaping @Sendable (Owner) -> JSONValue?) {
        self.property = property
        self.get = get
    }

    /// A member that is always there.
    package init<Value: Shown>(
        _ name: String,
        _ about: String,
        _ get: @escaping @Sendable (Owner) -> Value
    ) {
        self.init(Property(name, about, Value.schema)) { get($0).shown }
    }

    /// A member that is left out when there is nothing to tell.
    package static func ifAny<Value: Shown>(
        _ name: String,
        _ about: String,
        _ get: @escaping @Sendable (Owner) -> Value?
    ) -> Self {
        Self(Property(name, about, Value.schema, isRequired: false)) { get($0)?.shown }
    }

    /// A member whose form is said beside it.
    package static func formed(
        _ name: String,
        _ about: String,
        _ schema: Schema,
        isRequired: Bool = true,
        _ get: @escaping @Sendable (Owner) -> JSONValue?
    ) -> Self {
        Self(Property(name, about, schema, isRequired: isRequired), get)
    }

    /// The same member, whose texts are this node's own words; without it they count as a stranger's.
    package var inOwnWords: Self {
        let property = self.property
        return Self(
            Property(
                property.name,
                property.about,
                property.schema.inOwnWords,
                isRequired: property.isRequired
            ),
            self.get
        )
    }

    /// The same member for another record.
    ///
    /// - Parameter owner: what the other record shows the member of.
    /// - Returns: the member.
    package func pullback<Other>(_ owner: @escaping @Sendable (Other) -> Owner) -> Field<Other> {
        let get = self.get
        return Field<Other>(self.property) { get(owner($0)) }
    }
}
