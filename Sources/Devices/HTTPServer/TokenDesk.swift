package import Doors
import HTTPTypes
import Hummingbird
import Kernel
import LocalAPI
import Messages
import Primitives
import Synchronization

/// Knows who brings which token, makes tokens and ends them while the node runs (ADR 0057).
package final class TokenDesk: Sendable {
    private let book: Mutex<TokenBook>
    let chance: @Sendable () -> [UInt8]
    private let save: @Sendable (TokenBook) throws -> Void
    /// Who may read the dashboard in a browser; a restart ends all of it.
    let sessions = Mutex(SessionBook())

    /// Opens the desk.
    ///
    /// - Parameters:
    ///   - book: the tokens that there are.
    ///   - chance: 32 new random bytes each time.
    ///   - save: makes a changed book durable.
    package init(
        _ book: TokenBook,
        chance: @escaping @Sendable () -> [UInt8],
        save: @escaping @Sendable (TokenBook) throws -> Void
    ) {
        self.book = Mutex(book)
        self.chance = chance
        self.save = save
    }

    /// Who brings a token; nil when it is not valid.
    func caller(bringing token: String) -> Caller? {
        self.book.withLock { $0.caller(bringing: token) }
    }

    /// Whether a token counts, named by its hash.
    func holds(_ hash: Bytes32) -> Bool {
        self.book.withLock { $0.tokens.contains { $0.hash == hash && $0.revokedAt == nil } }
    }

    /// Does what is asked, and answers when it is durable.
    func perform(_ call: TokenCall, _ key: RequestKey?) -> APIResponse {
        let now = SystemClock().now.timestamp
        switch call {
        case .list:
            return APIResponse(TokenList(tokens: self.book.withLock(\.tokens)).shown)
        case .make(let scope, let label):
            let secret = self.chance()
            return self.change { (book) throws(TokenRefusal) in
                try book.make(scope, label: label, secret: secret, key: key, now: now).shown
            }
        case .revoke(let hash):
            return self.change { (book) throws(TokenRefusal) in
                try book.revoke(hash, now: now).shown
            }
        }
    }

    /// What cannot be kept does not hold either.
    private func change(_ change: (inout TokenBook) throws(TokenRefusal) -> JSONValue)
        -> APIResponse
    {
        self.book.withLock { book in
            var changed = book
            do throws(TokenRefusal) {
                let answer = try change(&changed)
                do {
                    try self.save(changed)
                } catch {
                    return APIResponse(status: 507, code: "storage_stopped", detail: "\(error)")
                }
                book = changed
                return APIResponse(answer)
            } catch {
                let (status, code, detail) = error.problem
                return APIResponse(status: status, code: code, detail: detail)
            }
        }
    }
}
