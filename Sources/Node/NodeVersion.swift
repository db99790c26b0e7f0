/// The version of this node's software.
public enum NodeVersion {
    /// Semantic version.
    public static let text = "0.1.0"
}
