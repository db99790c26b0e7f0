/// How figures are written.
///
/// Sources: Prometheus, Exposition formats, text format 0.0.4; OpenMetrics 1.0.0.
public enum ExpositionFormat: Sendable, CaseIterable {
    case prometheus
    case openMetrics

    /// The format that whoever asks reads best.
    ///
    /// - Parameter accept: the field `Accept` of the request; nil without one.
    public init(accept: String?) {
        let wanted = accept?.lowercased() ?? ""
        self = wanted.contains("application/openmetrics-text") ? .openMetrics : .prometheus
    }

    /// The field `Content-Type` of the answer; Prometheus 3 takes no other.
    public var mediaType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What ends an answer, so that a part of one is recognised.
    var end: String { self == .openMetrics ? "# EOF\n" : "" }

    func write(_ family: FigureFamily, _ series: [Series], to text: inout String) {
        let name = self.title(of: family)
        text += "# HELP \(name) \(Self.escaped(family.help))\n"
        text += "# TYPE \(name) \(family.kind.rawValue)\n"
        for one in series {
            text += "\(family.name)\(Self.labels(one.labels)) \(Self.number(one.value))\n"
        }
    }

    /// OpenMetrics names a counter without the ending of its samples.
    private func title(of family: FigureFamily) -> String {
        let ending = "_total"
        guard self == .openMetrics, family.kind == .counter, family.name.hasSuffix(ending) else {
            return family.name
        }
        return String(family.name.dropLast(ending.count))
    }

    private static func labels(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
