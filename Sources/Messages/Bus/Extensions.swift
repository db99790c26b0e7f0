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
    /// Asks for a broadcast.
    package init(_ payload: some WireExtension) {
        self.typeName = Swift.type(of: payload).typeName
        self.payload = payload.json
    }
}

/// A question to a plugged-in subsystem that the local API serves at `/v1/extensions/<path>`.
package protocol ServedQuery: Query where Reply: PayloadObject {
    /// The last part of its place: lower-case ASCII letters, digits and `-`.
    static var path: String { get }
    /// Asks.
    init()
}

/// What plugged-in subsystems own beyond the protocol; the same for all of a node's subsystems.
public struct Extensions: Sendable {
    /// Nothing: a node of the protocol alone.
    public static let none = Extensions()

    /// Wire types with judges of their own.
    package let messages: [any WireExtension.Type]
    /// Questions that the local API serves.
    package let reads: [any ServedQuery.Type]

    /// Registers types and questions.
    package init(
        messages: [any WireExtension.Type] = [],
        reads: [any ServedQuery.Type] = []
    ) {
        self.messages = messages
        self.reads = reads
    }

    /// What cannot be registered, in words; nil when everything can.
    package var flaw: String? {
        let names = self.messages.map { $0.typeName }
        let paths = self.reads.map { $0.path }
        if let name = names.first(where: { !Self.isTypeName($0) }) {
            return
                "`\(name)` is no type name: 1 to \(WireLimits.typeNameBytesMax) of A-Z, 0-9 and _"
        }
        if let name = names.first(where: { MessageType(rawValue: $0) != nil }) {
            return "the protocol owns the type \(name)"
        }
        if let path = paths.first(where: { !Self.isPath($0) }) {
            return "`\(path)` is no path: letters a-z, digits and -"
        }
        if let twice = Self.repeated(names) ?? Self.repeated(paths) {
            return "\(twice) is registered twice"
        }
        return nil
    }

    /// Whether a subsystem judges messages of this type, so that they are logged.
    package func owns(_ message: Message) -> Bool {
        message.type == nil && self.messages.contains { $0.names(message) }
    }

    /// Where an own message is published; nil for what is not broadcast.
    package func topic(of message: Message) -> Topic? {
        if case .gossip(let topic) = message.type?.channel { return topic }
        guard message.type == nil else { return nil }
        return self.messages.first { $0.names(message) }?.topic
    }

    private static func isTypeName(_ name: String) -> Bool {
        (1...WireLimits.typeNameBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || Self.isDigit($0)
                    || $0 == UInt8(ascii: "_")
            }
    }

    private static func isPath(_ path: String) -> Bool {
        !path.isEmpty
            && path.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || Self.isDigit($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func repeated(_ names: [String]) -> String? {
        names.indices.first { names[..<$0].contains(names[$0]) }.map { names[$0] }
    }
}
