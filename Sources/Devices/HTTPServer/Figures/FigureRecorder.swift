import Exposition
import Metrics
import Synchronization

/// Reads the figures of a moment into swift-metrics, and writes what its backend has.
package final class FigureRecorder: Sendable {
    private let figures: [Figure]
    private let exposition: Exposition
    /// What each counter was at the last look.
    private let last: Mutex<[[Double]]>

    /// Begins with every series at zero.
    ///
    /// - Parameters:
    ///   - version: the version of the software.
    ///   - subsystems: the names of those that are plugged in.
    package convenience init(version: String, subsystems: [String]) {
        self.init(FigureTable(version: version, subsystems: subsystems))
    }

    init(_ table: FigureTable) {
        self.figures = table.figures
        self.exposition = Exposition(table.figures.map(\.family))
        self.last = Mutex(table.figures.map { $0.family.series.map { _ in 0 } })
    }

    /// How many series there are.
    var seriesCount: Int { self.exposition.seriesCount }

    /// All figures of a moment.
    func text(of moment: NodeMoment, as format: ExpositionFormat) -> String {
        self.last.withLock { last in
            for (place, figure) in self.figures.enumerated() {
                self.record(figure, figure.read(moment), &last[place])
            }
            return self.exposition.text(as: format)
        }
    }

    private func record(_ figure: Figure, _ values: [Double?], _ last: inout [Double]) {
        let family = figure.family
        for (place, (labels, value)) in zip(family.series, values).enumerated() {
            guard let value else { continue }
            switch family.kind {
            case .gauge:
                Meter(label: family.name, dimensions: labels, factory: self.exposition).set(value)
            case .counter:
                // A node that was rebuilt counts from zero; the process goes on counting.
                let growth = value < last[place] ? value : value - last[place]
                FloatingPointCounter(
                    label: family.name,
                    dimensions: labels,
                    factory: self.exposition
                ).increment(by: growth)
                last[place] = value
            }
        }
    }
}
