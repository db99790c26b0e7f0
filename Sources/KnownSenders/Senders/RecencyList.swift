/// Elements in the order of their last use; everything takes the same short time however many there are.
struct RecencyList<Element: Hashable & Sendable>: Sendable {
    private struct Link: Sendable {
        let element: Element
        var older: Int
        var newer: Int
    }

    private static var none: Int { -1 }

    private var places: [Element: Int] = [:]
    private var links: [Link] = []
    private var free: [Int] = []
    private var first = none
    private var last = none

    var count: Int { self.places.count }

    /// The one that was used longest ago.
    var oldest: Element? { self.first == Self.none ? nil : self.links[self.first].element }

    /// Adds an element, or makes it the newest one.
    mutating func use(_ element: Element) {
        if let place = self.places[element] {
            guard place != self.last else { return }
            self.unlink(place)
            self.append(place)
            return
        }
        let link = Link(element: element, older: Self.none, newer: Self.none)
        let place: Int
        if let reused = self.free.popLast() {
            place = reused
            self.links[place] = link
        } else {
            place = self.links.count
            self.links.append(link)
        }
        self.places[element] = place
        self.append(place)
    }

    /// Takes an element out, if it is there.
    mutating func remove(_ element: Element) {
        guard let place = self.places.removeValue(forKey: element) else { return }
        self.unlink(place)
        self.free.append(place)
    }

    /// Takes the one out that was used longest ago.
    mutating func popOldest() -> Element? {
        guard let oldest = self.oldest else { return nil }
        self.remove(oldest)
        return oldest
    }

    private mutating func append(_ place: Int) {
        self.links[place].older = self.last
        self.links[place].newer = Self.none
        if self.last == Self.none {
            self.first = place
        } else {
            self.links[self.last].newer = place
        }
        self.last = place
    }

    private mutating func unlink(_ place: Int) {
        let link = self.links[place]
        if link.older == Self.none {
            self.first = link.newer
        } else {
            self.links[link.older].newer = link.newer
        }
        if link.newer == Self.none {
            self.last = link.older
        } else {
            self.links[link.newer].older = link.older
        }
    }
}
