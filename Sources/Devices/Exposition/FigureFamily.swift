/// Figures of one name: what they mean, and every combination of labels that they have.
///
/// Everything is said beforehand, so that a series stands at zero before anything happened, and so that no
/// peer can add one (ADR 0075).
public struct FigureFamily: Sendable {
    /// How a figure changes.
    public enum Kind: String, Sendable {
        /// It grows, and begins at zero with each start of the process.
        case counter
        /// It goes up and down.
        case gauge
    }

    /// The name as Prometheus has it; that of a counter ends in `_total`.
    public let name: String
    /// What it means, in a sentence.
    public let help: String
    /// How it changes.
    public let kind: Kind
    /// The labels of each series, in the order of their names; one without labels for a plain figure.
    public let series: [[(String, String)]]

    /// Describes a plain figure.
    public init(_ name: String, _ kind: Kind, _ help: String) {
        self.init(name, kind, help, series: [[]])
    }

    /// Describes figures with one label.
    ///
    /// - Parameters:
    ///   - name: the name as Prometheus has it.
    ///   - kind: how they change.
    ///   - help: what they mean, in a sentence.
    ///   - label: the name of the label.
    ///   - values: every value that it takes.
    public init(_ name: String, _ kind: Kind, _ help: String, by label: String, _ values: [String])
    {
        self.init(name, kind, help, series: values.map { [(label, $0)] })
    }

    private init(_ name: String, _ kind: Kind, _ help: String, series: [[(String, String)]]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.series = series
    }
}
