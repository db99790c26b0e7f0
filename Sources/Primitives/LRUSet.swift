/// A set that forgets what was used longest ago when it is full.
public struct LRUSet<Element: Hashable & Sendable>: Sendable {
    private let capacity: Int
    // Two generations: when the young one is full it becomes the old one. Lookups are O(1), nothing
    // is ever shifted, and between `capacity / 2` and `capacity` elements are remembered.
    private var young: Set<Element> = []
    private var old: Set<Element> = []

    /// Makes an empty set for at most `capacity` elements, at least 2.
    public init(capacity: Int) {
        self.capacity = max(2, capacity)
    }

    /// Elements that are remembered.
    public var count: Int { self.young.count + self.old.count }

    /// Whether the element is remembered.
    public func contains(_ element: Element) -> Bool {
        self.young.contains(element) || self.old.contains(element)
    }

    /// Adds or refreshes an element; false when it was there.
    @discardableResult
    public mutating func insert(_ element: Element) -> Bool {
        if self.young.contains(element) { return false }
        let isNew = self.old.remove(element) == nil
        if self.young.count >= self.capacity / 2 {
            self.old = self.young
            self.young = []
        }
        self.young.insert(element)
        return isNew
    }

    /// Forgets an element.
    public mutating func remove(_ element: Element) {
        self.young.remove(element)
        self.old.remove(element)
    }
}

extension LRUSet: Codable where Element: Codable {}
