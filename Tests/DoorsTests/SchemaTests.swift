import Doors
import Primitives
import Testing

@Suite("Schemas: what is said is what is checked")
struct SchemaTests {
    private static let person = Schema.object([
        Property("name", "Who.", .text), Property("age", "Years.", .integer(0...150)),
        .optional("likes", "What.", .list(.choice(["tea", "milk"]), max: 2)),
    ])

    private static func value(_ json: String) throws -> JSONValue {
        try JSONDocument(scanning: Array(json.utf8)).root.value
    }

    @Test(
        "a flaw names the member by its path, and what is allowed",
        arguments: [
            (#"{"name":"a","age":1}"#, nil), (#"{"name":"a","age":1,"likes":null}"#, nil),
            (#"{"name":"a","age":1,"likes":["tea"]}"#, nil),
            ("[]", "this must be an object of name, age, likes"),
            (#"{"age":1}"#, "`name` is missing; it must be a text"),
            (#"{"name":"a","age":151}"#, "`age` must be a whole number from 0 to 150"),
            (#"{"name":"a","age":"1"}"#, "`age` must be a whole number from 0 to 150"),
            (#"{"name":null,"age":1}"#, "`name` must be a text"),
            (
                #"{"name":"a","age":1,"likes":["tea","beer"]}"#,
                "`likes[1]` must be one of tea, milk"
            ),
            (
                #"{"name":"a","age":1,"likes":["tea","tea","tea"]}"#,
                "`likes` must be a list of at most 2, each one of tea, milk"
            ),
            (#"{"name":"a","age":1,"Name":"b"}"#, "`Name` is unknown; known are name, age, likes"),
        ] as [(String, String?)]
    )
    func flaws(json: String, flaw: String?) throws {
        #expect(Self.person.flaw(of: try Self.value(json)) == flaw)
    }

    @Test("forms of texts are checked as their patterns say")
    func forms() throws {
        let hex = String(repeating: "0a", count: 32)
        for (form, good, bad) in [
            (.id, [hex], ["", hex + "0", hex.uppercased(), " " + hex]),
            (.key, [hex, "did:valence:\(hex)"], ["did:valence:", "did:other:\(hex)"]),
            (.signature, [hex + hex], [hex]),
            (.base64, ["", "YQ==", "YWI=", "YWJj"], ["Y", "YQ=", "YQ==YQ==", "Y===", "Y Q="]),
            (.decimal, ["0.001", "1"], ["", ".5", "1.", "-1", "1e3", "1.2.3", "0.0000001"]),
            (.cursor(numbers: 1), ["12.\(hex)"], ["", hex, "1.2.\(hex)", "a.\(hex)", ".\(hex)"]),
            (
                .cursor(numbers: 2), ["1.2.\(hex)"],
                ["1.\(hex)", "1.2.", "1234567890123456.2.\(hex)"]
            ),
        ] as [(TextForm, [String], [String])] {
            let pattern = try Regex(try #require(form.pattern))
            for text in good + bad {
                let isGood = Schema.text(form).flaw(of: .string(text)) == nil
                #expect(isGood == good.contains(text), "\(form) \(text)")
                #expect(try isGood == (pattern.wholeMatch(in: text) != nil), "\(form) \(text)")
            }
        }
    }

    @Test("texts of a query become values, or none")
    func queries() {
        #expect(Schema.count.value(ofQuery: "12") == .integer(12))
        for text in ["", "1e2", "+1", "01", " 1", "1.0"] {
            #expect(Schema.count.value(ofQuery: text) == nil, "\(text)")
        }
        #expect(Schema.boolean.value(ofQuery: "true") == .bool(true))
        #expect(Schema.boolean.value(ofQuery: "yes") == nil)
        let list = Schema.list(.text).value(ofQuery: "a,,b")
        #expect(list == .array([.string("a"), .string("b")]))
        #expect(Schema.nullable(.count).value(ofQuery: "3") == .integer(3))
    }

    @Test("a schema is written as JSON Schema, records by reference or in their place")
    func rendering() throws {
        let text = { (value: JSONValue) in
            String(decoding: value.canonicalBytes(), as: UTF8.self)
        }
        #expect(
            text(Self.person.json(.none))
                == #"{"additionalProperties":false,"properties":{"age":{"description":"Years.","#
                + #""maximum":150,"minimum":0,"type":"integer"},"likes":{"anyOf":[{"items":{"enum":"#
                + #"["tea","milk"],"type":"string"},"maxItems":2,"type":"array"},{"type":"null"}],"#
                + #""description":"What."},"name":{"description":"Who.","type":"string"}},"#
                + #""required":["name","age"],"type":"object"}"#
        )
        #expect(text(Cup.schema.json(.components)) == ##"{"$ref":"#/components/schemas/Cup"}"##)
        #expect(Cup.schema.json(.none)["properties"]?["drink"] != nil)
        #expect(Shelf.schema.records.map(\.name) == ["Shelf", "Cup"])
    }

    @Test("what a record shows is what its schema says")
    func records() {
        let shelf = Shelf(cups: [Cup(drink: "tea", size: nil), Cup(drink: "milk", size: 2)])
        #expect(Shelf.schema.flaw(of: shelf.shown) == nil)
        #expect(shelf.shown["cups"]?.elements?.first?["size"] == nil)
        #expect(shelf.shown["cups"]?.elements?.last?["size"] == .integer(2))
    }
}

struct Cup: Record {
    let drink: String
    let size: Int?

    static let about = "A cup."
    static let fields: [Field<Cup>] = [
        Field("drink", "What is in it.") { $0.drink }, .ifAny("size", "How much.") { $0.size },
    ]
}

struct Shelf: Record {
    let cups: [Cup]

    static let about = "A shelf."
    static let fields: [Field<Shelf>] = [Field("cups", "What stands there.") { $0.cups }]
}
