using System.Diagnostics;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Silo.Demo;

/// <summary>The state of all buckets of the demo's tables.</summary>
internal static class DemoBuckets
{
    private static readonly string[] Tables = [AirTables.Flights, AirTables.Airports, AirTables.Routes];
    private static readonly TimeSpan InSyncWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>Each bucket as its leader sees it.</summary>
    public static async Task<IReadOnlyList<(string Table, BucketStatus Status)>> ReadAsync(GridClient client, CancellationToken cancellationToken)
    {
        var all = new List<(string, BucketStatus)>();
        foreach (var name in Tables)
        {
            var table = await client.OpenTableAsync(name, cancellationToken).ConfigureAwait(false);
            all.AddRange((await table.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Select(status => (name, status)));
        }

        return all;
    }

    /// <summary>Waits until every bucket has its copies in sync, all with the same end; nobody writes meanwhile. Answers the number of buckets.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Timeout"/>.</exception>
    public static async Task<int> WaitUntilInSyncAsync(GridClient client, int copies, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var status = await ReadAsync(client, cancellationToken).ConfigureAwait(false);
            var late = status.Count(one => !IsWhole(one.Status, copies));
            if (late == 0)
                return status.Count;
            if (watch.Elapsed > InSyncWithin)
                throw new GridException(GridErrorCode.Timeout, $"{late} of {status.Count} buckets were not in sync again {InSyncWithin.TotalSeconds:0} s after the last write; the machine may be too busy for the demo.");
            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsWhole(BucketStatus bucket, int copies) =>
        bucket.Replicas.Length == copies && bucket.HighWatermark == bucket.LogEndOffset && bucket.Replicas.All(replica => replica.IsInSync && replica.EndOffset == bucket.LogEndOffset);
}
