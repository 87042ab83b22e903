import Base

extension Replica {
    /// The operation that carries out a change.
    ///
    /// - Parameters:
    ///   - dot: The author's next dot.
    ///   - stamp: Not before any that the author has seen.
    public func operation(
        _ dot: Dot, _ change: Change, of name: KeyName, at stamp: Stamp
    ) throws(ChangeError) -> Operation {
        let kind: OperationKind
        var value = Value()
        var context = Context()
        switch change {
        case .set(let new):
            kind = .write
            value = new
            context = try self.context(of: Cell(.register, name), for: dot.actor)
        case .unset:
            kind = .remove
            context = try removal(of: Cell(.register, name), by: dot.actor)
        case .add(let element), .discard(let element):
            var cell = Cell(.set, name)
            cell.element = element
            value = element
            if case .add = change {
                kind = .add
                context = try self.context(of: cell, for: dot.actor)
            } else {
                kind = .remove
                context = try removal(of: cell, by: dot.actor)
            }
        case .count(let amount):
            kind = .count
            let share = count(name, by: dot.actor) ?? Count()
            guard let changed = share.changed(by: amount) else { throw .overflow }
            value = changed.value
        case .mint(let amount):
            kind = .account
            value = try entry(name, by: dot.actor, to: dot.actor, amount)
        case .give(let amount, let peer):
            kind = .account
            value = try entry(name, by: dot.actor, to: peer, amount)
        case .spend(let amount):
            kind = .account
            value = try entry(name, by: dot.actor, to: AccountEntry.spent, amount)
        case .append(let text, let horizon):
            kind = .append
            guard text.count < 96 else { throw .tooLong }
            value.append(nextSlot(of: name, by: dot.actor, horizon: horizon))
            for index in 0..<text.count { value.append(text[index]) }
        case .report(let new):
            kind = .report
            value = new
        }
        guard
            let operation = Operation(
                dot, kind, reference(to: name, by: dot.actor), stamp, context: context,
                value: value)
        else { throw .tooLong }
        return operation
    }

    /// Whether an operation takes the place of one that is here.
    public func replacesAny(_ operation: Operation) -> Bool {
        guard let cell = live.cell(of: operation.view) else { return false }
        let hash = cell.hash
        var place: Int?
        while let index = live.index(in: cell, hash, at: &place) {
            if let other = live.dot(at: index), operation.covers(other) { return true }
        }
        return false
    }

    // MARK: Contexts

    /// What an author has seen of a cell: what holds there, and what that had replaced, unless
    /// every member has the one that replaced it.
    ///
    /// What was replaced has to be named again because it may still be on its way: an operation is
    /// not sent any more once it is superseded, and then nobody else says that the older is, too.
    private func context(of cell: Cell, for author: Actor) throws(ChangeError) -> Context {
        var context = Context()
        let hash = cell.hash
        var place: Int?
        while let index = live.index(in: cell, hash, at: &place),
            let operation = live.view(at: index)
        {
            var isNamed = operation.dot.actor == author || context.add(operation.dot)
            if !isStable(operation) {
                let seen = operation.context
                for index in 0..<seen.count where seen[index].actor != author {
                    isNamed = context.add(seen[index]) && isNamed
                }
            }
            guard isNamed else { throw .tooManyWriters }
        }
        return context
    }

    private func removal(of cell: Cell, by author: Actor) throws(ChangeError) -> Context {
        let hash = cell.hash
        var place: Int?
        var isThere = false
        while let index = live.index(in: cell, hash, at: &place) {
            if live[index]?.kind != .remove { isThere = true }
        }
        guard isThere else { throw .nothingThere }
        return try context(of: cell, for: author)
    }

    // MARK: Accounts and logs

    private func entry(
        _ name: KeyName, by author: Actor, to peer: Actor, _ amount: UInt64
    ) throws(ChangeError) -> Value {
        let (sum, overflow) = given(name, by: author, to: peer).addingReportingOverflow(amount)
        guard !overflow else { throw .overflow }
        if peer != author {
            let held = rights(name, of: author)
            guard held >= amount else { throw .notEnough(held: held) }
        }
        return AccountEntry(peer: peer, amount: sum).value
    }

    /// The slot after that of the author's latest entry, in a ring of `horizon` slots.
    private func nextSlot(of name: KeyName, by author: Actor, horizon: UInt8) -> UInt8 {
        var latest: UInt8?
        var sequence: UInt32 = 0
        while let entry = nextEntry(of: name, by: author, after: sequence) {
            latest = entry.value[0]
            sequence = entry.dot.sequence
        }
        guard let latest, Int(latest) + 1 < Int(max(horizon, 1)) else { return 0 }
        return latest + 1
    }

    // MARK: Codes

    /// The shortest way to tell a key: a code that all nodes know, one that the author has bound, or
    /// the key itself.
    func reference(to name: KeyName, by author: Actor) -> KeyReference {
        if let code = Schema.code(of: name) { return .code(code) }
        guard name.collection == .shared else { return .literal(name) }
        return bound(name, by: author).map { .code($0) } ?? .literal(name)
    }

    private func bound(_ name: KeyName, by author: Actor) -> UInt16? {
        var found = live.index(ofNext: author, after: 0)
        while let index = found, let operation = live[index] {
            if case .literal(let binding) = operation.key, let code = Binding.code(binding),
                Binding.name(operation.value) == name
            {
                return code
            }
            found = live.index(after: index)
        }
        return nil
    }

    /// The operation that gives a key a short code, where that pays: the author writes it for a
    /// second time, and it is longer than its code.
    public func binding(_ dot: Dot, of name: KeyName, at stamp: Stamp) -> Operation? {
        guard name.collection == .shared, name.key.count > 1,
            case .literal = reference(to: name, by: dot.actor)
        else { return nil }
        var highest = Schema.firstBound - 1
        var isWritten = false
        var found = live.index(ofNext: dot.actor, after: 0)
        while let index = found, let operation = live[index] {
            if case .literal(let literal) = operation.key {
                if let code = Binding.code(literal) { highest = max(highest, code) }
                if literal == name { isWritten = true }
            }
            found = live.index(after: index)
        }
        guard isWritten, highest < Schema.lastBound else { return nil }
        return Operation(
            dot, .report, .literal(Binding.name(of: highest + 1)), stamp,
            value: Binding.value(name))
    }
}
