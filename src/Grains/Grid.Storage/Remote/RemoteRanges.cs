namespace Grid.Storage.Remote;

/// <summary>Bytes of an object that are wanted.</summary>
internal readonly record struct RemoteRange(int Position, int Length)
{
    public int End => Position + Length;
}

/// <summary>Reads ranges of an object: those with small gaps between them by one call, several calls at once.</summary>
internal static class RemoteRanges
{
    /// <summary>The bytes of each range; their order does not matter.</summary>
    public static async Task<ReadOnlyMemory<byte>[]> ReadAsync(RemoteStorage storage, string name, List<RemoteRange> ranges, CancellationToken cancellationToken)
    {
        var bytes = new ReadOnlyMemory<byte>[ranges.Count];
        int[] order = [.. Enumerable.Range(0, ranges.Count).OrderBy(i => ranges[i].Position)];
        var calls = Join(ranges, order);
        if (calls.Count == 1)
            await ReadAsync(calls[0], cancellationToken).ConfigureAwait(false);
        else
            await Parallel.ForEachAsync(calls, new ParallelOptions { MaxDegreeOfParallelism = storage.Options.ReadsAtOnce, CancellationToken = cancellationToken }, ReadAsync).ConfigureAwait(false);
        return bytes;

        async ValueTask ReadAsync((int First, int Last) call, CancellationToken token)
        {
            var start = ranges[order[call.First]].Position;
            var read = await storage.ReadAsync(name, start, ranges[order[call.Last]].End - start, token).ConfigureAwait(false);
            for (var i = call.First; i <= call.Last; i++)
                bytes[order[i]] = read.Slice(ranges[order[i]].Position - start, ranges[order[i]].Length);
        }
    }

    /// <summary>The first and the last range of each call, as places in the order.</summary>
    private static List<(int First, int Last)> Join(List<RemoteRange> ranges, int[] order)
    {
        var calls = new List<(int First, int Last)>();
        for (var i = 0; i < order.Length; i++)
        {
            var range = ranges[order[i]];
            if (i > 0 && range.Position >= ranges[order[i - 1]].End && range.Position - ranges[order[i - 1]].End <= RemoteLimits.GapBytesMax
                && range.End - ranges[order[calls[^1].First]].Position <= RemoteLimits.RangeBytesMax)
                calls[^1] = calls[^1] with { Last = i };
            else
                calls.Add((i, i));
        }

        return calls;
    }
}
