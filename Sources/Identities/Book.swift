public import Primitives

/// A part of a subsystem's state that is folded over the log and stands under the names of identities.
///
/// It follows from the log alone, so all of it goes into the digest (``Digestible``). What changes keys
/// changes the names that it stands under; the state machine that holds the books tells all of them
/// (ADR 0041).
public protocol Book: Digestible, Sendable {
    /// A key gave its place to another one, or acts for a root from now on.
    ///
    /// - Parameters:
    ///   - old: the name that what is held stood under.
    ///   - new: the identity that it belongs to from now on, which may hold something of its own.
    mutating func move(_ old: NodeID, to new: NodeID)
}

extension Book {
    /// Follows a key that was linked or rotated.
    ///
    /// - Parameters:
    ///   - change: what became of it.
    ///   - keys: who acts for whom, the change included.
    public mutating func follow(_ change: KeyChange, _ keys: KeyRegistry) {
        switch change {
        case .rotated(let oldKey, let newKey):
            let identity = keys.identity(of: newKey)
            self.move(oldKey, to: identity)
            // The successor of a child acts for the root, with whatever is known of it.
            if identity != newKey { self.move(newKey, to: identity) }
        case .linked(let root, let child): self.move(child, to: root)
        case .reborn, .revoked, .conflicted, .freed: break
        }
    }
}

/// Whoever keeps several books goes over them in one place; they are moved and written as one book.
public protocol BookKeeper: Book {
    /// Presents all that is folded, under the names of the stored properties.
    mutating func present(to reader: inout some BookReader)
}

extension BookKeeper {
    /// Moves what stands under a name in every book.
    public mutating func move(_ old: NodeID, to new: NodeID) {
        var mover = BookMover(old: old, new: new)
        self.present(to: &mover)
    }

    /// Writes every book down as a field.
    public func digest<Writer: StateWriter>(into writer: inout Writer) {
        // Presenting changes nothing when the reader does not: what is copied is shared.
        var keeper = self
        var books = BookWriter(writer: writer)
        keeper.present(to: &books)
        writer = books.writer
    }
}

/// Does something with each book.
public protocol BookReader {
    /// Does it with one book.
    mutating func book(_ name: StaticString, _ book: inout some Book)

    /// Does it with what is folded and stands under nobody's name, or moves by rules of its own.
    mutating func part(_ name: StaticString, _ part: some Digestible)
}

private struct BookMover: BookReader {
    let old: NodeID
    let new: NodeID

    mutating func book(_ name: StaticString, _ book: inout some Book) {
        book.move(self.old, to: self.new)
    }

    mutating func part(_ name: StaticString, _ part: some Digestible) {}
}

private struct BookWriter<Writer: StateWriter>: BookReader {
    var writer: Writer

    mutating func book(_ name: StaticString, _ book: inout some Book) {
        self.writer.field(name, book)
    }

    mutating func part(_ name: StaticString, _ part: some Digestible) {
        self.writer.field(name, part)
    }
}
