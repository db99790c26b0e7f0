import Doors
import Primitives

/// The skills that this node hands on: artefacts of proposals that the network ratified and this node adopted.
///
/// A manifest names the hash of each file; that the network decided on just this hash is said beside it.
///
/// Source: Skills over MCP (SEP-2640), `io.modelcontextprotocol/skills`.
struct SkillShelf {
    static let extensionName = "io.modelcontextprotocol/skills"
    private static let prefix = "skill://valence/"
    private static let file = "SKILL.md"
    private static let metaKey = "network.valence/proposal"

    /// Proposals that are looked through, in pages of this length.
    ///
    /// Source: own choice: the longest page that the local API has.
    private static let pageLength: Int64 = 1_000
    private static let pagesMax = 16

    /// Bytes of a skill.
    ///
    /// Source: own choice: ten times what the format recommends.
    private static let bytesMax: Int64 = 262_144

    /// Entries in one answer.
    ///
    /// Source: own choice.
    private static let entriesMax = 16

    let node: any MCPNode

    /// A skill that is on this node.
    struct Skill {
        let uri: String
        let entry: JSONValue
        let bytes: [UInt8]
    }

    /// What `skills/list` tells.
    func list(_ params: JSONValue) async throws(RPCError) -> JSONValue {
        let proposals = await self.proposals()
        var start = 0
        if let cursor = params["cursor"], !cursor.isNull {
            guard let given = cursor.string.flatMap({ Int($0) }), proposals.indices.contains(given)
            else { throw .invalidParams("`cursor` is a `nextCursor` of an answer") }
            start = given
        }
        var entries: [JSONValue] = []
        let page = proposals.dropFirst(start).prefix(Self.entriesMax)
        for proposal in page {
            if let skill = try await self.skill(proposal) { entries.append(skill.entry) }
        }
        let next: [(String, JSONValue)] =
            page.endIndex < proposals.endIndex ? [("nextCursor", .string("\(page.endIndex)"))] : []
        return .object([("skills", .array(entries))] + next)
    }

    /// What `skills/get` tells.
    func get(_ params: JSONValue) async throws(RPCError) -> JSONValue {
        guard let uri = params["uri"]?.string, let skill = try await self.skill(at: uri) else {
            throw .invalidParams("there is no such skill; skills/list tells all")
        }
        return .object([("skill", skill.entry)])
    }

    /// The file of a skill, byte by byte, since hosts compare its hash with the manifest's.
    func contents(of uri: String) async throws(RPCError) -> JSONValue? {
        guard let skill = try await self.skill(at: uri) else { return nil }
        let content = JSONValue.object([
            ("uri", .string(uri)), ("mimeType", .string("text/markdown")),
            ("text", .string(String(decoding: skill.bytes, as: UTF8.self))),
        ])
        return .object([("contents", .array([content]))])
    }

    /// Whether a URI is one of this shelf.
    static func holds(_ uri: String) -> Bool { uri.hasPrefix(Self.prefix) }

    // MARK: Finding

    private func skill(at uri: String) async throws(RPCError) -> Skill? {
        let parts = uri.dropFirst(Self.prefix.count).split(separator: "/")
        guard Self.holds(uri), parts.count == 3, let id = MessageID(hex: String(parts[0])) else {
            return nil
        }
        let arguments = JSONValue.object([("id", id.shown)])
        guard case .answer(let proposal) = await self.node.perform("proposal", arguments),
            Self.isSkill(proposal), let skill = try await self.skill(proposal), skill.uri == uri
        else { return nil }
        return skill
    }

    /// Proposals whose artefacts may be skills, newest first; one whose successor this node adopted is left out.
    private func proposals() async -> [JSONValue] {
        var found: [JSONValue] = []
        var adopted: Set<String> = []
        var cursor: JSONValue?
        for _ in 0..<Self.pagesMax {
            let place: [(String, JSONValue)] = cursor.map { [("cursor", $0)] } ?? []
            let arguments = JSONValue.object([("limit", .integer(Self.pageLength))] + place)
            guard case .answer(let page) = await self.node.perform("proposals", arguments) else {
                break
            }
            let skills = (page["proposals"]?.elements ?? []).filter(Self.isSkill)
            adopted.formUnion(skills.compactMap { $0["id"]?.string })
            found += skills
            guard let next = page["next_cursor"], !next.isNull else { break }
            cursor = next
        }
        return found.filter { proposal in
            let successors = proposal["superseded_by"]?.elements ?? []
            return !successors.contains { adopted.contains($0.string ?? "") }
        }
    }

    private static func isSkill(_ proposal: JSONValue) -> Bool {
        let type = proposal["content_type"]?.string?.prefix { $0 != ";" }
        return proposal["state"]?.string == "ratified" && proposal["adopted"]?.bool == true
            && type == "text/markdown"
            && proposal["content_size"]?.integer ?? .max <= Self.bytesMax
    }

    private func skill(_ proposal: JSONValue) async throws(RPCError) -> Skill? {
        guard let id = proposal["id"]?.string else { return nil }
        let arguments = JSONValue.object([("id", .string(id))])
        let outcome = await self.node.perform("proposal_artifact", arguments)
        if case .problem(let problem) = outcome, problem["status"]?.integer == 403 {
            throw RPCError(
                code: 403,
                message: problem["detail"]?.string ?? "the scope of the token is too small",
                status: 200,
                data: problem
            )
        }
        guard case .bytes(let bytes, let hash) = outcome,
            let text = String(validating: bytes, as: UTF8.self),
            // Its words are handed on as they are, and so none may be hidden from a reader.
            CleanText.cleaned(text.replacing("\r\n", with: "\n")).utf8.elementsEqual(
                text.replacing("\r\n", with: "\n").utf8
            ),
            let head = SkillFrontmatter(of: text)
        else { return nil }
        let uri = "\(Self.prefix)\(id)/\(head.name)/\(Self.file)"
        let file = JSONValue.object([
            ("uri", .string(uri)), ("digest", .string("sha256:\(hash.hex)")),
            ("size", bytes.count.shown),
        ])
        let decision = JSONValue.object(
            ["id", "author", "tier"].compactMap { name in
                proposal[name].map { JSONMember(key: name, value: $0) }
            }
        )
        let entry = JSONValue.object([
            ("uri", .string(uri)), ("frontmatter", head.json), ("resources", .array([file])),
            ("_meta", .object([(Self.metaKey, decision)])),
        ])
        return Skill(uri: uri, entry: entry, bytes: bytes)
    }
}
