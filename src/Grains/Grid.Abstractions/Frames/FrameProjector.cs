namespace Grid.Abstractions;

/// <summary>
/// Takes columns out of frames without decoding them: from a message's metadata it picks the field nodes and buffers of the wanted top-level
/// columns, compressed or not, and says which bytes of the frame to copy where. Made once for a schema version and a list of columns; immutable.
/// </summary>
public sealed class FrameProjector
{
    private readonly Part[] _parts;
    private readonly Part _change;

    /// <summary>Prepares the projection of frames of one schema version.</summary>
    /// <param name="frameSchema">The schema version the frames were written with, all columns.</param>
    /// <param name="columns">The columns wanted, in the order wanted; none at all is fine (row counts). Columns that the version lacks are left out.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: a column is named twice.</exception>
    public FrameProjector(TableSchema frameSchema, IReadOnlyList<ColumnId> columns)
    {
        ArgumentNullException.ThrowIfNull(frameSchema);
        ArgumentNullException.ThrowIfNull(columns);
        FrameSchema = frameSchema;
        var all = new Part[frameSchema.Columns.Length];
        var next = new Part(0, 0, 0, 0);
        for (var i = 0; i < all.Length; i++)
        {
            var (nodes, buffers) = ArrayLayouts.Count(frameSchema.Columns[i].Type);
            all[i] = next with { Nodes = nodes, Buffers = buffers };
            next = new Part(next.Node + nodes, 0, next.Buffer + buffers, 0);
        }

        _change = next with { Nodes = 1, Buffers = 2 };
        var parts = new List<Part>(columns.Count);
        var kept = new List<ColumnId>(columns.Count);
        var seen = new HashSet<ColumnId>(columns.Count);
        foreach (var column in columns)
        {
            if (!seen.Add(column))
                throw new GridException(GridErrorCode.InvalidArgument, $"Column {column} is asked for twice; name each column once.");
            var index = frameSchema.IndexOf(column);
            if (index < 0)
                continue;
            parts.Add(all[index]);
            kept.Add(column);
        }

        _parts = [.. parts];
        Columns = kept;
    }

    /// <summary>The schema version of the frames.</summary>
    public TableSchema FrameSchema { get; }

    /// <summary>The columns that projected frames have, in order; <see cref="SystemColumns.Change"/> follows them where the frame's flags say so.</summary>
    public IReadOnlyList<ColumnId> Columns { get; }

    /// <summary>Plans the projection of one frame.</summary>
    /// <param name="header">The frame's header, checked.</param>
    /// <param name="metadata">The message's flatbuffer (without its 8-byte prefix).</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the metadata is damaged or does not have the schema's columns.</exception>
    public ProjectionPlan Plan(in FrameHeader header, ReadOnlySpan<byte> metadata)
    {
        var batch = BatchMetadata.Read(metadata);
        Check(batch, header, metadata.Length);

        var change = header.Flags.HasFlag(FrameFlags.ChangeKinds);
        var builder = new ProjectionBuilder(FrameHeader.Size + ArrowMessage.PrefixBytes + metadata.Length);
        foreach (var part in _parts)
            builder.Add(batch, part.Node, part.Nodes, part.Buffer, part.Buffers);
        if (change)
            builder.Add(batch, _change.Node, _change.Nodes, _change.Buffer, _change.Buffers);
        return builder.Build(header, batch.Compression);
    }

    /// <summary>Projects a frame that is in memory; the caller owns the block.</summary>
    /// <exception cref="GridException">As <see cref="Plan"/>.</exception>
    public FrameBlock Project(Frame frame)
    {
        var message = frame.Message.Span;
        var metadataLength = ArrowMessage.MetadataLength(message, message.Length);
        var plan = Plan(frame.Header, message.Slice(ArrowMessage.PrefixBytes, metadataLength));
        var block = FrameBlock.Rent(plan.FrameLength);
        var target = block.WritableMemory.Span;
        foreach (var range in plan.Ranges)
            message.Slice(range.Source - FrameHeader.Size, range.Length).CopyTo(target[range.Target..]);
        plan.Finish(target);
        return block;
    }

    private void Check(BatchMetadata batch, in FrameHeader header, int metadataLength)
    {
        var change = header.Flags.HasFlag(FrameFlags.ChangeKinds);
        var nodes = _change.Node + (change ? _change.Nodes : 0);
        var buffers = _change.Buffer + (change ? _change.Buffers : 0);
        if (batch.NodeCount != nodes || batch.BufferCount != buffers)
            throw BatchMetadata.Corrupt($"it has {batch.NodeCount} arrays and {batch.BufferCount} buffers, schema version {FrameSchema.Version} has {nodes} and {buffers}");
        if (batch.RowCount != header.RowCount)
            throw BatchMetadata.Corrupt($"it has {batch.RowCount} rows and the frame's header says {header.RowCount}");
        var bodyLength = header.MessageLength - ArrowMessage.PrefixBytes - metadataLength;
        if (batch.BodyLength != bodyLength || bodyLength < 0 || bodyLength % ArrowMessage.Alignment != 0)
            throw BatchMetadata.Corrupt($"it says that its body has {batch.BodyLength} bytes and {bodyLength} follow");
        batch.CheckBuffers();
    }

    /// <summary>Where a column's field nodes and buffers stand in a message.</summary>
    private readonly record struct Part(int Node, int Nodes, int Buffer, int Buffers);
}
