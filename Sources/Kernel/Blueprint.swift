/// What was declared while subsystems were plugged in: plain data, checked at boot.
@usableFromInline
struct Blueprint: Sendable {
    /// A message type with its index in every table.
    struct Topic: Sendable {
        let name: String
        let route: MessageRoute

        /// The one receiver, for commands.
        var receiver: SubsystemName? {
            if case .command(let receiver) = self.route { receiver } else { nil }
        }

        /// The one answerer, for queries and procedures.
        var answerer: SubsystemName? {
            switch self.route {
            case .query(let answerer), .procedure(let answerer): answerer
            case .command, .event, .reply, .signal: nil
            }
        }
    }

    /// What a subsystem said it does with a message type.
    @usableFromInline
    enum Role: Sendable, Equatable {
        case receives
        case answers
        case emits
        case asks(reply: Int)
        case hears
        case inlet
    }

    struct Declaration: Sendable {
        /// Index into ``Blueprint/subsystems``.
        let seat: Int
        let topic: Int
        let role: Role
    }

    var subsystems: [SubsystemName] = []
    var topics: [Topic] = []
    var declarations: [Declaration] = []

    /// The seats that take delivery of a topic, in the order of plugging in.
    func seats(_ role: Role, _ topic: Int) -> [Int] {
        self.declarations.lazy.filter { $0.topic == topic && $0.role == role }
            .map(\.seat).sorted()
    }

    func names(_ seats: [Int]) -> [SubsystemName] { seats.map { self.subsystems[$0] } }

    func isPlugged(_ name: SubsystemName) -> Bool { self.subsystems.contains(name) }

    /// Who gets what is sent on a topic; empty if the receiver is absent.
    func receivers(of topic: Int) -> [Int] {
        let role: Role = self.topics[topic].answerer == nil ? .receives : .answers
        return self.seats(role, topic)
    }
}

extension Blueprint.Topic {
    init<M: BusMessage>(_ type: M.Type) {
        // Neither reflects the type nor asks what it conforms to: a question about a conformance that a type does
        // not have searches the whole program, and those were more than half of a node's start.
        self.name = Self.readableName(_typeName(type, qualified: true))
        self.route = type.route
    }

    /// Leaves out the module, and contexts whose names differ from process to process.
    static func readableName(_ reflected: String) -> String {
        let plain = reflected.prefix { $0 != "<" }
        let parts = plain.split(separator: ".").dropFirst()
        // A local type reads "Module.(unknown context at $7f00).Name".
        let kept = parts.filter { !$0.hasPrefix("(") }
        return kept.joined(separator: ".") + reflected.dropFirst(plain.count)
    }
}
