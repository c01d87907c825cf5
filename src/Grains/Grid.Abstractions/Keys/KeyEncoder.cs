using System.Buffers;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// Encodes key columns so that byte order is value order and a prefix of the columns is a prefix of the bytes (docs/formats.md, "Key"):
/// integers big endian with the sign bit flipped, decimals as 16 such bytes, text and binary escaped (00 becomes 00 FF) and ended by 00 01,
/// fixed binary and uuid as they are, booleans one byte.
/// </summary>
public sealed class KeyEncoder
{
    /// <summary>Prepares the encoding of some key columns of a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="columns">The columns in key order.</param>
    public KeyEncoder(TableSchema schema, IReadOnlyList<ColumnId> columns) => throw new NotImplementedException();

    /// <summary>Encodes one key from values of the .NET types of <see cref="ValueText"/>; fewer values than columns encode a prefix.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NullNotAllowed"/>, <see cref="GridErrorCode.InvalidKey"/>, <see cref="GridErrorCode.TooLarge"/>.</exception>
    public void Encode(ReadOnlySpan<object?> values, IBufferWriter<byte> destination) => throw new NotImplementedException();

    /// <summary>Encodes the keys of all rows of a batch, column by column.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="indexes">Where each key column stands in the batch.</param>
    public EncodedKeys Encode(RecordBatch batch, ReadOnlySpan<int> indexes) => throw new NotImplementedException();

    /// <summary>Reads a key's values back.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public object[] Decode(ReadOnlySpan<byte> key) => throw new NotImplementedException();

    /// <summary>The first byte string after all that begin with <paramref name="prefix"/>; empty where there is none (all FF).</summary>
    public static byte[] Successor(ReadOnlySpan<byte> prefix) => throw new NotImplementedException();
}
