using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.DataPort;

/// <summary>
/// A range of a log: the frames that fetches would answer, end to end. A packet has whole frames; only a frame that is larger than a packet is spread, over packets
/// that have nothing else.
/// </summary>
internal sealed class LogRangeSource(LogFetcher fetcher, FetchShape shape, LogOffset from, LogOffset stop) : IDataSource
{
    /// <summary>A packet is sent once it has this much: more in one brings nothing.</summary>
    private const int PacketBytesWanted = 256 * 1024;

    /// <summary>After this many pieces of selective reading, each of up to 8 MiB of the file, a packet goes out whatever is in it: its reader is to see that the server is at work.</summary>
    private const int PiecesMax = 8;

    public Task WriteAsync(DataPortOutput output, CancellationToken cancellationToken) =>
        shape.TakesAll ? WriteWholeAsync(output, cancellationToken) : WriteSomeAsync(output, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task WriteWholeAsync(DataPortOutput output, CancellationToken cancellationToken)
    {
        for (var next = from; next < stop;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = await fetcher.ReadIntoAsync(next, stop, output.Buffer, cancellationToken).ConfigureAwait(false);
            if (part.Length > 0)
            {
                await output.SendAsync(part.Length).ConfigureAwait(false);
                next = part.Next;
                continue;
            }

            // A frame that does not fit, or rows that the log's files do not have.
            var (block, end) = await fetcher.ReadAsync(shape, next, stop, cancellationToken).ConfigureAwait(false);
            if (block is not null)
                using (block)
                    await output.SendAsync(block.Memory).ConfigureAwait(false);
            next = end;
        }
    }

    private async Task WriteSomeAsync(DataPortOutput output, CancellationToken cancellationToken)
    {
        var (filled, pieces) = (0, 0);
        for (var next = from; next < stop; pieces++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (filled >= PacketBytesWanted || pieces == PiecesMax)
            {
                await output.SendAsync(filled).ConfigureAwait(false);
                (filled, pieces) = (0, 0);
            }

            var (block, end) = await fetcher.ReadAsync(shape, next, stop, cancellationToken).ConfigureAwait(false);
            next = end;
            if (block is null)
                continue;
            using (block)
            {
                if (block.Length > DataPortOutput.BufferBytes - filled)
                {
                    await output.SendAsync(filled).ConfigureAwait(false);
                    filled = 0;
                }

                if (block.Length > DataPortOutput.BufferBytes)
                {
                    await output.SendAsync(block.Memory).ConfigureAwait(false);
                    continue;
                }

                block.Memory.CopyTo(output.Buffer[filled..]);
                filled += block.Length;
            }
        }

        if (filled > 0)
            await output.SendAsync(filled).ConfigureAwait(false);
    }
}
