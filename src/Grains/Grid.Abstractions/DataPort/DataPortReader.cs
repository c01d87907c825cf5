using System.Buffers.Binary;
using System.Text;

namespace Grid.Abstractions;

/// <summary>
/// The packets of a stream, one after another, each checked. It reads only when asked: what the reader does not take waits in the connection and
/// stops the server. Not thread safe. Disposing it closes the connection.
/// <code>
/// while (await reader.NextAsync(token) is >= 0 and var length)
///     await reader.ReadAsync(buffer[..length], token);
/// </code>
/// </summary>
public sealed class DataPortReader : IAsyncDisposable
{
    private const int Ended = -1;
    private readonly Stream _stream;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _time;
    private readonly DataPortTally _tally = new();
    private readonly byte[] _small = new byte[DataPortFormat.EndBytes];
    private int _payloadLength;
    private bool _ended;

    /// <summary>Reads packets from a stream whose hello was accepted. The reader owns the stream.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="idleTimeout">How long the server may send nothing while bytes are awaited.</param>
    /// <param name="time">The clock.</param>
    public DataPortReader(Stream stream, TimeSpan idleTimeout, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(time);
        _stream = stream;
        _idleTimeout = idleTimeout;
        _time = time;
    }

    /// <summary>Bytes of data read so far.</summary>
    public long Bytes => _tally.Bytes;

    /// <summary>Goes to the next data packet: the length of its payload, 1 byte to 1 MiB, or -1 at the stream's end, whose total was right.
    /// The payload must be taken with <see cref="ReadAsync"/> before the next one is asked for.</summary>
    /// <exception cref="GridException">The server's own failure with its code; <see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.TooLarge"/>: what it sends is damaged;
    /// <see cref="GridErrorCode.Timeout"/>: it sends nothing.</exception>
    /// <exception cref="IOException">The connection broke; <see cref="EndOfStreamException"/>: it ended before the stream did.</exception>
    public async ValueTask<int> NextAsync(CancellationToken cancellationToken)
    {
        if (_payloadLength != 0)
            throw new InvalidOperationException("The payload of the last packet was not read.");
        if (_ended)
            return Ended;
        using var limit = new IdleLimit(_idleTimeout, _time, cancellationToken);
        while (true)
        {
            var header = _small.AsMemory(0, DataPortFormat.PacketHeaderBytes);
            await FillAsync(header, limit).ConfigureAwait(false);
            var (kind, length) = DataPortFormat.ReadPacketHeader(header.Span);
            switch (kind)
            {
                case DataPacketKind.Data when length > 0:
                    return _payloadLength = length;
                case DataPacketKind.Data:
                    _tally.Add(0, await TakeAsync(kind, default, limit).ConfigureAwait(false));
                    break;
                case DataPacketKind.End:
                    var end = _small.AsMemory();
                    await TakeAsync(kind, end, limit).ConfigureAwait(false);
                    _tally.CheckEnd(end.Span);
                    _ended = true;
                    return Ended;
                default:
                    var error = new byte[length];
                    await TakeAsync(kind, error, limit).ConfigureAwait(false);
                    throw ErrorOf(error);
            }
        }
    }

    /// <summary>Reads the payload that <see cref="NextAsync"/> announced, all of it, and checks its hash: only then are its bytes to be used.</summary>
    /// <param name="target">As long as was announced.</param>
    /// <param name="cancellationToken">Gives up; the reader is of no use afterwards.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the hash; <see cref="GridErrorCode.Timeout"/>: the server sends nothing.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask ReadAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, _payloadLength);
        using var limit = new IdleLimit(_idleTimeout, _time, cancellationToken);
        var hash = await TakeAsync(DataPacketKind.Data, target, limit).ConfigureAwait(false);
        _tally.Add(target.Length, hash);
        _payloadLength = 0;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async ValueTask<ulong> TakeAsync(DataPacketKind kind, Memory<byte> payload, IdleLimit limit)
    {
        await FillAsync(payload, limit).ConfigureAwait(false);
        var hash = DataPortFormat.HashOf(kind, payload.Span);
        var hashBytes = new byte[DataPortFormat.PacketHashBytes];
        await FillAsync(hashBytes, limit).ConfigureAwait(false);
        var said = BinaryPrimitives.ReadUInt64LittleEndian(hashBytes);
        return said == hash
            ? hash
            : throw new GridException(GridErrorCode.Corrupt, $"A packet of {payload.Length} bytes behind byte {_tally.Bytes} hashes to {hash:x16}, it says {said:x16}. Open the stream again.");
    }

    /// <summary>Reads until the buffer is full; every read that brings something starts the idle time anew.</summary>
    private async ValueTask FillAsync(Memory<byte> buffer, IdleLimit limit)
    {
        try
        {
            while (buffer.Length > 0)
            {
                var read = await _stream.ReadAsync(buffer, limit.Begin()).ConfigureAwait(false);
                limit.End();
                if (read == 0)
                    throw new EndOfStreamException($"The connection of a data port ended behind byte {_tally.Bytes}, before the stream did. Open the stream again.");
                buffer = buffer[read..];
            }
        }
        catch (OperationCanceledException cancelled)
        {
            throw limit.Translate(cancelled);
        }
    }

    private static GridException ErrorOf(ReadOnlySpan<byte> payload) =>
        new((GridErrorCode)BinaryPrimitives.ReadInt32LittleEndian(payload), Encoding.UTF8.GetString(payload[4..]));
}
