import Doors
import Primitives

/// One call of a tool, from its arguments to its result.
struct ToolCall {
    let operation: Doors.Operation
    let caller: Caller
    let secret: UInt64

    /// Has the node perform the operation, and shows what came of it.
    ///
    /// - Parameters:
    ///   - arguments: as the client gave them.
    ///   - node: who performs.
    /// - Returns: the result; a refusal is one, too, so that a model can mend what it did.
    func result(_ arguments: JSONValue, at node: some MCPNode) async -> JSONValue {
        if let obstacle = self.caller.obstacle(to: self.operation) {
            return self.shown(obstacle)
        }
        guard let (given, start) = self.split(arguments) else {
            return self.shown(
                .problem(400, "bad_request", "`cursor` is a `next_cursor` of an answer")
            )
        }
        let outcome = await node.perform(self.operation.name, given)
        guard case .success(let value, let schema) = Self.read(outcome, self.operation) else {
            return self.shown(outcome)
        }
        let fenced = await Self.fenced(value, schema, at: node)
        let fence = Fence(around: value.canonicalBytes(), secret: self.secret)
        if fence.size(of: fenced) <= MCPLimits.resultBytesMax, start == 0 {
            return Self.result(fenced, fence)
        }
        if self.operation.hasPages {
            return await self.shorter(fenced, fence, given, at: node)
        }
        guard let page = Pages(fenced, fence: fence).page(from: start, bytesMax: Self.pageBytesMax)
        else {
            return self.shown(.problem(400, "bad_request", "nothing is left behind this `cursor`"))
        }
        return Self.result(page.value, fence, next: page.next)
    }

    /// Bytes of a page without its cursor.
    private static let pageBytesMax = MCPLimits.resultBytesMax - 64

    // MARK: Arguments

    /// The arguments of the operation, and the piece with which the answer begins; nil for a cursor that is none.
    private func split(_ arguments: JSONValue) -> (JSONValue, start: Int)? {
        var members = arguments.members ?? []
        if self.operation.hasPages {
            let hasLimit = members.contains { $0.key.utf8.elementsEqual("limit".utf8) }
            if !hasLimit {
                members.append(
                    JSONMember(key: "limit", value: .integer(MCPLimits.listedStandard))
                )
            }
            return (.object(members), 0)
        }
        guard let cursor = arguments["cursor"], !cursor.isNull else {
            members.removeAll { $0.key.utf8.elementsEqual("cursor".utf8) }
            return (.object(members), 0)
        }
        guard let start = cursor.string.flatMap({ Int($0) }), start > 0 else { return nil }
        members.removeAll { $0.key.utf8.elementsEqual("cursor".utf8) }
        return (.object(members), start)
    }

    // MARK: Answers

    private enum Reading {
        case success(JSONValue, Schema)
        case problem
    }

    private static func read(_ outcome: MCPOutcome, _ operation: Doors.Operation) -> Reading {
        switch (outcome, operation.answer) {
        case (.answer(let value), .json(let schema)): .success(value, schema)
        case (.answer(let value), _): .success(value, .anything)
        case (.bytes(let bytes, let hash), _):
            .success(ToolBytes.shown(bytes, hash), .object(ToolBytes.properties))
        case (.problem, _): .problem
        }
    }

    /// The answer with its strangers' texts told apart; scores are asked for where authors are named.
    static func fenced(_ value: JSONValue, _ schema: Schema, at node: some MCPNode) async
        -> FencedValue
    {
        let authors = Set(FencedValue.authors(in: value))
        let bare = FencedValue(value, schema, scores: [:])
        guard !authors.isEmpty, bare.hasForeign else { return bare }
        guard case .answer(let table) = await node.perform("reputations", .emptyObject) else {
            return bare
        }
        var scores: [String: Int64] = [:]
        for entry in table["scores"]?.elements ?? [] {
            guard let identity = entry["identity"]?.string, authors.contains(identity) else {
                continue
            }
            scores[identity] = entry["overall"]?.integer
        }
        return FencedValue(value, schema, scores: scores)
    }

