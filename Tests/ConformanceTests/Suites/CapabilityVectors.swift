import Messages
import Primitives

/// What a score permits.
enum CapabilityVectors {
    static func run(_ vector: VectorCase) throws {
        let score = try vector.input.fraction("reputation")
        for name in vector.expect.names {
            guard let capability = Capability(rawValue: name) else {
                throw VectorFailure("no capability is called \(name)")
            }
            let isPermitted = capability.isPermitted(at: score)
            try Check.same(name, isPermitted, try vector.expect.bool(name))
        }
    }
}
