import Primitives

/// The head of a SKILL.md: the part of YAML that such heads are made of, as JSON.
///
/// Texts (plain, quoted, folded, literal), whole numbers, truth values, lists of texts and one level of names within a
/// name. What is written in another way is no head that this node can hand on word for word, and so it is none.
///
/// Source: agentskills.io, Specification, Frontmatter.
struct SkillFrontmatter: Equatable {
    /// Unique within its folder: lower-case words with `-` between them.
    let name: String
    /// The head as an object.
    let json: JSONValue

    /// Reads the head of a file; nil when it is no skill.
    init?(of text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Self.trimmed)
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
            return nil
        }
        lines = Array(lines[1..<end])
        var reader = Reader(lines: lines[...])
        guard let members = reader.members(indent: 0), reader.isAtEnd else { return nil }
        let json = JSONValue.object(members)
        guard let name = json["name"]?.string, Self.isName(name),
            let about = json["description"]?.string,
            (1...1_024).contains(about.unicodeScalars.count), Self.isClean(json)
        else { return nil }
        self.name = name
        self.json = json
    }

    /// Whether no text in it hides anything; escapes within quotes may stand for what the file itself must not have.
    private static func isClean(_ value: JSONValue) -> Bool {
        if let text = value.string { return CleanText.cleaned(text).utf8.elementsEqual(text.utf8) }
        return (value.elements ?? []).allSatisfy(Self.isClean)
            && (value.members ?? []).allSatisfy { Self.isClean($0.value) }
    }

    private static func trimmed(_ line: Substring) -> String {
        String(line.unicodeScalars.last == "\r" ? line.dropLast() : line)
    }

    private static func isName(_ name: String) -> Bool {
        let words = name.split(separator: "-", omittingEmptySubsequences: false)
        return name.utf8.count <= 64
            && words.allSatisfy { word in
                !word.isEmpty
                    && word.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0)
                    }
            }
    }
}

/// Reads lines of a head, one after another.
private struct Reader {
    var lines: ArraySlice<String>

    var isAtEnd: Bool { self.lines.allSatisfy { Self.isEmpty($0) } }

    private static func isEmpty(_ line: String) -> Bool {
        let text = line.drop { $0 == " " }
        return text.isEmpty || text.first == "#"
    }

    private static func indent(of line: String) -> Int { line.utf8.prefix { $0 == 0x20 }.count }

    /// Names with values that stand so far to the right; nil for what is something else.
    mutating func members(indent: Int) -> [JSONMember]? {
        var members: [JSONMember] = []
        while let line = self.lines.first {
            if Self.isEmpty(line) {
                self.lines.removeFirst()
                continue
            }
            let own = Self.indent(of: line)
            if own < indent { break }
            guard own == indent, let (name, rest) = Self.split(line) else { return nil }
            self.lines.removeFirst()
            guard let value = self.value(rest, indent: indent),
                !members.contains(where: { $0.key.utf8.elementsEqual(name.utf8) })
            else { return nil }
            members.append(JSONMember(key: name, value: value))
        }
        return members
    }

    private static func split(_ line: String) -> (name: String, rest: String)? {
        let text = line.drop { $0 == " " }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = text[..<colon]
        let isWord =
            !name.isEmpty
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                    || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e
            }
        let rest = text[text.index(after: colon)...]
        guard isWord, rest.isEmpty || rest.first == " " else { return nil }
        return (String(name), String(rest.drop { $0 == " " }))
    }

    private mutating func value(_ text: String, indent: Int) -> JSONValue? {
        if let style = BlockStyle(text) { return self.block(style, indent: indent) }
        guard text.isEmpty else { return Scalar.value(text) }
        guard let next = self.lines.first(where: { !Self.isEmpty($0) }) else { return .null }
        let inner = Self.indent(of: next)
        if next.drop(while: { $0 == " " }).hasPrefix("- "), inner >= indent {
            return self.list(indent: inner)
        }
        guard inner > indent else { return .null }
        // One level is all that the format has.
        guard indent == 0 else { return nil }
        return self.members(indent: inner).map { .object($0) }
    }

    private mutating func list(indent: Int) -> JSONValue? {
        var values: [JSONValue] = []
        while let line = self.lines.first {
            if Self.isEmpty(line) {
                self.lines.removeFirst()
                continue
            }
            let text = line.drop { $0 == " " }
            guard Self.indent(of: line) == indent, text.hasPrefix("- ") else { break }
            self.lines.removeFirst()
            guard let value = Scalar.value(String(text.dropFirst(2).drop { $0 == " " })) else {
                return nil
            }
            values.append(value)
        }
        return .array(values)
    }

    private mutating func block(_ style: BlockStyle, indent: Int) -> JSONValue? {
        var texts: [String] = []
        var inner: Int?
        while let line = self.lines.first {
            let isBlank = line.allSatisfy { $0 == " " }
            let own = Self.indent(of: line)
            if !isBlank, own <= indent { break }
            if !isBlank, inner == nil { inner = own }
            guard isBlank || own >= inner ?? 0 else { return nil }
            // Lines that stand further in keep their ends in another way when they are folded.
            if style.isFolded, !isBlank, own > inner ?? 0 { return nil }
            self.lines.removeFirst()
            texts.append(isBlank ? "" : String(line.dropFirst(inner ?? 0)))
        }
        return style.text(of: texts).map { .string($0) }
    }
}

