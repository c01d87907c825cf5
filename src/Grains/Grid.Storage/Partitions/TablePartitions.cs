using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Grid.Abstractions;

namespace Grid.Storage.Partitions;

/// <summary>The partitions of a table at one moment. Immutable.</summary>
public sealed class TablePartitions
{
    private readonly Dictionary<string, PartitionInfo> _byValues;
    private readonly HashSet<PartitionId> _ids;

    internal TablePartitions(long change, long nextId, ImmutableArray<PartitionInfo> partitions, ImmutableArray<PartitionInfo> dropping)
    {
        Change = change;
        NextId = nextId;
        Partitions = partitions;
        Dropping = dropping;
        _byValues = partitions.ToDictionary(partition => KeyOf(partition.Values), StringComparer.Ordinal);
        _ids = partitions.Select(partition => partition.Id).ToHashSet();
    }

    /// <summary>How often the partitions were changed: of two states the one with more is newer.</summary>
    public long Change { get; }

    /// <summary>The next id to be given; lower ones were.</summary>
    public long NextId { get; }

    /// <summary>The partitions that there are, by id.</summary>
    public ImmutableArray<PartitionInfo> Partitions { get; }

    /// <summary>Partitions that are dropped, of whose files there may still be some.</summary>
    public ImmutableArray<PartitionInfo> Dropping { get; }

    /// <summary>The partition of those values in their one text form; null: there is none.</summary>
    public PartitionInfo? Find(ImmutableArray<string> values) => _byValues.GetValueOrDefault(KeyOf(values));

    /// <summary>Whether there is a partition of that id.</summary>
    public bool Has(PartitionId id) => _ids.Contains(id);

    /// <summary>Whether a partition of that id was made and is dropped.</summary>
    public bool IsGone(PartitionId id) => id.Value >= 1 && id.Value < NextId && !Has(id);

    internal TablePartitions With(PartitionInfo added) => new(Change + 1, Math.Max(NextId, added.Id.Value + 1), Partitions.Add(added), Dropping);

    internal TablePartitions WithDropped(PartitionInfo dropped) => new(Change + 1, NextId, Partitions.Remove(dropped), Dropping.Add(dropped));

    internal TablePartitions WithFinished(PartitionInfo dropped) => new(Change + 1, NextId, Partitions, Dropping.Remove(dropped));

    // A length before each value: whatever stands in them, two lists of values never read alike.
    internal static string KeyOf(ImmutableArray<string> values)
    {
        if (values.Length == 1)
            return values[0];
        var key = new StringBuilder();
        foreach (var value in values)
            key.Append(CultureInfo.InvariantCulture, $"{value.Length}:{value}");
        return key.ToString();
    }
}
