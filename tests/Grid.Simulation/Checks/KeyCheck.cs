using Grid.Abstractions;
using Grid.Simulation.History;

namespace Grid.Simulation.Checks;

/// <summary>
/// Linearizable compare-and-set per key. The log gives the order of the writes: a key's versions form a chain. So it is enough to check, in one pass over each key's operations in
/// real time, that every operation has a place in the chain (a write its own, a read or a conflict that of the version it saw), that a compare-and-set stands right behind the version it
/// named, and that no operation that began after another one had ended stands before it (N. Lynch, Distributed Algorithms, lemma 13.16).
/// </summary>
internal static class KeyCheck
{
    public static void Check(IReadOnlyList<KeyChange> changes, IReadOnlyList<KeyOperation> operations)
    {
        var chains = changes.Where(change => change.Kind != ChangeKind.UpdateBefore).GroupBy(change => change.Key).ToDictionary(group => group.Key, group => new KeyChain(group));
        CheckSent(changes, operations);
        foreach (var group in operations.GroupBy(operation => operation.Key))
            CheckKey(chains.GetValueOrDefault(group.Key) ?? new KeyChain([]), [.. group]);
    }

    private static void CheckSent(IReadOnlyList<KeyChange> changes, IReadOnlyList<KeyOperation> operations)
    {
        var sent = operations.Where(operation => operation.Value != 0).ToDictionary(operation => operation.Value);
        var found = new HashSet<long>();
        foreach (var change in changes.Where(change => change.Kind is ChangeKind.Insert or ChangeKind.UpdateAfter))
        {
            if (!sent.TryGetValue(change.Value, out var operation) || operation.Key != change.Key)
                throw new CheckFailedException($"The changelog has {change}, which nobody wrote.");
            if (!found.Add(change.Value))
                throw new CheckFailedException($"The changelog has {change} a second time: {operation}.");
            if (operation.Outcome is KeyOutcome.Conflict or KeyOutcome.Refused)
                throw new CheckFailedException($"The changelog has {change}, but its writer was told that it is not: {operation}.");
        }
    }

    private static void CheckKey(KeyChain chain, List<KeyOperation> operations)
    {
        // Of all that ended before an operation began, the latest place in the chain: ended operations in order of their end.
        var ended = operations.Where(operation => operation.CompletedAt is not null).OrderBy(operation => operation.CompletedAt).ToList();
        var next = 0;
        var floor = KeyOperation.Absent;
        KeyOperation? holder = null;
        foreach (var operation in operations.OrderBy(operation => operation.InvokedAt))
        {
            for (; next < ended.Count && ended[next].CompletedAt < operation.InvokedAt; next++)
            {
                if (PlaceOf(chain, ended[next]) is not { } place || place <= floor)
                    continue;
                floor = place;
                holder = ended[next];
            }

            if (operation.Outcome is KeyOutcome.Unknown or KeyOutcome.Refused)
                continue;
            if (operation.Kind == KeyOperationKind.Lookup && !operation.AsLeader)
            {
                // A follower's answer is a prefix, not the present.
                PlaceOf(chain, operation);
                continue;
            }

            var own = LatestPlaceOf(chain, operation);
            if (own < floor || (operation.IsWrite && operation.Outcome == KeyOutcome.Done && own == floor))
                throw new CheckFailedException($"Not linearizable: {operation} stands at {own} in its key's chain, behind it stands, at {floor}, what ended before it began: {holder}.");
        }
    }

    /// <summary>The earliest place an operation can have; null where it says nothing. Throws where it can have none.</summary>
    private static long? PlaceOf(KeyChain chain, KeyOperation operation)
    {
        if (operation.Outcome is KeyOutcome.Unknown or KeyOutcome.Refused)
            return null;
        if (operation.Outcome == KeyOutcome.Conflict)
        {
            if (operation.Version == operation.Expected)
                throw new CheckFailedException($"A conflict with the version that was expected: {operation}.");
            return operation.Version == KeyOperation.Absent ? null : chain.RequireVersion(operation);
        }

        if (operation.IsWrite)
            return chain.RequireWrite(operation);
        var place = chain.RequireState(operation);
        return operation.AsLeader ? place : null;
    }

    /// <summary>The latest place an operation can have: a lookup's is right below the offset that it says it has seen everything of.</summary>
    private static long LatestPlaceOf(KeyChain chain, KeyOperation operation)
    {
        if (operation.Outcome == KeyOutcome.Conflict && operation.Version == KeyOperation.Absent)
            return chain.LastAbsence(operation);
        var earliest = PlaceOf(chain, operation)!.Value;
        return operation.IsWrite ? earliest : Math.Max(earliest, operation.AppliedOffset - 1);
    }
}
