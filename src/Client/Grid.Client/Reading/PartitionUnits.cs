using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>The buckets that a read goes over: of a partitioned table those of the partitions that the filter may match, and, for as long as somebody wants to know, those of partitions that come later.</summary>
internal sealed class PartitionUnits(TableHandle table, ReadPlan plan, IReadOnlyList<int> numbers)
{
    private readonly HashSet<PartitionId> _seen = [];
    private readonly PartitionFilter _filter = new(plan.Schema, plan.Filter);

    /// <summary>The buckets of now. To be called once, before <see cref="FollowAsync"/>.</summary>
    public async Task<IReadOnlyList<BucketUnit>> ListAsync(CancellationToken cancellationToken) =>
        table.IsPartitioned ? await ListNewAsync(cancellationToken).ConfigureAwait(false) : UnitsOf(table);

    /// <summary>The buckets of partitions that were not there before, as they are found, without end.</summary>
    public async IAsyncEnumerable<BucketUnit> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (table.IsPartitioned)
        {
            await Task.Delay(table.Connection.Options.PartitionLook, table.Connection.Time, cancellationToken).ConfigureAwait(false);
            foreach (var unit in await ListNewAsync(cancellationToken).ConfigureAwait(false))
                yield return unit;
        }
    }

    private async Task<IReadOnlyList<BucketUnit>> ListNewAsync(CancellationToken cancellationToken)
    {
        var units = new List<BucketUnit>();
        foreach (var (partition, handle) in await table.Partitions.ListAsync(cancellationToken).ConfigureAwait(false))
            if (_seen.Add(partition.Id) && _filter.MayMatch(partition))
                units.AddRange(UnitsOf(handle));
        return units;
    }

    private BucketUnit[] UnitsOf(TableHandle handle) => [.. numbers.Select(number => new BucketUnit(handle, number))];
}
