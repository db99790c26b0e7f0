import Multiformats
import NIOCore

/// Runs a ``DNSAddressLookup`` with a ``DNSClient``.
struct DNSAddressResolver: Sendable {
    let client: DNSClient

    /// The addresses that stand behind a `/dnsaddr` address, at least one.
    func resolve(_ address: Multiaddr, on loop: any EventLoop) -> EventLoopFuture<[Multiaddr]> {
        self.advance(DNSAddressLookup(address), on: loop).flatMapThrowing { lookup in
            guard !lookup.addresses.isEmpty else {
                throw DNSFailure(description: lookup.failure ?? "\(address) has no address")
            }
            return lookup.addresses
        }
    }

    private func advance(_ lookup: DNSAddressLookup, on loop: any EventLoop)
        -> EventLoopFuture<DNSAddressLookup>
    {
        var lookup = lookup
        let names = lookup.takeQueries()
        guard !names.isEmpty else { return loop.makeSucceededFuture(lookup) }
        let started = lookup
        let answers = names.map { self.client.text($0, on: loop) }
        return EventLoopFuture.whenAllComplete(answers, on: loop).flatMap { results in
            var lookup = started
            for (name, result) in zip(names, results) {
                switch result {
                case .success(let records): lookup.answered(name, records)
                case .failure(let error): lookup.failed(name, "\(error)")
                }
            }
            return self.advance(lookup, on: loop)
        }
    }
}
