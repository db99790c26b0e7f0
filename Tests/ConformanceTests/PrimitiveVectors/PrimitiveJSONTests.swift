import Primitives
import Testing

/// Documents that a strict reader must read or refuse, and the canonical form of what it reads.
@Suite("Vectors of JSON")
struct PrimitiveJSONTests {
    @Test(
        "D-03: what RFC 8259 permits is read, but for the rules of the protocol, each by its cause"
    )
    func documents() throws {
        try PrimitiveFile.json.check { fields in
            let verdict = JSONVerdict(scanning: try Self.document(fields))
            let isPermitted = try fields.bool("grammar")
            let expected = try fields.text("expect")
            // Where two rules are broken at once, either may be told.
            if expected == "refused" {
                return try Check.same("read", verdict == .accepted, false)
            }
            try Check.text("verdict", verdict.rawValue, expected)
            try Check.same("read, but forbidden", verdict == .accepted && !isPermitted, false)
        }
    }

    private static func document(_ fields: Fields) throws -> [UInt8] {
        if fields.has("text") { return Array(try fields.text("text").utf8) }
        if fields.has("hex") { return try fields.bytes("hex") }
        let count = try self.repetitions(fields)
        let before = Array(try fields.text("before").utf8)
        let after = Array(try fields.text("after").utf8)
        return Array(repeatElement(before, count: count).joined())
            + Array(try fields.text("middle").utf8)
            + Array(repeatElement(after, count: count).joined())
    }

    /// A plain number, or one that counts from a limit of the node.
    private static func repetitions(_ fields: Fields) throws -> Int {
        if let count = fields.optional("times")?.integer { return Int(count) }
        let times = try fields.fields("times")
        try Check.text("limit", try times.text("limit"), "depthMax")
        let most = JSONLimits.message.depthMax + Int(try times.integer("plus"))
        return most / Int(try times.integer("dividedBy"))
    }

    @Test(
        "R-02-001, D-01, D-02: the canonical form sorts by UTF-16, escapes least, leaves text alone"
    )
    func canonicalForm() throws {
        try PrimitiveFile.jcs.check { fields in
            let input = Array(try fields.text("input").utf8)
            guard fields.has("output") else {
                let verdict = JSONVerdict(scanning: input)
                return try Check.text("verdict", verdict.rawValue, try fields.text("expect"))
            }
            let output = Array(try fields.text("output").utf8)
            let document = try JSONDocument(scanning: input)
            try Check.same("form", document.canonicalBytes(), output)
            try Check.same("form of the value", document.root.value.canonicalBytes(), output)
            try Check.same("is canonical already", document.isCanonical, input == output)
            let again = try JSONDocument(scanning: output)
            try Check.same("the form's own form", again.root.value.canonicalBytes(), output)
            try Check.same("the form is seen to be one", again.isCanonical, true)
        }
    }
}
