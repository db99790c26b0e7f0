import Cryptography
package import Primitives

/// A member that breaks its type's schema.
package struct SchemaError: Error {
    /// Path of the member, such as `claims[3].statement`.
    let path: String
    /// What is wrong with it.
    let problem: String
}

/// Reads the members of one object by D-84: a required member must be there, an optional one may be
/// absent or null, and members that no schema names are ignored.
package struct PayloadReader {
    let view: JSONView
    private let path: String

    /// Reads an object; anything else breaks the schema.
    package init(_ view: JSONView, path: String = "") throws(SchemaError) {
        guard view.kind == .object else {
            throw SchemaError(path: path.isEmpty ? "payload" : path, problem: "must be an object")
        }
        self.view = view
        self.path = path
    }

    func error(_ key: String, _ problem: String) -> SchemaError {
        SchemaError(path: self.path.isEmpty ? key : "\(self.path).\(key)", problem: problem)
    }

    /// The member, unless it is absent or null.
    private func present(_ key: String) -> JSONView? {
        guard let member = self.view[key], !member.isNull else { return nil }
        return member
    }

    private func required<T>(_ key: String, _ value: T?) throws(SchemaError) -> T {
        guard let value else { throw self.error(key, "is missing") }
        return value
    }

    // MARK: Text

    package func optionalText(_ key: String, bytesMax: Int? = nil) throws(SchemaError) -> String? {
        guard let member = self.present(key) else { return nil }
        guard let text = member.string else { throw self.error(key, "must be text") }
        if let bytesMax, text.utf8.count > bytesMax {
            throw self.error(key, "has \(text.utf8.count) bytes, the limit is \(bytesMax)")
        }
        return text
    }

    package func text(_ key: String, bytesMax: Int? = nil) throws(SchemaError) -> String {
        try self.required(key, try self.optionalText(key, bytesMax: bytesMax))
    }

    package func optionalTexts(_ key: String) throws(SchemaError) -> [String]? {
        guard let member = self.present(key) else { return nil }
        guard let elements = member.elements else { throw self.error(key, "must be a list") }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else { throw self.error(key, "must hold texts") }
            texts.append(text)
        }
        return texts
    }

    package func texts(_ key: String) throws(SchemaError) -> [String] {
        try self.required(key, try self.optionalTexts(key))
    }

    /// One of the raw values of `Choice`.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        _: Choice.Type = Choice.self
    ) throws(SchemaError) -> Choice {
        try self.required(key, try self.optionalChoice(key))
    }

    func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        _: Choice.Type = Choice.self
    ) throws(SchemaError) -> Choice? {
        guard let text = try self.optionalText(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw self.error(key, "must be one of \(allowed)")
        }
        return choice
    }

    // MARK: Numbers and truth

    package func optionalInteger(_ key: String, _ range: ClosedRange<Int64> = 0...Int64.max)
        throws(SchemaError) -> Int64?
    {
        guard let member = self.present(key) else { return nil }
        guard let number = member.integer else { throw self.error(key, "must be an integer") }
        guard range.contains(number) else {
            throw self.error(key, "is \(number), outside \(range.lowerBound)...\(range.upperBound)")
        }
        return number
    }

    package func integer(_ key: String, _ range: ClosedRange<Int64> = 0...Int64.max)
        throws(SchemaError)
        -> Int64
    {
        try self.required(key, try self.optionalInteger(key, range))
    }

    func fraction(_ key: String) throws(SchemaError) -> FixedPoint {
        FixedPoint(millionths: try self.integer(key, 0...FixedPoint.one.millionths))
    }

    /// An amount of reputation that need not lie between 0 and 1.
    func amount(_ key: String) throws(SchemaError) -> FixedPoint {
        FixedPoint(millionths: try self.integer(key, Int64.min...Int64.max))
    }

    package func timestamp(_ key: String) throws(SchemaError) -> Timestamp {
        Timestamp(milliseconds: try self.integer(key))
    }

    package func optionalTimestamp(_ key: String) throws(SchemaError) -> Timestamp? {
        try self.optionalInteger(key).map { Timestamp(milliseconds: $0) }
    }

    package func optionalBool(_ key: String) throws(SchemaError) -> Bool? {
        guard let member = self.present(key) else { return nil }
        guard let truth = member.bool else { throw self.error(key, "must be true or false") }
        return truth
    }

    package func bool(_ key: String) throws(SchemaError) -> Bool {
        try self.required(key, try self.optionalBool(key))
    }

    // MARK: Bytes

    package func optionalID<ID: Identifier32>(_ key: String, _: ID.Type = ID.self)
        throws(SchemaError)
        -> ID?
    {
        guard let text = try self.optionalText(key) else { return nil }
        guard let id = ID(hex: text) else {
            throw self.error(key, "must be 64 lower-case hex digits")
        }
        return id
    }

    package func id<ID: Identifier32>(_ key: String, _: ID.Type = ID.self) throws(SchemaError) -> ID
    {
        try self.required(key, try self.optionalID(key))
    }

    /// Names in a list; those behind `processed` are ignored (D-90).
    func optionalIDs<ID: Identifier32>(
        _ key: String,
        processed: Int = .max,
        _: ID.Type = ID.self
    ) throws(SchemaError) -> [ID]? {
        try self.optionalTexts(key)?.prefix(processed).map { text throws(SchemaError) in
            guard let id = ID(hex: text) else {
                throw self.error(key, "must hold 64 lower-case hex digits each")
            }
            return id
        }
    }

    func ids<ID: Identifier32>(_ key: String, _: ID.Type = ID.self) throws(SchemaError) -> [ID] {
        try self.required(key, try self.optionalIDs(key))
    }

    func bytes32(_ key: String) throws(SchemaError) -> Bytes32 {
        guard let bytes = Bytes32(hex: try self.text(key)) else {
            throw self.error(key, "must be 64 lower-case hex digits")
        }
        return bytes
    }

    func optionalBytes32(_ key: String) throws(SchemaError) -> Bytes32? {
        self.present(key) == nil ? nil : try self.bytes32(key)
    }

    func signature(_ key: String) throws(SchemaError) -> Signature {
        guard let signature = Signature(hex: try self.text(key)) else {
            throw self.error(key, "must be 128 lower-case hex digits")
        }
        return signature
    }

    func optionalBase64(_ key: String, bytesMax: Int) throws(SchemaError) -> [UInt8]? {
        guard let member = self.present(key) else { return nil }
        // Four digits stand for three bytes: refuse before memory is spent.
        guard (member.stringUTF8Count ?? 0) <= (bytesMax + 2) / 3 * 4 else {
            throw self.error(key, "holds more than \(bytesMax) bytes")
        }
        guard let bytes = member.withStringUTF8({ Base64.decode($0) }) ?? nil else {
            throw self.error(key, "must be base64 with padding")
        }
        guard bytes.count <= bytesMax else {
            throw self.error(key, "holds more than \(bytesMax) bytes")
        }
        return bytes
    }

    func base64(_ key: String, bytesMax: Int) throws(SchemaError) -> [UInt8] {
        try self.required(key, try self.optionalBase64(key, bytesMax: bytesMax))
    }

    // MARK: Lists and objects

    func optionalList(_ key: String) throws(SchemaError) -> [JSONView]? {
        guard let member = self.present(key) else { return nil }
        guard let elements = member.elements else { throw self.error(key, "must be a list") }
        return elements
    }

    func list(_ key: String) throws(SchemaError) -> [JSONView] {
        try self.required(key, try self.optionalList(key))
    }

    /// Objects of a list; those behind `processed` are ignored (D-90).
    func optionalObjects(_ key: String, processed: Int = .max) throws(SchemaError)
        -> [PayloadReader]?
    {
        guard let list = try self.optionalList(key) else { return nil }
        var readers: [PayloadReader] = []
        for (index, element) in list.prefix(processed).enumerated() {
            readers.append(
                try PayloadReader(element, path: self.error("\(key)[\(index)]", "").path)
            )
        }
        return readers
    }

    func objects(_ key: String, processed: Int = .max) throws(SchemaError) -> [PayloadReader] {
        try self.required(key, try self.optionalObjects(key, processed: processed))
    }

    func object(_ key: String) throws(SchemaError) -> PayloadReader {
        let member = try self.required(key, self.present(key))
        return try PayloadReader(member, path: self.error(key, "").path)
    }

    func optionalObject(_ key: String) throws(SchemaError) -> PayloadReader? {
        self.present(key) == nil ? nil : try self.object(key)
    }
}
