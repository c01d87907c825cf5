namespace Grid.Abstractions;

/// <summary>Keys of a lookup in a block: int32 count, int32 end of each key, the bytes; little endian (docs/formats.md, "Key block").</summary>
public readonly struct KeyBlock
{
    /// <summary>Checks a block that a peer sent.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.TooLarge"/>.</exception>
    public KeyBlock(ReadOnlyMemory<byte> block) => throw new NotImplementedException();

    /// <summary>Number of keys.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>The bytes of key <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> this[int index] => throw new NotImplementedException();

    /// <summary>Writes keys into a block that the caller owns.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="indexes">Which of them, in this order.</param>
    public static FrameBlock Build(EncodedKeys keys, ReadOnlySpan<int> indexes) => throw new NotImplementedException();
}
