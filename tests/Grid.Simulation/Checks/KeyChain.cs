using Grid.Abstractions;
using Grid.Simulation.History;

namespace Grid.Simulation.Checks;

/// <summary>The states that one key went through. A state's place is the offset of the change that made it; before the first there is the absence at -1.</summary>
internal sealed class KeyChain(IEnumerable<KeyChange> changes)
{
    private readonly List<KeyChange> _changes = [.. changes];

    /// <summary>The place of a write that was acknowledged.</summary>
    public long RequireWrite(KeyOperation operation)
    {
        var index = _changes.FindIndex(change => change.Offset >= operation.BaseOffset && change.Offset < operation.EndOffset);
        if (index < 0)
        {
            // A delete of what is absent changes nothing; its frame takes an offset all the same.
            if (operation.Kind == KeyOperationKind.Delete && !Exists(operation.BaseOffset))
                return operation.BaseOffset;
            throw new CheckFailedException($"Lost: the changelog has nothing there for {operation}.");
        }

        var change = _changes[index];
        if (operation.Kind == KeyOperationKind.Delete ? change.Kind != ChangeKind.Delete : change.Kind == ChangeKind.Delete || change.Value != operation.Value)
            throw new CheckFailedException($"The changelog has {change} there for {operation}.");
        if (operation.Kind == KeyOperationKind.CompareAndSet && VersionBefore(index) != operation.Expected)
            throw new CheckFailedException($"A compare-and-set replaced version {VersionBefore(index)}: {operation}.");
        return change.Offset;
    }

    /// <summary>The place of a version that somebody was shown.</summary>
    public long RequireVersion(KeyOperation operation) =>
        _changes.Any(change => change.Offset == operation.Version && change.Kind != ChangeKind.Delete)
            ? operation.Version
            : throw new CheckFailedException($"The version that was shown is not in the changelog: {operation}.");

    /// <summary>The place of the state that a lookup must have seen at its applied offset.</summary>
    public long RequireState(KeyOperation operation)
    {
        var index = _changes.FindLastIndex(change => change.Offset < operation.AppliedOffset);
        var exists = index >= 0 && _changes[index].Kind != ChangeKind.Delete;
        var (version, value) = exists ? (_changes[index].Offset, _changes[index].Value) : (KeyOperation.Absent, 0);
        return version == operation.Version && value == operation.Seen
            ? index < 0 ? KeyOperation.Absent : _changes[index].Offset
            : throw new CheckFailedException($"At that applied offset the row has version {version} and value {value}: {operation}.");
    }

    /// <summary>The place of the last absence.</summary>
    public long LastAbsence(KeyOperation operation)
    {
        if (_changes.Count == 0)
            return long.MaxValue;
        var index = _changes.FindLastIndex(static change => change.Kind == ChangeKind.Delete);
        if (index < 0)
            return _changes[0].Offset - 1;
        return index == _changes.Count - 1 ? long.MaxValue : _changes[index + 1].Offset - 1;
    }

    private bool Exists(long offset)
    {
        var index = _changes.FindLastIndex(change => change.Offset < offset);
        return index >= 0 && _changes[index].Kind != ChangeKind.Delete;
    }

    private long VersionBefore(int index) => index == 0 || _changes[index - 1].Kind == ChangeKind.Delete ? KeyOperation.Absent : _changes[index - 1].Offset;
}
