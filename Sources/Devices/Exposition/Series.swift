import CoreMetrics
import Synchronization

/// One figure with its labels.
final class Series: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    let family: String
    let labels: [(String, String)]
    private let state = Mutex(0.0)

    init(family: String, labels: [(String, String)]) {
        self.family = family
        self.labels = labels
    }

    var value: Double { self.state.withLock { $0 } }

    func increment(by amount: Int64) { self.increment(by: Double(amount)) }

    func increment(by amount: Double) { self.state.withLock { $0 += amount } }

    func decrement(by amount: Double) { self.increment(by: -amount) }

    func reset() { self.set(0.0) }

    func set(_ value: Int64) { self.set(Double(value)) }

    func set(_ value: Double) { self.state.withLock { $0 = value } }

    func record(_ value: Int64) { self.set(Double(value)) }

    func record(_ value: Double) { self.set(value) }
}
