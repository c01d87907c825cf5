using System.Buffers;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// Decodes Arrow record batch messages from peers or disk. Checks everything before it is used: flatbuffer bounds, node and buffer counts against
/// the schema, buffer ranges against the body, lengths against row counts, string offsets (rising, inside the data), decompressed lengths against
/// the limit before memory is taken. That text is UTF-8 is not checked.
/// </summary>
public static class FrameDecoder
{
    /// <summary>Most bytes that the compressed buffers of one message may decompress to.</summary>
    public const int DecompressedBytesMax = 64 * 1024 * 1024;

    /// <summary>Decodes a message. Uncompressed buffers are not copied: the batch is valid while <paramref name="message"/> is. Compressed ones
    /// are decompressed into rented memory: whoever is done with the batch, and with all that shares its arrays, does well to dispose it.</summary>
    /// <param name="message">An encapsulated Arrow message.</param>
    /// <param name="rowCount">The rows that the frame header promises.</param>
    /// <param name="schema">The columns that the message must have.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.TooLarge"/>,
    /// <see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public static RecordBatch Decode(ReadOnlyMemory<byte> message, int rowCount, Apache.Arrow.Schema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var batch = Read(message.Span, out var bodyAt);
        var body = message[bodyAt..];
        var decompressedBytes = BatchChecker.Check(batch, body.Span, rowCount, schema);

        if (decompressedBytes == 0)
            return new RecordBatch(schema, Build(batch, body, [], schema), rowCount);
        var rented = ArrayPool<byte>.Shared.Rent(decompressedBytes);
        try
        {
            return new DecodedBatch(schema, Build(batch, body, rented, schema), rowCount, rented);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
    }

    /// <summary>Checks what can be checked without decoding a column: that the message is a record batch of <paramref name="rowCount"/> rows, has the
    /// nodes and buffers of the schema, no nulls where it allows none, and that its buffers lie inside it and are long enough. This is the check of
    /// a log table's leader.</summary>
    /// <exception cref="GridException">As <see cref="Decode"/>.</exception>
    public static void Check(ReadOnlySpan<byte> message, int rowCount, Apache.Arrow.Schema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var batch = Read(message, out var bodyAt);
        BatchChecker.Check(batch, message[bodyAt..], rowCount, schema);
    }

    private static IArrowArray[] Build(BatchMetadata batch, ReadOnlyMemory<byte> body, byte[] decompressed, Apache.Arrow.Schema schema)
    {
        var builder = new BatchBuilder(batch, body, decompressed);
        var fields = schema.FieldsList;
        var arrays = new IArrowArray[fields.Count];
        for (var i = 0; i < arrays.Length; i++)
            arrays[i] = ArrowArrayFactory.BuildArray(builder.Array(fields[i]));
        return arrays;
    }

    private static BatchMetadata Read(ReadOnlySpan<byte> message, out int bodyAt)
    {
        var metadataLength = ArrowMessage.MetadataLength(message, message.Length);
        bodyAt = ArrowMessage.PrefixBytes + metadataLength;
        return BatchMetadata.Read(message.Slice(ArrowMessage.PrefixBytes, metadataLength));
    }
}
