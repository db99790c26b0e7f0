package import Doors
package import Kernel
package import Primitives

/// The payload of a wire type that a plugged-in subsystem owns (ADR 0047).
///
/// The protocol does not know the type: nodes without the subsystem relay its messages within the
/// budget of unknown types (R-14-002), and no phase of sync fetches them.
package protocol WireExtension: PayloadObject {
    /// The `type` of its messages: upper-case ASCII letters, digits and `_`; none of the protocol's.
    static var typeName: String { get }
    /// Where own messages are published.
    static var topic: Topic { get }
    /// The subsystem that owns the type; it receives ``JudgeExtension``.
    static var judge: SubsystemName { get }
    /// Reads and checks a payload.
    init(reading payload: PayloadReader) throws(SchemaError)
}

extension WireExtension {
    /// What a message says.
    ///
    /// - Throws: a ``Refusal`` with the code `rule` for a message of another type or of a wrong form:
    ///   relays that do not know the type could not see that, and are not to blame.
    package init(_ message: Message) throws(Refusal) {
        guard Self.names(message) else {
            throw Refusal(.rule, "\(message.typeName) is not \(Self.typeName)")
        }
        do {
            let document = try JSONDocument(scanning: message.payloadJSON)
            self = try Self(reading: PayloadReader(document.root))
        } catch let error as SchemaError {
            throw Refusal(.rule, "\(Self.typeName): \(error.path) \(error.problem)")
        } catch {
            throw Refusal(.rule, "\(Self.typeName) is no text: \(error)")
        }
    }

    /// Names are compared by their bytes, as they are signed.
    fileprivate static func names(_ message: Message) -> Bool {
        message.typeName.utf8.elementsEqual(Self.typeName.utf8)
    }
}

/// Last hop for a type that a plugged-in subsystem owns; the judge says what becomes of the message.
package struct JudgeExtension<Payload: WireExtension>: Command {
    /// Who receives it.
    package static var receiver: SubsystemName { Payload.judge }
    /// The message to judge.
    package let admitted: AdmittedMessage
    /// Hands a message to its judge.
    package init(admitted: AdmittedMessage) { self.admitted = admitted }

    /// What the judge says of a message that it applied, or will apply when it is logged.
    package var accepted: MessageAccepted { MessageAccepted(admitted: self.admitted) }

    /// What the judge says of a message that breaks its rules.
    package func refused(_ refusal: Refusal) -> MessageRefused {
        MessageRefused(origin: self.admitted.origin, id: self.admitted.message.id, refusal: refusal)
    }
}

/// Sign a broadcast of a plugged-in subsystem and send it through admission like anybody's message.
package struct PublishExtension: Command {
    /// Who receives it.
    package static var receiver: SubsystemName { .identity }
    /// The type of the message.
    package let typeName: String
    /// The payload; its judge checks it like a foreign one.
    package let payload: JSONValue
    /// Names the message in what becomes of it; nil when nobody waits for that.
    package let request: RequestID?
    /// Asks for a broadcast.
    package init(_ payload: some WireExtension) {
        self.init(typeName: Swift.type(of: payload).typeName, payload: payload.json)
    }
    /// Asks for a broadcast of a type that is known by its name alone.
    package init(typeName: String, payload: JSONValue, request: RequestID? = nil) {
        self.typeName = typeName
        self.payload = payload
        self.request = request
    }
}

/// A question to a plugged-in subsystem that every door of the node serves.
package protocol ServedQuery: Query where Reply: Record {
    /// What it is for callers; its path begins with ``Extensions/pathPrefix``.
    static var endpoint: Endpoint<Self> { get }
}

extension ServedQuery {
    /// What the node says of it.
    package static var operation: Operation { Self.endpoint.operation }
}

/// What plugged-in subsystems own beyond the protocol; the same for all of a node's subsystems.
public struct Extensions: Sendable {
    /// Nothing: a node of the protocol alone.
    public static let none = Extensions()

    /// What the paths of plugged-in subsystems begin with.
    package static let pathPrefix = "/v1/extensions/"

    /// Wire types with judges of their own.
    package let messages: [any WireExtension.Type]
    /// Questions that every door of the node serves.
    package let reads: [any ServedQuery.Type]
    /// What child processes own (ADR 0058).
    package let children: [PluginManifest]

