import Exposition
import Metrics
import Synchronization

/// Reads the figures of a moment into swift-metrics, and writes what its backend has.
package final class FigureRecorder: Sendable {
    /// What counters were, and in which life of the node.
    private struct Past {
        var rebuilds = 0
        var values: [[Double]]
    }

    private let figures: [Figure]
    private let exposition: Exposition
    /// How each counter was at the last look.
    private let past: Mutex<Past>

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
        self.past = Mutex(Past(values: table.figures.map { $0.family.series.map { _ in 0 } }))
    }

    /// How many series there are.
    var seriesCount: Int { self.exposition.seriesCount }

    /// All figures of a moment; of several that are asked for at once an older one changes nothing.
    func text(of moment: NodeMoment, as format: ExpositionFormat) -> String {
        self.past.withLock { past in
            self.record(moment, &past)
            return self.exposition.text(as: format)
        }
    }

    private func record(_ moment: NodeMoment, _ past: inout Past) {
        let rebuilds = moment.vitals.rebuilds
        guard rebuilds >= past.rebuilds else { return }
        // Subsystems of a node that was rebuilt count from zero; those of the process go on.
        if rebuilds > past.rebuilds {
            past.rebuilds = rebuilds
            for (place, figure) in self.figures.enumerated() where !figure.isOfProcess {
                past.values[place] = past.values[place].map { _ in 0 }
            }
        }
        for (place, figure) in self.figures.enumerated() {
            self.record(figure, figure.read(moment), &past.values[place])
        }
    }

    private func record(_ figure: Figure, _ values: [Double?], _ last: inout [Double]) {
        let family = figure.family
        for (place, (labels, value)) in zip(family.series, values).enumerated() {
            guard let value else { continue }
            switch family.kind {
            case .gauge:
                Meter(label: family.name, dimensions: labels, factory: self.exposition).set(value)
            case .counter where value > last[place]:
                FloatingPointCounter(
                    label: family.name,
                    dimensions: labels,
                    factory: self.exposition
                ).increment(by: value - last[place])
                last[place] = value
            case .counter: break
            }
        }
    }
}
