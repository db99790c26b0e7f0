import CSpawn
package import Doors
import Foundation
import Glibc
package import Kernel
package import Logging
package import Messages
package import PluginHost
package import Primitives
import Synchronization

/// Runs plug-ins as child processes.
///
/// One thread serves them all: it waits for pipes, carries lines and looks after processes that ended. It
/// never waits for a child, so that none keeps it from the others.
package final class ChildProcesses: PluginProcesses {
    /// Where a child keeps what is its own.
    package struct Place: Sendable {
        package let registration: PluginRegistration
        /// Its data, where it runs.
        package let folder: String
        package let log: String

        package init(registration: PluginRegistration, folder: String, log: String) {
            self.registration = registration
            self.folder = folder
            self.log = log
        }
    }

    /// What a call of the node's table leads to.
    package typealias Outcome = Result<JSONValue, Refused>

    /// Why a call is refused.
    package struct Refused: Error {
        package let code: String
        package let detail: String

        package init(code: String, detail: String) {
            self.code = code
            self.detail = detail
        }
    }

    /// Performs an operation of the node's table for somebody who may do so much.
    package typealias Caller =
        @Sendable (
            _ operation: String, _ arguments: JSONValue, _ scope: Doors.Operation.Scope
        ) async -> Outcome

    /// What the loop is to do.
    enum Order: Sendable {
        case start(Int, run: Int)
        case say(PluginSaying, to: Int)
        case proceed(Int)
        case end(Int)
        case call(String, JSONValue, as: PluginCallID, for: Int)
        case answer(Outcome, to: PluginCallID, of: Int, run: Int)
        case tell(String, of: Int)
    }

    private struct State {
        var orders: [Order] = []
        var inlet: Inlet<PluginReported>?
        var isStopping = false
        var isOver = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    let places: [Place]
    let setting: PluginLine.Setting
    let caller: Caller
    let logger: Logger
    /// Wakes the loop.
    let bell: Int32

    /// Prepares children; none runs yet.
    ///
    /// - Parameters:
    ///   - places: the children, by their numbers.
    ///   - setting: what each is told when it begins.
    ///   - logger: gets what the operator should know.
    ///   - caller: performs operations of the node.
    package init(
        _ places: [Place],
        setting: PluginLine.Setting,
        logger: Logger,
        caller: @escaping Caller
    ) {
        self.places = places
        self.setting = setting
        self.logger = logger
        self.caller = caller
        self.bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    }

    deinit { close(self.bell) }

    package func begin(reportingTo inlet: Inlet<PluginReported>) {
        let begins = self.state.withLock { state in
            state.inlet = inlet
            return !state.isStopping
        }
        guard begins else { return }
        let thread = Thread { [self] in
            var loop = ChildLoop(self, inlet)
            loop.run()
        }
        thread.name = "plug-ins"
        thread.start()
    }

    package func start(_ child: Int, run: Int) { self.order(.start(child, run: run)) }

    package func say(_ saying: PluginSaying, to child: Int) {
        self.order(.say(saying, to: child))
    }

    package func proceed(_ child: Int) { self.order(.proceed(child)) }

    package func end(_ child: Int) { self.order(.end(child)) }

    package func call(
        _ operation: String,
        _ arguments: JSONValue,
        as id: PluginCallID,
        for child: Int
    ) {
        self.order(.call(operation, arguments, as: id, for: child))
    }

    package func tell(_ text: String, of child: Int) { self.order(.tell(text, of: child)) }

    /// Ends all children: they are asked first, and killed when they take too long.
    package func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isOver = self.state.withLock { state in
                state.isStopping = true
                if state.inlet == nil { state.isOver = true }
                if !state.isOver { state.waiting.append(continuation) }
                return state.isOver
            }
            if isOver { return continuation.resume() }
            self.ring()
        }
    }

    // MARK: The loop

    func order(_ order: Order) {
        self.state.withLock { $0.orders.append(order) }
        self.ring()
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(self.bell, &one, 8)
    }

    var isStopping: Bool { self.state.withLock { $0.isStopping } }

    func takeOrders() -> [Order] {
        var count: UInt64 = 0
        _ = read(self.bell, &count, 8)
        return self.state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }

    /// The loop is over.
    func left() {
        let waiting = self.state.withLock { state in
            state.isOver = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
