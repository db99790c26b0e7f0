import Exposition
import Kernel
import Primitives

/// What figures are read from: one moment of the node.
struct NodeMoment: Sendable {
    /// A status report without digests; empty when the node did not answer.
    let status: JSONValue
    /// What readiness answers.
    let readiness: JSONValue
    let vitals: Vitals

    /// Whether the subsystem to which a member belongs has answered.
    func hasPart(of path: [String]) -> Bool { self.value(at: Array(path.prefix(1))) != nil }

    /// A member of the status report.
    func value(at path: [String]) -> JSONValue? {
        path.reduce(Optional(self.status)) { value, name in value?[name] }
    }
}

/// Figures of one name, and where they are read.
struct Figure: Sendable {
    let family: FigureFamily
    /// One value for each series of the family, in its order; nil for what is not known.
    let read: @Sendable (NodeMoment) -> [Double?]

    /// Whether it counts from the start of the process, and not from that of the node's present life.
    let isOfProcess: Bool

    private init(
        _ family: FigureFamily,
        isOfProcess: Bool = false,
        _ read: @escaping @Sendable (NodeMoment) -> [Double?]
    ) {
        self.family = family
        self.isOfProcess = isOfProcess
        self.read = read
    }

    /// A number of the status report; so many of its own unit make one of the figure's.
    static func number(
        _ name: String,
        _ kind: FigureFamily.Kind,
        _ help: String,
        per divisor: Double = 1,
        at path: String...
    ) -> Figure {
        Figure(FigureFamily(name, kind, help)) {
            [$0.value(at: path)?.integer.map { Double($0) / divisor }]
        }
    }

    /// Numbers of an object in the status report, by their names; those that are not there are zero.
    static func numbers(
        _ name: String,
        _ kind: FigureFamily.Kind,
        _ help: String,
        by label: String,
        _ names: [String],
        at path: String...
    ) -> Figure {
        Figure(FigureFamily(name, kind, help, by: label, names)) { moment in
            guard let object = moment.value(at: path) else { return names.map { _ in nil } }
            return names.map { Double(object[$0]?.integer ?? 0) }
        }
    }

    /// One word of several in the status report: one for that, zero for the others.
    static func state(
        _ name: String,
        _ help: String,
        by label: String,
        _ words: [String],
        at path: String...
    ) -> Figure {
        Figure(FigureFamily(name, .gauge, help, by: label, words)) { moment in
            guard moment.hasPart(of: path) else { return words.map { _ in nil } }
            let word = moment.value(at: path)?.string
            return words.map { $0 == word ? 1 : 0 }
        }
    }

    /// Whether a member of the status report is there and not null.
    static func presence(_ name: String, _ help: String, of path: String...) -> Figure {
        Figure(FigureFamily(name, .gauge, help)) { moment in
            guard moment.hasPart(of: path) else { return [nil] }
            let value = moment.value(at: path)
            return [value == nil || value == .null ? 0 : 1]
        }
    }

    /// A figure of every mailbox.
    static func mailboxes(
        _ name: String,
        _ kind: FigureFamily.Kind,
        _ help: String,
        of subsystems: [String],
        _ get: @escaping @Sendable (SubsystemCounters) -> Int
    ) -> Figure {
        Figure(FigureFamily(name, kind, help, by: "subsystem", subsystems)) { moment in
            subsystems.map { name in
                moment.vitals.mailboxes.first { $0.subsystem.rawValue == name }
                    .map { Double(get($0)) }
            }
        }
    }

    /// A figure of the process.
    static func process(
        _ name: String,
        _ kind: FigureFamily.Kind,
        _ help: String,
        _ get: @escaping @Sendable (Vitals) -> Double
    ) -> Figure {
        Figure(FigureFamily(name, kind, help), isOfProcess: true) { [get($0.vitals)] }
    }

    /// The conditions of readiness: one where it is met.
    static func conditions(_ name: String, _ help: String, _ names: [String]) -> Figure {
        Figure(FigureFamily(name, .gauge, help, by: "condition", names)) { moment in
            let checks = moment.readiness["checks"]?.elements ?? []
            return names.map { name in
                checks.contains { $0["name"]?.string == name && $0["ok"]?.bool == true } ? 1 : 0
            }
        }
    }

    /// What never changes: one, with what is known as a label.
    static func constant(_ name: String, _ help: String, _ label: String, _ value: String) -> Figure
    {
        Figure(FigureFamily(name, .gauge, help, by: label, [value])) { _ in [1] }
    }
}
