using System.Net.Sockets;
using System.Security.Authentication;
using Grid.Abstractions;
using Grid.Client.Connecting;
using Grid.Client.Retrying;
using Grid.Client.Tables;
using Orleans.Runtime;

namespace Grid.Client.Reading;

/// <summary>
/// A range of a bucket's log that comes over the node's data port. Whatever fails is no failure of the read: the stream says that it is over, and its reader goes
/// on with fetches from the last offset that it got.
/// </summary>
internal sealed class LogStream : IAsyncDisposable
{
    private readonly DataPortReader _reader;
    private readonly LogOffset _stop;
    private LogOffset _position;

    private LogStream(DataPortReader reader, LogOffset start, LogOffset stop)
    {
        _reader = reader;
        _position = start;
        _stop = stop;
    }

    /// <summary>Asks the bucket for a ticket and calls the port; null: there is none, or it cannot be reached.</summary>
    public static async Task<LogStream?> TryOpenAsync(TableHandle table, int bucket, FetchRequest request, LogOffset stop, CancellationToken cancellationToken)
    {
        var connection = table.Connection;
        StreamTicket? ticket = null;
        try
        {
            ticket = await connection.Loss.AnswerAsync(
                () => table.Bucket(bucket).OpenStreamAsync(new StreamRequest { Fetch = request, Stop = stop }, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (ticket is null || !connection.Routes.IsWorthTrying(ticket))
                return null;
            var reader = await DataPortClient.ConnectAsync(ticket, connection.DataPort, connection.Time, cancellationToken).ConfigureAwait(false);
            return new LogStream(reader, request.Offset, stop);
        }
        catch (Exception failure) when (IsOfTheStream(failure) || failure is OrleansException or TimeoutException)
        {
            if (ticket is not null)
                connection.Routes.Failed(ticket);
            return null;
        }
    }

    /// <summary>The next frames, as a fetch would answer them; null: the stream is over, whether at its end or before.</summary>
    public async Task<FetchAnswer?> TryNextAsync(LogOffset position, CancellationToken cancellationToken)
    {
        if (position != _position)
            return null; // its reader was placed elsewhere
        try
        {
            var length = await _reader.NextAsync(cancellationToken).ConfigureAwait(false);
            if (length < 0)
                return _position < _stop ? new FetchAnswer { NextOffset = _position = _stop } : null;
            var frames = await TakeAsync(length, cancellationToken).ConfigureAwait(false);
            return new FetchAnswer { Frames = frames, NextOffset = _position };
        }
        catch (Exception failure) when (IsOfTheStream(failure))
        {
            return null;
        }
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    /// <summary>The packet's frames, or the one frame that it and the next ones are pieces of; the position moves behind them.</summary>
    private async Task<FrameBlock> TakeAsync(int length, CancellationToken cancellationToken)
    {
        var block = FrameBlock.Rent(length);
        try
        {
            await _reader.ReadAsync(block.WritableMemory, cancellationToken).ConfigureAwait(false);
            var frameLength = HeaderAt(block.Span, 0).FrameLength;
            if (frameLength > length)
            {
                using var piece = block;
                block = FrameBlock.Rent(frameLength); // its limit is checked with the header
                piece.Span.CopyTo(block.WritableMemory.Span);
                await FillAsync(block.WritableMemory[length..], cancellationToken).ConfigureAwait(false);
            }

            _position = EndOf(block.Span);
            return block;
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    private async Task FillAsync(Memory<byte> rest, CancellationToken cancellationToken)
    {
        while (rest.Length > 0)
        {
            var length = await _reader.NextAsync(cancellationToken).ConfigureAwait(false);
            if (length < 0 || length > rest.Length)
                throw new GridException(GridErrorCode.Corrupt, $"A frame on a data port lacks {rest.Length} bytes and {length} follow. Open the stream again.");
            await _reader.ReadAsync(rest[..length], cancellationToken).ConfigureAwait(false);
            rest = rest[length..];
        }
    }

    private LogOffset EndOf(ReadOnlySpan<byte> frames)
    {
        var end = _position;
        for (var at = 0; at < frames.Length;)
        {
            var header = HeaderAt(frames, at);
            if (header.EndOffset <= end)
                throw new GridException(GridErrorCode.Corrupt, $"A frame on a data port ends at offset {header.EndOffset}, behind one that ends at {end}. Open the stream again.");
            end = header.EndOffset;
            at += header.FrameLength;
            if (at > frames.Length)
                throw new GridException(GridErrorCode.Corrupt, $"A frame on a data port ends {at - frames.Length} bytes behind its packet. Open the stream again.");
        }

        return end;
    }

    private static FrameHeader HeaderAt(ReadOnlySpan<byte> frames, int at)
    {
        var error = FrameHeader.TryRead(frames[at..], out var header);
        return error == FrameHeaderError.None
            ? header
            : throw new GridException(GridErrorCode.Corrupt, $"The bytes at {at} of a packet on a data port are no frame ({error}). Open the stream again.");
    }

    private static bool IsOfTheStream(Exception failure) =>
        failure is IOException or SocketException or AuthenticationException or ObjectDisposedException or GridException || (Retry.IsTransient(failure) && failure is not OperationCanceledException);
}
