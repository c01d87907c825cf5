using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Grid.Abstractions;

namespace Grid.Storage.DataPort;

/// <summary>
/// The sending end of a stream, with two buffers: while one is hashed and sent, the source fills the other, so disk and network work at the same time. A peer
/// that reads slowly holds the source up; one that does not take a packet in time is given up. One caller at a time.
/// </summary>
public sealed class DataPortOutput : IAsyncDisposable
{
    // Header, payload and hash together are an array of 1 MiB, as the pool has it.
    private const int ArrayBytes = 1024 * 1024;
    private const int MessageBytesMax = DataPortFormat.ErrorBytesMax - sizeof(int);
    private readonly Stream _stream;
    private readonly DataPortMetrics _metrics;
    private readonly IdleLimit _limit;
    private readonly DataPortTally _tally = new();
    private readonly byte[][] _buffers = [ArrayPool<byte>.Shared.Rent(ArrayBytes), ArrayPool<byte>.Shared.Rent(ArrayBytes)];
    private int _current;
    private Task _sending = Task.CompletedTask;

    internal DataPortOutput(Stream stream, TimeSpan idleTimeout, TimeProvider time, DataPortMetrics metrics, CancellationToken cancellationToken)
    {
        _stream = stream;
        _metrics = metrics;
        _limit = new IdleLimit(idleTimeout, time, cancellationToken);
    }

    /// <summary>Bytes that <see cref="Buffer"/> has.</summary>
    public static int BufferBytes => ArrayBytes - DataPortFormat.PacketHeaderBytes - DataPortFormat.PacketHashBytes;

    /// <summary>Where the next packet's payload goes; the source's own until it is sent.</summary>
    public Memory<byte> Buffer => _buffers[_current].AsMemory(DataPortFormat.PacketHeaderBytes, BufferBytes);

    /// <summary>Sends the first bytes of <see cref="Buffer"/> as a packet, 0 to all of them; returns when there is another buffer to be filled.</summary>
    /// <exception cref="IOException">The peer is gone.</exception>
    /// <exception cref="GridException"><see cref="GridErrorCode.Timeout"/>: it does not read.</exception>
    public async ValueTask SendAsync(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, BufferBytes);
        var packet = _buffers[_current];
        await _sending.ConfigureAwait(false);
        _current ^= 1;
        _sending = Task.Run(() => SendPacketAsync(packet, DataPacketKind.Data, length));
    }

    /// <summary>Sends bytes, copied, in as many packets as they need.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var length = Math.Min(bytes.Length, BufferBytes);
            bytes[..length].CopyTo(Buffer);
            bytes = bytes[length..];
            await SendAsync(length).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the buffers back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _limit.Dispose();
        foreach (var buffer in _buffers)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Sends what is left and says that this was all.</summary>
    internal async Task EndAsync()
    {
        await _sending.ConfigureAwait(false);
        var packet = _buffers[_current];
        _tally.WriteEnd(packet.AsSpan(DataPortFormat.PacketHeaderBytes));
        await SendPacketAsync(packet, DataPacketKind.End, DataPortFormat.EndBytes).ConfigureAwait(false);
    }

    /// <summary>Says why there will be no more.</summary>
    internal async Task FailAsync(GridException failure)
    {
        await _sending.ConfigureAwait(false);
        var packet = _buffers[_current];
        var payload = packet.AsMemory(DataPortFormat.PacketHeaderBytes, DataPortFormat.ErrorBytesMax);
        BinaryPrimitives.WriteInt32LittleEndian(payload.Span, (int)failure.Code);

        // The encoder stops before a character that does not fit.
        Encoding.UTF8.GetEncoder().Convert(failure.Message, payload.Span.Slice(sizeof(int), MessageBytesMax), flush: false, out _, out var written, out _);
        await SendPacketAsync(packet, DataPacketKind.Error, sizeof(int) + written).ConfigureAwait(false);
    }

    private async Task SendPacketAsync(byte[] packet, DataPacketKind kind, int length)
    {
        DataPortFormat.WritePacketHeader(packet, kind, length);
        var hash = DataPortFormat.HashOf(kind, packet.AsSpan(DataPortFormat.PacketHeaderBytes, length));
        BinaryPrimitives.WriteUInt64LittleEndian(packet.AsSpan(DataPortFormat.PacketHeaderBytes + length), hash);
        try
        {
            var step = _limit.Begin();
            await _stream.WriteAsync(packet.AsMemory(0, DataPortFormat.PacketHeaderBytes + length + DataPortFormat.PacketHashBytes), step).ConfigureAwait(false);
            await _stream.FlushAsync(step).ConfigureAwait(false);
            _limit.End();
        }
        catch (OperationCanceledException cancelled)
        {
            throw _limit.Translate(cancelled);
        }

        if (kind != DataPacketKind.Data)
            return;
        _tally.Add(length, hash);
        _metrics.Sent(length);
    }
}
