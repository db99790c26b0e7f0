package import Kernel
package import Messages
package import Primitives

/// The device of ``PluginHost``: it starts processes, and carries lines to and from them.
///
/// Children are named by their place among the registrations.
package protocol PluginProcesses: Sendable {
    /// Called once, after replay.
    func begin(reportingTo inlet: Inlet<PluginReported>)
    /// Starts a child.
    ///
    /// - Parameters:
    ///   - child: which one.
    ///   - run: names this start in every report of it.
    func start(_ child: Int, run: Int)
    /// Queues what is to be said to a child; ``PluginReport/wrote`` comes when it was written.
    func say(_ saying: PluginSaying, to child: Int)
    /// Goes on reading what a child says, after ``PluginReport/heard(_:)``.
    func proceed(_ child: Int)
    /// Kills a child with all that it started.
    func end(_ child: Int)
    /// Performs an operation of the node's table for a child, and tells it the outcome.
    func call(_ operation: String, _ arguments: JSONValue, as id: PluginCallID, for child: Int)
    /// Tells the operator something about a child.
    func tell(_ text: String, of child: Int)
}

/// What a device says of a child.
package enum PluginReport: Sendable {
    /// Lines of the child; no others come before the device is told to proceed.
    case heard([PluginUtterance])
    /// One saying was written.
    case wrote
    /// A call was answered.
    case called
    /// It does not run any more, or could not be started.
    case ended(String)
    case measured(PluginUsage)
}

/// A report, with the child and the start that it is about.
package struct PluginReported: Signal {
    package let child: Int
    package let run: Int
    package let report: PluginReport
    package init(child: Int, run: Int, report: PluginReport) {
        self.child = child
        self.run = run
        self.report = report
    }
}
