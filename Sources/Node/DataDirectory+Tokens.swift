package import Doors
import Persistence
import Primitives

// Tokens that are not the owner's (ADR 0057).
extension DataDirectory {
    private var tokensPath: String { "\(self.path)/api.tokens" }

    /// Who may use the node that runs here.
    ///
    /// - Throws: ``NodeError/tooOpen(path:)`` when others may read what is kept of tokens, and what
    ///   ``loadToken()`` throws.
    package func loadTokens() throws(NodeError) -> TokenBook {
        let owner = try self.loadToken()
        guard Files.exists(self.tokensPath) else { return TokenBook(owner: owner) }
        guard try Files.mode(self.tokensPath) & 0o077 == 0 else {
            throw .tooOpen(path: self.tokensPath)
        }
        let bytes = try Files.read(self.tokensPath, upTo: DirectoryLimits.tokensBytesMax)
        guard let json = try? JSONDocument(scanning: bytes).root.value,
            let book = TokenBook(owner: owner, json)
        else {
            let cause = "it is no list of tokens; remove it, and make the tokens again"
            throw .file(path: self.tokensPath, cause: cause)
        }
        return book
    }

    /// Makes a changed list of tokens durable.
    package func saveTokens(_ book: TokenBook) throws(NodeError) {
        try Files.write(book.json.canonicalBytes(), to: self.tokensPath, mode: 0o600)
    }

    /// Uses the tokens while no node runs; none starts meanwhile.
    ///
    /// - Throws: ``NodeError/inUse(path:process:)`` when a node runs, which must be asked instead.
    package func withTokens<T>(_ body: (inout TokenBook) throws -> T) throws -> T {
        let lock: DataDirectoryLock
        do {
            lock = try DataDirectoryLock(dataDirectory: self.path)
        } catch LogError.inUse(_, let process) {
            throw NodeError.inUse(path: self.path, process: process)
        } catch {
            throw NodeError.log(cause: "\(error)")
        }
        defer { lock.release() }
        let book = try self.loadTokens()
        var changed = book
        let result = try body(&changed)
        if changed != book { try self.saveTokens(changed) }
        return result
    }
}
