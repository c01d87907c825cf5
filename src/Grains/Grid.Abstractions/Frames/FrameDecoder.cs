using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// Decodes Arrow record batch messages from peers or disk. Checks everything before it is used: flatbuffer bounds, node and buffer counts against
/// the schema, buffer ranges against the body, lengths against row counts, string offsets (rising, inside the data), decompressed lengths against
/// the limit before memory is taken.
/// </summary>
public static class FrameDecoder
{
    /// <summary>Decodes a message. Uncompressed buffers are not copied: the batch is valid while <paramref name="message"/> is.</summary>
    /// <param name="message">An encapsulated Arrow message.</param>
    /// <param name="rowCount">The rows that the frame header promises.</param>
    /// <param name="schema">The columns that the message must have.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.TooLarge"/>.</exception>
    public static RecordBatch Decode(ReadOnlyMemory<byte> message, int rowCount, Apache.Arrow.Schema schema) => throw new NotImplementedException();

    /// <summary>Checks what can be checked without decoding a column: that the message is a record batch of <paramref name="rowCount"/> rows, has the
    /// nodes and buffers of the schema, and that its buffers lie inside it. This is the check of a log table's leader.</summary>
    public static void Check(ReadOnlySpan<byte> message, int rowCount, Apache.Arrow.Schema schema) => throw new NotImplementedException();
}