    /// Registers types and questions.
    package init(
        messages: [any WireExtension.Type] = [],
        reads: [any ServedQuery.Type] = [],
        children: [PluginManifest] = []
    ) {
        self.messages = messages
        self.reads = reads
        self.children = children
    }

    /// What child processes answer.
    package var childOperations: [Operation] { self.children.flatMap(\.operations) }

    /// These, and what child processes own.
    package func adding(_ children: [PluginManifest], reads: [any ServedQuery.Type]) -> Extensions {
        Extensions(
            messages: self.messages,
            reads: self.reads + reads,
            children: self.children + children
        )
    }

    /// What cannot be registered, in words; nil when everything can.
    package var flaw: String? {
        let names =
            self.messages.map { $0.typeName } + self.children.compactMap { $0.owned?.typeName }
        let reads = self.reads.map { $0.operation }
        let operations = reads + self.childOperations
        if let name = names.first(where: { !Self.isTypeName($0) }) {
            return
                "`\(name)` is no type name: 1 to \(WireLimits.typeNameBytesMax) of A-Z, 0-9 and _"
        }
        if let name = names.first(where: { MessageType(rawValue: $0) != nil }) {
            return "the protocol owns the type \(name)"
        }
        if let act = reads.first(where: { $0.kind != .read }) {
            return "\(act.name) is no read, and plugged-in subsystems serve nothing else"
        }
        if let flaw = operations.compactMap(\.extensionFlaw).first { return flaw }
        if let twice = Self.repeated(names) ?? Self.repeated(operations.map(\.name))
            ?? Self.repeated(operations.map(\.place))
        {
            return "\(twice) is registered twice"
        }
        return nil
    }

    /// Whether a subsystem judges messages of this type, so that they are logged.
    package func owns(_ message: Message) -> Bool {
        message.type == nil
            && (self.messages.contains { $0.names(message) } || self.child(owning: message) != nil)
    }

    /// The child process that judges messages of this type.
    package func child(owning message: Message) -> PluginManifest? {
        guard message.type == nil else { return nil }
        return self.children.first { $0.owns(message) }
    }

    /// Where an own message is published; nil for what is not broadcast.
    package func topic(of message: Message) -> Topic? {
        if case .gossip(let topic) = message.type?.channel { return topic }
        guard message.type == nil else { return nil }
        return self.messages.first { $0.names(message) }?.topic
            ?? self.child(owning: message)?.owned?.topic
    }

    private static func isTypeName(_ name: String) -> Bool {
        (1...WireLimits.typeNameBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || Self.isDigit($0)
                    || $0 == UInt8(ascii: "_")
            }
    }

    fileprivate static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func repeated(_ names: [String]) -> String? {
        names.indices.first { names[..<$0].contains(names[$0]) }.map { names[$0] }
    }
}

extension Operation {
    /// Why a plugged-in subsystem cannot add it; nil when it can.
    package var extensionFlaw: String? {
        guard Self.isName(self.name) else {
            return "`\(self.name)` is no name: letters a-z, digits and _"
        }
        guard self.path.hasPrefix(Extensions.pathPrefix) else {
            return "the path of \(self.name) does not begin with \(Extensions.pathPrefix)"
        }
        guard self.scope != .open else { return "\(self.name) would be served without a token" }
        guard self.answer != .bytes else {
            return "\(self.name) answers with bytes, and plugged-in subsystems serve records"
        }
        return self.pathFlaw
    }

    private var pathFlaw: String? {
        let named = self.segments.filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
        guard named.map(String.init) == self.properties(at: .path).map(\.name) else {
            return "the path of \(self.name) does not name its arguments in their order"
        }
        let fixed = self.segments.filter { !$0.hasPrefix("{") }
        guard fixed.allSatisfy({ Self.isName($0) }),
            self.segments.allSatisfy({ $0.hasPrefix("{") == $0.hasSuffix("}") })
        else {
            return
                "the path of \(self.name) has parts that are neither a-z, 0-9 and _ nor `{argument}`"
        }
        return nil
    }

    /// The path whatever its arguments are called: two with one place would hide each other.
    fileprivate var place: String {
        self.segments.map { $0.hasPrefix("{") ? "{}" : $0 }.joined(separator: "/")
    }

    private static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || Extensions.isDigit($0)
                    || $0 == UInt8(ascii: "_")
            }
    }
}