/// How the lines of a block become one text.
private struct BlockStyle {
    let isFolded: Bool
    private let keepsEnd: Bool

    init?(_ text: String) {
        switch text {
        case "|": (self.isFolded, self.keepsEnd) = (false, true)
        case "|-": (self.isFolded, self.keepsEnd) = (false, false)
        case ">": (self.isFolded, self.keepsEnd) = (true, true)
        case ">-": (self.isFolded, self.keepsEnd) = (true, false)
        default: return nil
        }
    }

    func text(of lines: [String]) -> String? {
        var lines = lines[...]
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard !lines.isEmpty else { return "" }
        let body = self.isFolded ? Self.folded(lines) : lines.joined(separator: "\n")
        return body + (self.keepsEnd ? "\n" : "")
    }

    /// A line end becomes a space, and an empty line a line end.
    private static func folded(_ lines: ArraySlice<String>) -> String {
        var text = ""
        var gaps = 0
        for line in lines {
            if line.isEmpty {
                gaps += 1
                continue
            }
            if !text.isEmpty {
                text += gaps == 0 ? " " : String(repeating: "\n", count: gaps)
            }
            text += line
            gaps = 0
        }
        return text
    }
}

/// A value on the line of its name.
private enum Scalar {
    static func value(_ text: String) -> JSONValue? {
        switch text.first {
        case "\"": return Self.doubleQuoted(text)
        case "'": return Self.singleQuoted(text)
        case "[": return Self.list(text)
        // Aliases, tags, maps and what YAML keeps for itself.
        case "&", "*", "!", "{", "|", ">", "%", "@", "`", "]", "}", ",", "?": return nil
        default: return Self.plain(text)
        }
    }

    private static func doubleQuoted(_ text: String) -> JSONValue? {
        guard let value = try? JSONDocument(scanning: Array(text.utf8)).root.value,
            value.string != nil
        else { return nil }
        return value
    }

    private static func singleQuoted(_ text: String) -> JSONValue? {
        guard text.count >= 2, text.last == "'" else { return nil }
        let inner = text.dropFirst().dropLast()
        let bare = inner.replacing("''", with: "")
        return bare.contains("'") ? nil : .string(String(inner.replacing("''", with: "'")))
    }

    private static func list(_ text: String) -> JSONValue? {
        guard text.last == "]" else { return nil }
        let inner = text.dropFirst().dropLast()
        if inner.allSatisfy({ $0 == " " }) { return .array([]) }
        var values: [JSONValue] = []
        for part in inner.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = String(part.drop { $0 == " " })
            guard let first = trimmed.first, first != "[", let value = Self.value(trimmed) else {
                return nil
            }
            values.append(value)
        }
        return .array(values)
    }

    private static func plain(_ text: String) -> JSONValue? {
        let end = text.firstRange(of: " #")?.lowerBound ?? text.endIndex
        var plain = text[..<end]
        while plain.last == " " { plain.removeLast() }
        guard !plain.contains(": "), plain.last != ":" else { return nil }
        switch plain {
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case "", "~", "null", "Null", "NULL": return .null
        default: break
        }
        // A number that is not whole has no place in JSON as this node writes it.
        let isNumber = plain.first.map { $0.isNumber || "+-.".contains($0) } ?? false
        guard isNumber, plain.contains(where: { $0.isNumber }),
            plain.allSatisfy({ "+-.eE_0123456789".contains($0) })
        else { return .string(String(plain)) }
        guard let number = Int64(plain), String(number) == plain else { return nil }
        return .integer(number)
    }
}
