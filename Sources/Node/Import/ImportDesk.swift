import Importer
import Synchronization

/// Waits for what becomes of each page.
final class ImportDesk: ImporterDesk {
    /// How waiting ended.
    enum Answer: Sendable {
        case ended(ImportOutcome)
        case stopped(because: String)
    }

    private struct State {
        var waiting: Promise<Answer>?
        /// Why no page will end any more.
        var reason: String?
    }

    private let state = Mutex(State())

    func ended(_ outcome: ImportOutcome) {
        let waiting = self.state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.keep(.ended(outcome))
    }

    func stopped(because reason: String) {
        let waiting = self.state.withLock { state in
            state.reason = state.reason ?? reason
            return state.waiting
        }
        waiting?.keep(.stopped(because: reason))
    }

    /// What becomes of the next page.
    func expect() -> Promise<Answer> {
        let promise = Promise<Answer>()
        let reason = self.state.withLock { state in
            state.waiting = promise
            return state.reason
        }
        if let reason { promise.keep(.stopped(because: reason)) }
        return promise
    }
}
