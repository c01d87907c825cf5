using System.Buffers;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tables;
using Grid.Client.Writing;

namespace Grid.Client.Reading;

/// <summary>Lookups by encoded key with one plan: single ones through the queues, many at once straight to the buckets.</summary>
internal sealed class KeyLookup<TRow>
{
    private readonly TableHandle _table;
    private readonly BucketFunction _function;
    private readonly LookupQueue<TRow>[] _queues;
    private readonly LookupCall _call;

    public KeyLookup(TableHandle table, LookupPlan plan, ReadPreference preference, Func<RecordBatch, TRow[]> materialize)
    {
        _table = table;
        _call = new LookupCall(table, preference);
        Plan = plan;
        _function = new BucketFunction(plan.Schema, table.Buckets);
        _queues = new LookupQueue<TRow>[table.Buckets];
        for (var i = 0; i < _queues.Length; i++)
            _queues[i] = new LookupQueue<TRow>(i, plan, _call, materialize);
    }

    public LookupPlan Plan { get; }

    /// <summary>One key, values in key order.</summary>
    public Task<TRow?> LookupAsync(object?[] key, ReadFloor floor, CancellationToken cancellationToken)
    {
        if (key.Length != Plan.Schema.PrimaryKey.Length)
            throw new GridException(GridErrorCode.InvalidKey, $"The key of {_table.Info.Path} has {Plan.Schema.PrimaryKey.Length} columns and {key.Length} values were given.");
        var writer = new ArrayBufferWriter<byte>(32);
        Plan.KeyEncoder.Encode(key, writer);
        var bucket = _function.Bucket(key.AsSpan(0, Plan.Schema.BucketKey.Length));
        return _queues[bucket].LookupAsync(writer.WrittenSpan.ToArray(), floor[bucket], cancellationToken);
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
        _function.Buckets(keys, indexes.AsSpan(0, Plan.Schema.BucketKey.Length), buckets);
        using var scatter = new RowScatter(buckets, _queues.Length);
        var found = new Lock();
        var calls = new List<Task>();
        for (var bucket = 0; bucket < _queues.Length; bucket++)
        {
            if (scatter[bucket].Length > 0)
                calls.Add(LookupAsync(new Part(bucket, scatter[bucket].ToArray(), floor[bucket]), encoded, found, onFound, cancellationToken));
        }

        await Task.WhenAll(calls).ConfigureAwait(false);
    }

    private async Task LookupAsync(Part part, EncodedKeys encoded, Lock found, Action<RecordBatch, int[]> onFound, CancellationToken cancellationToken)
    {
        var rows = part.Rows;
        for (var done = 0; done < rows.Length;)
        {
            var count = CountThatFit(encoded, rows, done);
            using var block = KeyBlock.Build(encoded, rows.AsSpan(done, count));
            var answer = await _call.SendAsync(part.Bucket, Plan.Request(block, part.Floor), cancellationToken).ConfigureAwait(false);
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
    private readonly record struct Part(int Bucket, int[] Rows, LogOffset Floor);
}
