using System.Globalization;
using Grid.Simulation.Checks;
using Grid.Storage.Lake.Commit;

namespace Grid.Simulation.Lake;

/// <summary>The metadata files of one lake table: a line of versions, each created where its name is free, on top of the one before it.</summary>
internal sealed class SimLakeTable
{
    private readonly List<LakeHead> _versions = [new LakeHead(1, LakeOffsets.None)];
    private readonly Dictionary<long, int> _applied = [];

    /// <summary>The newest version.</summary>
    public LakeHead Head => _versions[^1];

    /// <summary>What is under a number.</summary>
    public CreatedVersion Find(int version, long snapshot) =>
        version > _versions.Count ? CreatedVersion.Missing : _applied.GetValueOrDefault(snapshot) == version ? CreatedVersion.Ours : CreatedVersion.Foreign;

    /// <summary>Whether a version brought a change into the table.</summary>
    public bool IsApplied(long snapshot) => _applied.ContainsKey(snapshot);

    /// <summary>Creates a version; false where there is one of that number.</summary>
    public bool TryCreate(LakeHead version, LakeHead builtOn, long snapshot, LakeChangeRange change)
    {
        if (version.Version <= _versions.Count)
            return false;
        Require(version.Version == _versions.Count + 1, $"version {version.Version} was created after {_versions.Count}");
        Require(ReferenceEquals(builtOn, Head), $"version {version.Version} was not built on the version before it");
        foreach (var (bucket, from, to) in change.Ranges)
            Require(Head.Offsets[bucket].Value == from && to >= from, $"bucket {bucket.Number} is at {Head.Offsets[bucket]}, and {from}..{to} was added");
        Require(_applied.TryAdd(snapshot, version.Version), $"snapshot {snapshot} came in twice");
        _versions.Add(version);
        return true;
    }

    private static void Require(bool holds, FormattableString what)
    {
        if (!holds)
            throw new CheckFailedException(what.ToString(CultureInfo.InvariantCulture));
    }
}
