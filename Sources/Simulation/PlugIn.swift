public import Kernel
public import Messages

/// What is plugged into a simulated node beyond the standard subsystems.
public struct PlugIn {
    /// Nothing.
    public static var none: PlugIn { PlugIn { _ in } }

    let extensions: Extensions
    let add: (Kernel) -> Void

    /// Plugs in.
    ///
    /// - Parameters:
    ///   - extensions: what the subsystems own beyond the protocol.
    ///   - add: adds them to a kernel that is not booted yet; called again for each life of the node.
    public init(extensions: Extensions = .none, _ add: @escaping (Kernel) -> Void) {
        self.extensions = extensions
        self.add = add
    }
}