    /// As many entries of a list as fit, with the cursor that the node itself gives for the next one.
    private func shorter(
        _ fenced: FencedValue,
        _ fence: Fence,
        _ given: JSONValue,
        at node: some MCPNode
    ) async -> JSONValue {
        let count = fence.entriesThatFit(fenced, bytesMax: Self.pageBytesMax)
        let members = (given.members ?? []).filter { !$0.key.utf8.elementsEqual("limit".utf8) }
        let fewer = JSONValue.object(
            members + [JSONMember(key: "limit", value: .integer(Int64(max(1, count))))]
        )
        let outcome = await node.perform(self.operation.name, fewer)
        guard case .success(let value, let schema) = Self.read(outcome, self.operation) else {
            return self.shown(outcome)
        }
        let shorter = await Self.fenced(value, schema, at: node)
        let fence = Fence(around: value.canonicalBytes(), secret: self.secret)
        if fence.size(of: shorter) <= MCPLimits.resultBytesMax {
            return Self.result(shorter, fence)
        }
        // A single entry that is too long is cut; its own tool tells all of it.
        let page = Pages(shorter, fence: fence).page(from: 0, bytesMax: Self.pageBytesMax)
        var cut = page?.value ?? .object([])
        if case .object(let members) = cut {
            let cursor = value["next_cursor"].map { [FencedValue.Member("next_cursor", $0)] } ?? []
            cut = .object(
                members.filter { $0.name != "next_cursor" }
                    + cursor.filter { $0.value != .plain(.null) }
            )
        }
        return Self.result(cut, fence)
    }

    // MARK: Results

    private static func result(_ value: FencedValue, _ fence: Fence, next: Int? = nil)
        -> JSONValue
    {
        var members = fence.shown(value).members ?? []
        if let next { members.append(JSONMember(key: "next_cursor", value: .string("\(next)"))) }
        let structured = JSONValue.object(members)
        var content = [Self.text(String(decoding: structured.canonicalBytes(), as: UTF8.self))]
        if value.hasForeign { content.append(Self.text(fence.note)) }
        return .object([
            ("content", .array(content)), ("structuredContent", structured),
            ("isError", .bool(false)),
        ])
    }

    /// A refusal, as a result that a model can read.
    private func shown(_ outcome: MCPOutcome) -> JSONValue {
        guard case .problem(let problem) = outcome else { return .emptyObject }
        let fence = Fence(around: problem.canonicalBytes(), secret: self.secret)
        let shown = fence.shown(FencedValue(problem, Problem.schema, scores: [:]))
        let code = shown["code"]?.string ?? "failed"
        let detail = shown["detail"]?.string ?? ""
        let next = JSONMember(
            key: "next",
            value: .string(Self.next(detail, shown["status"]?.integer))
        )
        return .object([
            ("content", .array([Self.text("\(code): \(detail)")])),
            ("structuredContent", .object((shown.members ?? []) + [next])),
            ("isError", .bool(true)),
        ])
    }

    /// What to do, in any case.
    private static func next(_ detail: String, _ status: Int64?) -> String {
        if let next = Problem.next(in: detail) { return next }
        return switch status ?? 500 {
        case 429, 503, 504: "try again later, and not before `retry_at` if that is said"
        default: "change what `detail` names; the same again is refused again"
        }
    }

    private static func text(_ text: String) -> JSONValue {
        .object([("type", .string("text")), ("text", .string(text))])
    }
}

extension FencedValue.Member {
    fileprivate init(_ name: String, _ value: JSONValue) {
        self.init(name: name, value: .plain(value))
    }
}

extension Fence {
    /// Bytes of a value as JSON.
    func size(of value: FencedValue) -> Int { self.shown(value).canonicalBytes().count }

    /// How many entries of the longest list of an answer fit into so many bytes.
    func entriesThatFit(_ value: FencedValue, bytesMax: Int) -> Int {
        guard case .object(let members) = value else { return 0 }
        let lists = members.compactMap { member -> [FencedValue]? in
            if case .list(let elements) = member.value { elements } else { nil }
        }
        guard let longest = lists.max(by: { $0.count < $1.count }) else { return 0 }
        let sizes = longest.map { self.size(of: $0) + 1 }
        var rest = bytesMax - (self.size(of: value) - sizes.reduce(0, +))
        return sizes.prefix { size in
            rest -= size
            return rest >= 0
        }.count
    }
}

/// An artefact as a tool shows it.
enum ToolBytes {
    static let properties = [
        Property("sha256", "The hash of its bytes, which was checked.", .id),
        Property("size", "Its bytes.", .count),
        Property("text", "The artefact, if it is text.", .text, isRequired: false),
        Property("base64", "Its bytes, if they are no text.", .text(.base64), isRequired: false),
    ]

    static func shown(_ bytes: [UInt8], _ hash: ContentHash) -> JSONValue {
        let content: (String, JSONValue) =
            if let text = String(validating: bytes, as: UTF8.self) {
                ("text", .string(text))
            } else {
                ("base64", .string(Base64.encode(bytes)))
            }
        return .object([("sha256", hash.shown), ("size", bytes.count.shown), content])
    }
}
