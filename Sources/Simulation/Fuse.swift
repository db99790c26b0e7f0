import Kernel
import Synchronization

/// Kills a simulated node between two envelopes.
final class Fuse: Sendable {
    private struct State: Sendable {
        /// Envelopes until the end; nil when no end is planned.
        var left: Int?
        weak var kernel: Kernel?
    }

    private let state = Mutex(State())

    /// The kernel that is stopped; a planned end that did not happen carries over to the next life.
    func attach(to kernel: Kernel) { self.state.withLock { $0.kernel = kernel } }

    /// Plans the end: the node handles so many envelopes more, and no other one.
    func light(_ envelopes: Int) { self.state.withLock { $0.left = max(envelopes, 1) } }

    /// Cancels the planned end.
    func putOut() { self.state.withLock { $0.left = nil } }

    /// An envelope is about to be handled.
    func burn() {
        let kernel = self.state.withLock { state -> Kernel? in
            guard let left = state.left else { return nil }
            state.left = left > 1 ? left - 1 : nil
            return left > 1 ? nil : state.kernel
        }
        // What the envelope makes its receiver send is lost, since no further envelope is handled.
        kernel?.stop()
    }
}
