using System.Buffers.Binary;
using System.IO.Hashing;

namespace Grid.Abstractions;

/// <summary>What both sides of a data port count, and the end packet compares: the bytes of the data packets, and a hash over their hashes, which says
/// that none is missing, repeated or out of order. One stream at a time.</summary>
internal sealed class DataPortTally
{
    private readonly XxHash3 _hash = new();

    /// <summary>Bytes of all data packets.</summary>
    public long Bytes { get; private set; }

    /// <summary>Counts a data packet.</summary>
    /// <param name="payloadLength">Bytes of its payload.</param>
    /// <param name="hash">Its hash.</param>
    public void Add(int payloadLength, ulong hash)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, hash);
        _hash.Append(bytes);
        Bytes += payloadLength;
    }

    /// <summary>Writes the payload of the end packet.</summary>
    public void WriteEnd(Span<byte> target)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, Bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], _hash.GetCurrentHashAsUInt64());
    }

    /// <summary>Compares with the payload of an end packet.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: packets are missing, repeated or out of order.</exception>
    public void CheckEnd(ReadOnlySpan<byte> payload)
    {
        var bytes = BinaryPrimitives.ReadInt64LittleEndian(payload);
        if (bytes != Bytes || BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]) != _hash.GetCurrentHashAsUInt64())
            throw new GridException(GridErrorCode.Corrupt, $"The stream ends after {Bytes} bytes and the server sent {bytes}, or others. Open the stream again.");
    }
}
