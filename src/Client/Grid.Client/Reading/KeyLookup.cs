using System.Buffers;
using System.Collections.Concurrent;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Partitions;
using Grid.Client.Tables;
using Grid.Client.Writing;

namespace Grid.Client.Reading;

/// <summary>Lookups by encoded key with one plan: single ones through the queues, many at once straight to the buckets. A key whose partition does not exist finds nothing.</summary>
internal sealed class KeyLookup<TRow>
{
    /// <summary>A partition that is dropped and made again while it is asked is asked again, so often at most.</summary>
    private const int RepeatsMax = 5;

    private readonly TableHandle _table;
    private readonly KeyLayout _layout;
    private readonly Func<TableHandle, LookupLane<TRow>> _open;
    private readonly LookupLane<TRow>? _whole;
    private readonly ConcurrentDictionary<PartitionId, LookupLane<TRow>> _lanes = new();

    public KeyLookup(TableHandle table, LookupPlan plan, ReadPreference preference, Func<RecordBatch, TRow[]> materialize)
    {
        _table = table;
        Plan = plan;
        _layout = new KeyLayout(plan.Schema, table.Buckets);
        _open = part => new LookupLane<TRow>(part, plan, preference, materialize);
        _whole = table.IsPartitioned ? null : _open(table);
    }

    public LookupPlan Plan { get; }

    /// <summary>One key, values in key order.</summary>
    public Task<TRow?> LookupAsync(object?[] key, ReadFloor floor, CancellationToken cancellationToken)
    {
        if (key.Length != Plan.Schema.PrimaryKey.Length)
            throw new GridException(GridErrorCode.InvalidKey, $"The key of {_table.Info.Path} has {Plan.Schema.PrimaryKey.Length} columns and {key.Length} values were given.");
        var writer = new ArrayBufferWriter<byte>(32);
        Plan.KeyEncoder.Encode(key, writer);
        var bucket = _layout.BucketOf(key);
        return _whole is not null
            ? _whole.Queues[bucket].LookupAsync(writer.WrittenSpan.ToArray(), floor[bucket], cancellationToken)
            : LookupAsync(_layout.PartitionOf(key)!, bucket, writer.WrittenSpan.ToArray(), floor, cancellationToken);
    }

    /// <summary>Many keys, in parallel over the buckets.</summary>
    /// <param name="keys">The key columns.</param>
    /// <param name="indexes">Where each key column stands in <paramref name="keys"/>.</param>
    /// <param name="floor">What the answers must reflect.</param>
    /// <param name="onFound">Called with rows found, which are valid during the call, and for each the number of its key. Calls do not overlap.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LookupAsync(RecordBatch keys, int[] indexes, ReadFloor floor, Action<RecordBatch, int[]> onFound, CancellationToken cancellationToken)
    {
        if (keys.Length == 0)
            return;
        using var encoded = Plan.KeyEncoder.Encode(keys, indexes);
        var buckets = new int[keys.Length];
        _layout.Buckets(keys, indexes, buckets);
        var found = new Lock();
        if (_whole is not null)
        {
            await Task.WhenAll(Parts(_whole, buckets, rows: null, floor).Select(part => LookupAsync(part, encoded, found, onFound, cancellationToken))).ConfigureAwait(false);
            return;
        }

        using var partitionKeys = _layout.Partitions(keys, indexes);
        using var partitions = new PartitionRows(partitionKeys);
        using var scatter = new RowScatter(partitions.Ordinals, partitions.Keys.Count);
        var calls = new List<Task>();
        for (var i = 0; i < partitions.Keys.Count; i++)
        {
            var (key, rows) = (partitions.Keys[i], scatter[i].ToArray());
            calls.Add(InLaneAsync(key, lane => AllAsync(Parts(lane, buckets, rows, floor).Select(part => LookupAsync(part, encoded, found, onFound, cancellationToken))), cancellationToken));
        }

        await Task.WhenAll(calls).ConfigureAwait(false);

        static async Task<bool> AllAsync(IEnumerable<Task> calls)
        {
            await Task.WhenAll(calls).ConfigureAwait(false);
            return true;
        }
    }

    private Task<TRow?> LookupAsync(byte[] partition, int bucket, byte[] key, ReadFloor floor, CancellationToken cancellationToken) =>
        InLaneAsync(partition, lane => lane.Queues[bucket].LookupAsync(key, floor[lane.Table.Partition, bucket], cancellationToken), cancellationToken);

    /// <summary>Asks a partition; the default where there is none.</summary>
    private async Task<TAnswer?> InLaneAsync<TAnswer>(byte[] partition, Func<LookupLane<TRow>, Task<TAnswer?>> ask, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            if ((_table.Partitions.Find(partition) ?? await _table.Partitions.FindAsync(partition, cancellationToken).ConfigureAwait(false)) is not { } part)
                return default;
            try
            {
                return await ask(_lanes.GetOrAdd(part.Partition, static (_, open) => open.Open(open.Part), (Open: _open, Part: part))).ConfigureAwait(false);
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.PartitionDropped && attempt < RepeatsMax)
            {
                // There may be one of the same values by now.
                part.Forget();
                _lanes.TryRemove(part.Partition, out _);
            }
        }
    }

    private static List<Part> Parts(LookupLane<TRow> lane, int[] buckets, int[]? rows, ReadFloor floor)
    {
        var own = rows is null ? buckets : System.Array.ConvertAll(rows, row => buckets[row]);
        using var scatter = new RowScatter(own, lane.Queues.Length);
        var parts = new List<Part>();
        for (var bucket = 0; bucket < lane.Queues.Length; bucket++)
        {
            if (scatter[bucket].Length == 0)
                continue;
            var numbers = scatter[bucket].ToArray();
            parts.Add(new Part(lane.Call, bucket, rows is null ? numbers : System.Array.ConvertAll(numbers, number => rows[number]), floor[lane.Table.Partition, bucket]));
        }

        return parts;
    }

    private async Task LookupAsync(Part part, EncodedKeys encoded, Lock found, Action<RecordBatch, int[]> onFound, CancellationToken cancellationToken)
    {
        var rows = part.Rows;
        for (var done = 0; done < rows.Length;)
        {
            var count = CountThatFit(encoded, rows, done);
            using var block = KeyBlock.Build(encoded, rows.AsSpan(done, count));
            var answer = await part.Call.SendAsync(part.Bucket, Plan.Request(block, part.Floor), cancellationToken).ConfigureAwait(false);
            using var memory = answer.Rows;
            using var batch = Plan.Decode(answer, count);
            if (batch is not null)
            {
                var keys = new int[batch.Length];
                for (int i = 0, row = 0; i < answer.Answered; i++)
                    if (LookupPlan.IsFound(answer, i))
                        keys[row++] = rows[done + i];
                lock (found)
                    onFound(batch, keys);
            }

            done += answer.Answered;
        }
    }

    private static int CountThatFit(EncodedKeys keys, int[] rows, int start)
    {
        var bytes = 0;
        var count = 0;
        while (start + count < rows.Length && count < GridLimits.LookupKeysMax)
        {
            bytes += keys[rows[start + count]].Length;
            if (KeyBlock.Length(count + 1, bytes) > GridLimits.CallBytesMax)
                break;
            count++;
        }

        return count;
    }

    /// <summary>The keys of one bucket, by their numbers.</summary>
    private readonly record struct Part(LookupCall Call, int Bucket, int[] Rows, LogOffset Floor);
}
