using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage.Nodes;
using Grid.Storage.Objects;
using Grid.Storage.Replication;

namespace Grid.Grains.Cluster;

/// <summary>
/// Reads what the administration decides by. Records are kept with their tags, and read again only where the tag has changed; everything else is asked for each time. Used by one grain.
/// </summary>
internal sealed class ClusterReader(BucketRecordStore records, DrainMarks marks, INodeDirectory nodes, IGrainFactory grains)
{
    private const int CallsAtOnce = 32;
    private Dictionary<BucketId, VersionedRecord> _known = [];

    /// <summary>All buckets with their records, in the order of their ids.</summary>
    public async Task<List<(BucketId Bucket, VersionedRecord Record)>> ReadRecordsAsync(TableId? table)
    {
        var listed = new List<(BucketId Bucket, ObjectTag Tag)>();
        await foreach (var entry in records.ListTagsAsync(table, CancellationToken.None))
            listed.Add(entry);
        var read = new Dictionary<BucketId, VersionedRecord>(listed.Count);
        var missing = new List<BucketId>();
        foreach (var (bucket, tag) in listed)
        {
            if (_known.TryGetValue(bucket, out var record) && record.Tag == tag)
                read[bucket] = record;
            else
                missing.Add(bucket);
        }

        foreach (var some in missing.Chunk(CallsAtOnce))
            foreach (var (bucket, record) in await Task.WhenAll(some.Select(async bucket => (bucket, await records.ReadAsync(bucket, CancellationToken.None)))))
                if (record is not null)
                    read[bucket] = record;
        if (table is null)
            _known = read;
        return [.. read.OrderBy(pair => pair.Key.Table.Value).ThenBy(pair => pair.Key.Partition.Value).ThenBy(pair => pair.Key.Number).Select(pair => (pair.Key, pair.Value))];
    }

    /// <summary>The nodes that are marked as draining.</summary>
    public Task<ImmutableHashSet<NodeName>> ReadMarksAsync() => marks.ListAsync(CancellationToken.None);

    /// <summary>The tables of the buckets; those that were dropped are missing.</summary>
    public async Task<Dictionary<TableId, TableInfo>> ReadTablesAsync(IEnumerable<BucketId> buckets)
    {
        var tables = new Dictionary<TableId, TableInfo>();
        foreach (var some in buckets.Select(bucket => bucket.Table).Distinct().Chunk(CallsAtOnce))
            foreach (var table in await Task.WhenAll(some.Select(TryReadAsync)))
                if (table is not null)
                    tables[table.Id] = table;
        return tables;
    }

    /// <summary>What the nodes that have the buckets say of them. A node that does not answer says nothing.</summary>
    public async Task<Dictionary<(BucketId Bucket, NodeName Node), BucketReport>> ReadReportsAsync(IReadOnlyList<(BucketId Bucket, VersionedRecord Record)> buckets)
    {
        var reports = new Dictionary<(BucketId, NodeName), BucketReport>();
        var calls = nodes.Nodes.SelectMany(node => buckets.Where(bucket => bucket.Record.Record.Replicas.Contains(node.Name)).Select(bucket => bucket.Bucket)
            .Chunk(BucketQuery.CountLimit).Select(some => (node.Name, Buckets: some.ToImmutableArray())));
        foreach (var some in calls.Chunk(CallsAtOnce))
            foreach (var (node, answer) in await Task.WhenAll(some.Select(async call => (call.Name, await TryReportAsync(call.Name, call.Buckets)))))
                foreach (var report in answer)
                    reports[(report.Bucket, node)] = report;
        return reports;
    }

    private async Task<TableInfo?> TryReadAsync(TableId table)
    {
        try
        {
            return await grains.GetGrain<ITableGrain>(table.Value).GetAsync();
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.TableDropped)
        {
            return null;
        }
    }

    private async Task<ImmutableArray<BucketReport>> TryReportAsync(NodeName node, ImmutableArray<BucketId> buckets)
    {
        try
        {
            return await grains.GetGrain<INodeGrain>("@" + node).ReportAsync(buckets);
        }
        catch (Exception failure) when (failure is GridException or OrleansException or TimeoutException)
        {
            return [];
        }
    }
}
