using Grid.Abstractions;
using Grid.Simulation.History;

namespace Grid.Simulation.Checks;

/// <summary>
/// A table as its changelog says it is. Every change must fit what the changes before it left: no insert of a row that is there, no update or delete of another row than the present
/// one.
/// </summary>
internal sealed class TableFold
{
    private readonly SortedDictionary<long, KeyRow> _rows = [];
    private KeyChange? _before;

    public IEnumerable<KeyRow> Rows => _rows.Values;

    public void Add(KeyChange change)
    {
        var exists = _rows.TryGetValue(change.Key, out var row);
        var fits = change.Kind switch
        {
            ChangeKind.Insert => !exists,
            ChangeKind.UpdateAfter => exists && _before is { Kind: ChangeKind.UpdateBefore } before && before.Key == change.Key,
            _ => exists && row.Value == change.Value,
        };
        if (!fits || (_before is { Kind: ChangeKind.UpdateBefore } && change.Kind != ChangeKind.UpdateAfter))
            throw new CheckFailedException($"The changelog has {change} where the row is {(exists ? row : "absent")}, after {_before}.");
        if (change.Kind == ChangeKind.Delete)
            _rows.Remove(change.Key);
        else if (change.Kind != ChangeKind.UpdateBefore)
            _rows[change.Key] = new KeyRow(change.Key, change.Value, change.Offset);
        _before = change;
    }

    /// <summary>Shard = fold(log): the rows of a shard that has applied the changes up to an offset.</summary>
    public static void Check(NodeName node, IEnumerable<KeyChange> changes, long applied, IEnumerable<KeyRow> shard)
    {
        var fold = new TableFold();
        foreach (var change in changes)
            if (change.Offset < applied)
                fold.Add(change);
        var expected = fold.Rows.ToList();
        var found = shard.OrderBy(row => row.Key).ToList();
        if (!expected.SequenceEqual(found))
            throw new CheckFailedException($"The shard of {node} at applied offset {applied} has [{string.Join("; ", found)}], the log folds to [{string.Join("; ", expected)}].");
    }
}
