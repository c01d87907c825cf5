using System.Buffers.Binary;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Encodes record batches as frames. Holds scratch memory: one encoder a writer, one caller at a time.</summary>
public sealed class FrameEncoder : IDisposable
{
    private readonly FrameEncoderOptions _options;
    private readonly BufferCompressor _compressor;
    private readonly FrameShape _shape = new();
    private readonly BodyPlan _plan = new();
    private readonly StatisticsBuilder _statistics = new();
    private BufferRange[] _ranges = [];
    private byte[] _scratch = [];

    /// <summary>Makes an encoder.</summary>
    public FrameEncoder(FrameEncoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _compressor = new BufferCompressor(options.Compression, options.ZstdLevel);
    }

    /// <summary>Encodes a batch as one frame in a block that the caller owns. Header fields that the leader gives are 0.</summary>
    /// <param name="batch">Columns as <see cref="ArrowSchemas.ToArrow(TableSchema, IReadOnlyList{ColumnId}?, bool, bool)"/> gives for the next two; sliced
    /// arrays are fine. A last column <see cref="SystemColumns.VersionName"/> is recognised by its name.</param>
    /// <param name="schema">The schema version.</param>
    /// <param name="columns">The table columns in the batch, in order; null: all. System columns follow them.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="writer">The writer, or 0.</param>
    /// <param name="sequence">The writer's sequence.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: columns do not fit; <see cref="GridErrorCode.TooLarge"/>: over
    /// <see cref="FrameHeader.MessageLengthMax"/>, <see cref="FrameHeader.RowCountMax"/> or <see cref="FrameDecoder.DecompressedBytesMax"/>;
    /// <see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public FrameBlock Encode(RecordBatch batch, TableSchema schema, IReadOnlyList<ColumnId>? columns, FrameFlags flags, WriterId writer, int sequence)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        if (batch.Length > FrameHeader.RowCountMax)
            throw new GridException(GridErrorCode.TooLarge, $"A frame has at most {FrameHeader.RowCountMax} rows, this batch has {batch.Length}; split it.");

        try
        {
            var statistics = Plan(batch, schema, columns, flags);
            var header = new FrameHeader { RowCount = batch.Length, SchemaVersion = schema.Version, Flags = flags, Writer = writer, Sequence = sequence };
            return Write(header, statistics);
        }
        finally
        {
            _plan.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _compressor.Dispose();

    private ReadOnlySpan<byte> Plan(RecordBatch batch, TableSchema schema, IReadOnlyList<ColumnId>? columns, FrameFlags flags)
    {
        _shape.Fit(batch, schema, columns, flags);
        _statistics.Clear();
        for (var i = 0; i < batch.ColumnCount; i++)
        {
            var data = batch.Column(i).Data;
            var nulls = _plan.AddColumn(_shape.Fields[i], data);
            if (_options.Statistics && i < _shape.Columns.Count && batch.Length > 0)
                _statistics.Add(_shape.Columns[i], data, nulls);
        }

        return _statistics.ToText();
    }

    private FrameBlock Write(FrameHeader header, ReadOnlySpan<byte> statistics)
    {
        var compression = _plan.LargestBytes < BufferCompressor.BytesMin ? FrameCompression.None : _options.Compression;
        var metadataLength = BatchMetadataWriter.Length(_plan.Nodes.Length, _plan.Buffers.Length, statistics.Length);
        var bodyAt = FrameHeader.Size + ArrowMessage.PrefixBytes + metadataLength;
        var bodyMax = _plan.Bytes + (compression == FrameCompression.None ? 0 : (long)_plan.Buffers.Length * sizeof(long));
        if (bodyMax > (compression == FrameCompression.None ? FrameHeader.MessageLengthMax : FrameDecoder.DecompressedBytesMax))
            throw TooLarge(bodyMax, compression);

        var block = FrameBlock.Rent(bodyAt + (int)bodyMax);
        try
        {
            var frame = block.WritableMemory.Span;
            var bodyLength = WriteBody(frame[bodyAt..], compression);
            var messageLength = bodyAt - FrameHeader.Size + bodyLength;
            if (messageLength > FrameHeader.MessageLengthMax)
                throw TooLarge(messageLength, compression);

            var message = frame.Slice(FrameHeader.Size, messageLength);
            ArrowMessage.WritePrefix(message, metadataLength);
            BatchMetadataWriter.Write(
                message.Slice(ArrowMessage.PrefixBytes, metadataLength),
                new BatchShape(header.RowCount, compression, bodyLength),
                _plan.Nodes,
                _ranges.AsSpan(0, _plan.Buffers.Length),
                statistics);
            (header with { MessageLength = messageLength, MessageHash = FrameHeader.HashOf(message) }).Write(frame);
            return Fit(block, FrameHeader.Size + messageLength);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    /// <summary>Shortens the block to its frame. One that compression left mostly empty goes back for a smaller one: frames wait in queues whose limits
    /// count their length, and the memory should be what the limits say.</summary>
    private static FrameBlock Fit(FrameBlock block, int length)
    {
        if (block.Length <= 2 * length)
        {
            block.Truncate(length);
            return block;
        }

        var fitting = FrameBlock.Rent(length);
        block.Span[..length].CopyTo(fitting.WritableMemory.Span);
        block.Dispose();
        return fitting;
    }

    private int WriteBody(Span<byte> body, FrameCompression compression)
    {
        var buffers = _plan.Buffers;
        if (_ranges.Length < buffers.Length)
            _ranges = new BufferRange[buffers.Length];
        var end = 0;
        for (var i = 0; i < buffers.Length; i++)
        {
            var bytes = buffers[i].Bytes;
            var written = 0;
            if (bytes > 0 && compression == FrameCompression.None)
            {
                buffers[i].Write(body.Slice(end, bytes));
                written = bytes;
            }
            else if (bytes > 0)
            {
                written = WriteCompressed(buffers[i], body.Slice(end, sizeof(long) + bytes));
            }

            _ranges[i] = new BufferRange(end, written);
            var aligned = ArrowMessage.Align(end + written);
            body[(end + written)..aligned].Clear();
            end = aligned;
        }

        return end;
    }

    private int WriteCompressed(in BodyBuffer buffer, Span<byte> destination)
    {
        if (!buffer.TryGetBytes(out var bytes))
        {
            if (_scratch.Length < buffer.Bytes)
                _scratch = new byte[Math.Max(buffer.Bytes, 2 * _scratch.Length)];
            buffer.Write(_scratch.AsSpan(0, buffer.Bytes));
            bytes = _scratch.AsSpan(0, buffer.Bytes);
        }

        var target = destination[sizeof(long)..];
        var compressed = _compressor.Compress(bytes, target);
        BinaryPrimitives.WriteInt64LittleEndian(destination, compressed == 0 ? -1 : bytes.Length);
        if (compressed != 0)
            return sizeof(long) + compressed;
        bytes.CopyTo(target);
        return sizeof(long) + bytes.Length;
    }

    private static GridException TooLarge(long bytes, FrameCompression compression) => new(
        GridErrorCode.TooLarge,
        $"The batch takes {bytes} bytes ({compression}); a frame's message has at most {FrameHeader.MessageLengthMax}, and {FrameDecoder.DecompressedBytesMax} before compression. Split the batch.");
}
