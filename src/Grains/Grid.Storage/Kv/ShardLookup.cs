using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// Looks a block of keys up: batched reads of growing size, then one frame straight from the pinned values. An answer is bounded in bytes, so it
/// may be for a prefix of the keys. <see cref="Run"/> blocks and runs on a pool thread; <see cref="TryRunCached"/> reads no file and may run on a grain's turn.
/// </summary>
internal static unsafe class ShardLookup
{
    /// <summary>Keys that are looked up on the caller's thread where no file is needed: some tens of microseconds at most.</summary>
    private const int CachedKeysMax = 16;

    private const int FirstBatch = 64;
    private const int BatchMax = 1024;

    /// <summary>Rows of which few columns are wanted may pin more than an answer has, up to this.</summary>
    private const long PinnedBytesMax = 4L * 1024 * 1024;

    /// <summary>Answers the keys of a block that the caller retains.</summary>
    public static LookupAnswer Run(RocksStore store, LogOffset applied, RowAnswers answers, ReadOnlyMemory<byte> block, AnswerShape shape)
    {
        var keys = new KeyBlock(block);
        var count = keys.Count;
        if (count is < 1 or > GridLimits.LookupKeysMax)
            throw new GridException(GridErrorCode.InvalidArgument, $"A lookup has {count} keys; 1 to {GridLimits.LookupKeysMax} are allowed.");
        var slices = ArrayPool<RocksSlice>.Shared.Rent(count);
        var rows = ArrayPool<RowRef>.Shared.Rent(count);
        var indexes = ArrayPool<int>.Shared.Rent(count);
        var pinned = new List<RocksValues>();
        using var pin = block.Pin();
        try
        {
            for (var i = 0; i < count; i++)
                slices[i] = Slice(keys[i]);
            var found = 0;
            var read = Read(store, slices.AsSpan(0, count), shape.Columns.IsDefault ? GridLimits.CallBytesMax : PinnedBytesMax, pinned, rows, indexes, ref found);
            return Answer(applied, answers, shape, read, rows.AsSpan(0, found), indexes.AsSpan(0, found));
        }
        finally
        {
            foreach (var values in pinned)
                values.Dispose();
            ArrayPool<RocksSlice>.Shared.Return(slices);
            ArrayPool<RowRef>.Shared.Return(rows);
            ArrayPool<int>.Shared.Return(indexes);
        }
    }

    /// <summary>Answers a few keys from memtables and block cache; null where there are more keys, a file is needed, or anything is wrong: <see cref="Run"/> says what.</summary>
    public static LookupAnswer? TryRunCached(RocksStore store, LogOffset applied, RowAnswers answers, ReadOnlyMemory<byte> block, AnswerShape shape)
    {
        var keys = new KeyBlock(block);
        if (keys.Count is < 1 or > CachedKeysMax)
            return null;
        return keys.Count == 1 ? TryRunOne(store, applied, answers, keys[0], shape) : TryRunFew(store, applied, answers, block, shape);
    }

    private static LookupAnswer? TryRunOne(RocksStore store, LogOffset applied, RowAnswers answers, ReadOnlySpan<byte> key, AnswerShape shape)
    {
        if (key.IsEmpty)
            return null;
        using var value = store.GetCached(key);
        return value.Outcome switch
        {
            RocksOutcome.NotCached => null,
            RocksOutcome.Found => Answer(applied, answers, shape, read: 1, [new RowRef(value.Value)], [0]),
            _ => Answer(applied, answers, shape, read: 1, [], []),
        };
    }

    private static LookupAnswer? TryRunFew(RocksStore store, LogOffset applied, RowAnswers answers, ReadOnlyMemory<byte> block, AnswerShape shape)
    {
        var keys = new KeyBlock(block);
        var slices = stackalloc RocksSlice[CachedKeysMax];
        Span<RowRef> rows = stackalloc RowRef[CachedKeysMax];
        Span<int> indexes = stackalloc int[CachedKeysMax];
        using var pin = block.Pin();
        for (var i = 0; i < keys.Count; i++)
            slices[i] = Slice(keys[i]);
        using var values = store.MultiGet(slices, keys.Count, cachedOnly: true);
        var found = 0;
        for (var i = 0; i < keys.Count; i++)
        {
            switch (values.Get(i, out var value))
            {
                case RocksOutcome.NotCached:
                    return null;
                case RocksOutcome.Found:
                    rows[found] = new RowRef(value);
                    indexes[found++] = i;
                    break;
            }
        }

        return Answer(applied, answers, shape, keys.Count, rows[..found], indexes[..found]);
    }

    private static RocksSlice Slice(ReadOnlySpan<byte> key)
    {
        // The empty key is the shard's own record.
        if (key.IsEmpty)
            throw new GridException(GridErrorCode.InvalidKey, "A key of a lookup is empty; send the encoded values of all key columns.");
        return new RocksSlice((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(key)), key.Length);
    }

    /// <summary>Reads batches until all keys are read or enough bytes are pinned; answers how many keys were read.</summary>
    private static int Read(RocksStore store, Span<RocksSlice> keys, long bytesMax, List<RocksValues> pinned, RowRef[] rows, int[] indexes, ref int found)
    {
        var bytes = 0L;
        var next = 0;
        var batch = FirstBatch;
        fixed (RocksSlice* pointer = keys)
        {
            while (next < keys.Length && bytes < bytesMax)
            {
                var size = Math.Min(batch, keys.Length - next);
                var values = store.MultiGet(pointer + next, size);
                pinned.Add(values);
                for (var i = 0; i < size; i++)
                {
                    var value = values[i];
                    if (value.Pointer == null)
                        continue;
                    rows[found] = new RowRef(value);
                    indexes[found++] = next + i;
                    bytes += (long)value.Length;
                }

                next += size;

                // Small rows: larger batches. Large ones: no more than the answer can take.
                batch = bytes * BatchMax <= bytesMax * next ? BatchMax : Math.Clamp((int)((bytesMax - bytes) * next / Math.Max(bytes, 1)), 1, BatchMax);
            }
        }

        return next;
    }

    private static LookupAnswer Answer(LogOffset applied, RowAnswers answers, AnswerShape shape, int read, Span<RowRef> rows, ReadOnlySpan<int> indexes)
    {
        FrameBlock? block = null;
        if (rows.Length > 0)
        {
            block = answers.Build(rows, shape, out var taken);
            if (taken < rows.Length)
                read = indexes[taken];
            indexes = indexes[..taken];
        }

        var bits = new byte[(read + 7) / 8];
        foreach (var index in indexes)
            bits[index >> 3] |= (byte)(1 << (index & 7));
        return new LookupAnswer
        {
            Answered = read,
            Found = ImmutableCollectionsMarshal.AsImmutableArray(bits),
            Rows = block?.ForAnswer(),
            AppliedOffset = applied,
        };
    }
}
