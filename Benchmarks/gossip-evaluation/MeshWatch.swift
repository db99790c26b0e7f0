/// Who holds places in the meshes of honest nodes, and who comes back after having lost one.
struct MeshWatch {
    /// A Sybil in the mesh of an honest node.
    struct Place: Hashable {
        let node: Int
        let sybil: Int
    }

    private var ever: Set<Place> = []
    private var current: Set<Place> = []
    /// Places that a Sybil held, lost and got again.
    private(set) var returns = 0

    /// Notes the places of Sybils at one moment.
    mutating func note(_ places: Set<Place>) {
        self.returns += places.subtracting(self.current).intersection(self.ever).count
        self.ever.formUnion(places)
        self.current = places
    }

    /// Places that Sybils held at some time.
    var total: Int { self.ever.count }
}
