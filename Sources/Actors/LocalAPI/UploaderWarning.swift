import Messages
import Primitives

extension Capability {
    /// What an uploader is told whose score is below the one that copies are asked for with (R-06-036).
    static func warning(ofReplicatingAt score: FixedPoint) -> String? {
        guard !Self.replicate.isPermitted(at: score) else { return nil }
        return "this node's score is \(score), and asking for copies takes \(Self.replicate.gate): "
            + "others may not accept its requests. See `valence-node rep explain`."
    }
}
