package import Multiformats
package import NIOCore

/// Runs a ``DNSAddressLookup`` with a ``DNSClient``.
package struct DNSAddressResolver: Sendable {
    private let client: DNSClient
    /// For the whole look-up.
    private let timeout: TimeAmount

    package init(client: DNSClient, timeout: TimeAmount) {
        self.client = client
        self.timeout = timeout
    }

    /// The addresses that a look-up brings in time, at least one.
    package func resolve(_ lookup: DNSAddressLookup, on loop: any EventLoop)
        -> EventLoopFuture<[Multiaddr]>
    {
        let promise = loop.makePromise(of: [Multiaddr].self)
        let timeout = self.timeout
        let late = loop.scheduleTask(in: timeout) {
            promise.fail(DNSFailure(description: "the look-up took longer than \(timeout)"))
        }
        promise.futureResult.whenComplete { _ in late.cancel() }
        self.advance(lookup, on: loop).flatMapThrowing { lookup in
            guard !lookup.addresses.isEmpty else {
                throw DNSFailure(description: lookup.failure ?? "no address was found")
            }
            return lookup.addresses
        }.cascade(to: promise)
        return promise.futureResult
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
