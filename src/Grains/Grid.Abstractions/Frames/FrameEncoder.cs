using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>How batches become frames.</summary>
public sealed record FrameEncoderOptions
{
    /// <summary>Compression of each buffer; a buffer that does not shrink is stored as it is (length prefix -1, as Arrow defines it).</summary>
    public FrameCompression Compression { get; init; } = FrameCompression.Zstd;

    /// <summary>Zstandard's level.</summary>
    public int ZstdLevel { get; init; } = 3;

    /// <summary>Whether per-column minimum, maximum and null count go into the message's custom metadata.</summary>
    public bool Statistics { get; init; } = true;
}

/// <summary>Encodes record batches as frames. Holds scratch memory: one encoder a writer, one caller at a time.</summary>
public sealed class FrameEncoder : IDisposable
{
    /// <summary>Makes an encoder.</summary>
    public FrameEncoder(FrameEncoderOptions options) => throw new NotImplementedException();

    /// <summary>Encodes a batch as one frame in a block that the caller owns. Header fields that the leader gives are 0.</summary>
    /// <param name="batch">Columns as <see cref="ArrowSchemas.ToArrow(TableSchema, IReadOnlyList{ColumnId}?, bool, bool)"/> gives for the next two; sliced arrays are fine.</param>
    /// <param name="schema">The schema version.</param>
    /// <param name="columns">The table columns in the batch, in order; null: all. System columns follow them.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="writer">The writer, or 0.</param>
    /// <param name="sequence">The writer's sequence.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: columns do not fit; <see cref="GridErrorCode.TooLarge"/>: over
    /// <see cref="FrameHeader.MessageLengthMax"/> or <see cref="FrameHeader.RowCountMax"/>; <see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public FrameBlock Encode(RecordBatch batch, TableSchema schema, IReadOnlyList<ColumnId>? columns, FrameFlags flags, WriterId writer, int sequence) =>
        throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
