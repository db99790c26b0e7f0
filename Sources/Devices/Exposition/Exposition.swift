public import CoreMetrics

/// Keeps figures for programs that look at the node every few seconds: a backend of swift-metrics that knows
/// beforehand which series there are (ADR 0075).
///
/// What was not said beforehand is not kept, whoever measures it, so that their number cannot grow.
public final class Exposition: MetricsFactory {
    private let families: [FigureFamily]
    /// Those of each family, in the order in which they are written.
    private let series: [[Series]]

    /// Begins with every series at zero.
    public init(_ families: [FigureFamily]) {
        self.families = families
        self.series = families.map { family in
            family.series.map { Series(family: family.name, labels: $0) }
        }
    }

    /// How many series there are, now and later.
    public var seriesCount: Int { self.series.reduce(0) { $0 + $1.count } }

    /// All figures as they are now.
    ///
    /// - Parameter format: how they are written.
    /// - Returns: the body of an answer.
    public func text(as format: ExpositionFormat) -> String {
        var text = ""
        for (family, series) in zip(self.families, self.series) {
            format.write(family, series, to: &text)
        }
        return text + format.end
    }

    private func find(_ label: String, _ labels: [(String, String)]) -> Series? {
        for (family, series) in zip(self.families, self.series) where family.name == label {
            return series.first { Self.areSame($0.labels, labels) }
        }
        return nil
    }

    private static func areSame(_ left: [(String, String)], _ right: [(String, String)]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0 == $1 }
    }

    // MARK: What swift-metrics asks for

    /// The counter of these labels.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.find(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The same for counters of fractions.
    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)])
        -> any FloatingPointCounterHandler
    {
        self.find(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The gauge of these labels.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.find(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The same for what is recorded: the last value is kept.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
        -> any RecorderHandler
    {
        self.find(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// No series is a distribution.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        NOOPMetricsHandler.instance
    }

    /// Series stay for the life of the process.
    public func destroyCounter(_ handler: any CounterHandler) {}

    /// See ``destroyCounter(_:)``.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}

    /// See ``destroyCounter(_:)``.
    public func destroyMeter(_ handler: any MeterHandler) {}

    /// See ``destroyCounter(_:)``.
    public func destroyRecorder(_ handler: any RecorderHandler) {}

    /// See ``destroyCounter(_:)``.
    public func destroyTimer(_ handler: any TimerHandler) {}
}
