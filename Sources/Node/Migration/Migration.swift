/// One step from a version of data directories to the next (ADR 0080).
///
/// A step never touches what is in use: it rewrites copies, which take the place of the originals when they were looked
/// at. What it does not name stays where it is.
struct Migration: Sendable {
    /// The version that it begins with; it ends with the next one.
    let from: Int
    /// The first software that reads what it makes.
    let needs: String
    /// What is new, for the operator.
    let news: String
    /// Files and folders at the top of the directory that it rewrites, adds or removes.
    let rewrites: [String]
    /// Changes copies of those files in a folder; a name that it removes there is removed from the directory.
    let apply: @Sendable (_ folder: String) throws(NodeError) -> Void

    /// The version that it ends with.
    var to: Int { self.from + 1 }

    /// Every step there ever was, in order; the last one leads to the version of this program.
    ///
    /// Whoever adds one raises the version, makes a directory of the version before with
    /// `scripts/make-directory-fixture`, and commits it below `Tests/Directories`.
    static let all: [Migration] = [
        Migration(
            from: 1,
            needs: "0.1.0",
            news: "the directory says which version it has",
            rewrites: [],
            // `version.json` itself is written by the upgrade, last of all.
            apply: { _ in }
        )
    ]
}
