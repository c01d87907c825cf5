using System.Buffers.Binary;

namespace Grid.Abstractions;

/// <summary>Keys of a lookup in a block: int32 count, int32 end of each key, the bytes; little endian (docs/formats.md, "Key block").</summary>
public readonly struct KeyBlock
{
    private readonly ReadOnlyMemory<byte> _block;

    /// <summary>Checks a block that a peer sent.</summary>
    /// <param name="block">The block; it must stay valid as long as this is used.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.TooLarge"/>.</exception>
    public KeyBlock(ReadOnlyMemory<byte> block)
    {
        RequireBlock(block.Length);
        var span = block.Span;
        var count = span.Length < sizeof(int) ? 0 : BinaryPrimitives.ReadInt32LittleEndian(span);
        if (count > GridLimits.LookupKeysMax)
            throw new GridException(GridErrorCode.TooLarge,
                $"The key block has {count} keys; at most {GridLimits.LookupKeysMax} are allowed in a lookup.");
        var header = HeaderBytes(count);
        if (count < 1 || header > span.Length)
            throw new GridException(GridErrorCode.Corrupt,
                $"A key block of {span.Length} bytes says it has {count} keys; it needs at least 1 and room for their ends.");
        var start = 0;
        for (var i = 0; i < count; i++)
        {
            var end = BinaryPrimitives.ReadInt32LittleEndian(span[HeaderBytes(i)..]);
            if (end <= start || end > span.Length - header)
                throw new GridException(GridErrorCode.Corrupt,
                    $"Key {i} of a key block goes from {start} to {end}; keys have at least 1 byte and end by {span.Length - header}.");
            RequireKey(end - start);
            start = end;
        }

        if (start != span.Length - header)
            throw new GridException(GridErrorCode.Corrupt,
                $"A key block has {span.Length - header} bytes of keys, but its last key ends at {start}.");
        _block = block;
        Count = count;
    }

    /// <summary>Number of keys.</summary>
    public int Count { get; }

    /// <summary>The bytes of key <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var span = _block.Span;
            var start = index == 0 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(span[HeaderBytes(index - 1)..]);
            var end = BinaryPrimitives.ReadInt32LittleEndian(span[HeaderBytes(index)..]);
            return span[HeaderBytes(Count)..][start..end];
        }
    }

    /// <summary>Bytes of a block of keys.</summary>
    /// <param name="count">Number of keys.</param>
    /// <param name="keyBytes">Bytes of all keys.</param>
    public static int Length(int count, int keyBytes) => HeaderBytes(count) + keyBytes;

    /// <summary>Writes keys into a block that the caller owns.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="indexes">Which of them, in this order.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.TooLarge"/>: more than <see cref="GridLimits.LookupKeysMax"/> keys or
    /// <see cref="GridLimits.CallBytesMax"/> bytes (see <see cref="Length"/>); <see cref="GridErrorCode.InvalidArgument"/>: no key.</exception>
    public static FrameBlock Build(EncodedKeys keys, ReadOnlySpan<int> indexes)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (indexes.IsEmpty)
            throw new GridException(GridErrorCode.InvalidArgument, "A key block needs at least one key.");
        if (indexes.Length > GridLimits.LookupKeysMax)
            throw new GridException(GridErrorCode.TooLarge,
                $"{indexes.Length} keys are too many for a lookup; ask for at most {GridLimits.LookupKeysMax} at a time.");
        long keyBytes = 0;
        foreach (var index in indexes)
            keyBytes += keys[index].Length;
        RequireBlock(HeaderBytes(indexes.Length) + keyBytes);

        var block = FrameBlock.Rent(Length(indexes.Length, (int)keyBytes));
        var span = block.WritableMemory.Span;
        BinaryPrimitives.WriteInt32LittleEndian(span, indexes.Length);
        var bytes = span[HeaderBytes(indexes.Length)..];
        var end = 0;
        for (var i = 0; i < indexes.Length; i++)
        {
            var key = keys[indexes[i]];
            key.CopyTo(bytes[end..]);
            end += key.Length;
            BinaryPrimitives.WriteInt32LittleEndian(span[HeaderBytes(i)..], end);
        }

        return block;
    }

    /// <summary>Writes keys into a block that the caller owns.</summary>
    /// <param name="keys">The keys, in this order.</param>
    /// <exception cref="GridException">As <see cref="Build(EncodedKeys, ReadOnlySpan{int})"/>.</exception>
    public static FrameBlock Build(ReadOnlySpan<byte[]> keys)
    {
        if (keys.IsEmpty)
            throw new GridException(GridErrorCode.InvalidArgument, "A key block needs at least one key.");
        if (keys.Length > GridLimits.LookupKeysMax)
            throw new GridException(GridErrorCode.TooLarge, $"{keys.Length} keys are too many for a lookup; ask for at most {GridLimits.LookupKeysMax} at a time.");
        long keyBytes = 0;
        foreach (var key in keys)
            keyBytes += key.Length;
        RequireBlock(HeaderBytes(keys.Length) + keyBytes);

        var block = FrameBlock.Rent(Length(keys.Length, (int)keyBytes));
        var span = block.WritableMemory.Span;
        BinaryPrimitives.WriteInt32LittleEndian(span, keys.Length);
        var bytes = span[HeaderBytes(keys.Length)..];
        var end = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i].CopyTo(bytes[end..]);
            end += keys[i].Length;
            BinaryPrimitives.WriteInt32LittleEndian(span[HeaderBytes(i)..], end);
        }

        return block;
    }

    // The count and the ends of the first keys; so it is also the place of the next key's end.
    private static int HeaderBytes(int keys) => sizeof(int) + (keys * sizeof(int));

    private static void RequireBlock(long length)
    {
        if (length > GridLimits.CallBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"A key block of {length} bytes is over {GridLimits.CallBytesMax}; split the lookup.");
    }

    private static void RequireKey(int length)
    {
        if (length > GridLimits.KeyBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"A key of {length} bytes is over {GridLimits.KeyBytesMax}, the longest key.");
    }
}
