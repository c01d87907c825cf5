using System.Runtime.InteropServices;

namespace Grid.Abstractions;

/// <summary>Collects the nodes, buffers and byte ranges of a projected message.</summary>
internal sealed class ProjectionBuilder(int sourceBodyAt)
{
    private readonly List<FieldNode> _nodes = [];
    private readonly List<BufferRange> _buffers = [];
    private readonly List<BufferRange> _sources = [];
    private int _bodyLength;

    /// <summary>Adds one column.</summary>
    public void Add(BatchMetadata batch, int node, int nodes, int buffer, int buffers)
    {
        for (var i = 0; i < nodes; i++)
            _nodes.Add(batch.Node(node + i));
        for (var i = 0; i < buffers; i++)
        {
            var source = batch.Buffer(buffer + i);
            _buffers.Add(new BufferRange(_bodyLength, source.Length));
            if (source.Length == 0)
                continue;

            // The padding is copied with the buffer: neighbours in both bodies then are one range.
            var length = ArrowMessage.Align((int)source.Length);
            if (_sources.Count > 0 && _sources[^1].End == source.Offset)
                _sources[^1] = _sources[^1] with { Length = _sources[^1].Length + length };
            else
                _sources.Add(new BufferRange(source.Offset, length));
            _bodyLength += length;
        }
    }

    public ProjectionPlan Build(FrameHeader header, FrameCompression compression)
    {
        var metadataLength = BatchMetadataWriter.Length(_nodes.Count, _buffers.Count, statisticsBytes: 0);
        var head = new byte[ArrowMessage.PrefixBytes + metadataLength];
        ArrowMessage.WritePrefix(head, metadataLength);
        var shape = new BatchShape(header.RowCount, compression, _bodyLength);
        BatchMetadataWriter.Write(head.AsSpan(ArrowMessage.PrefixBytes), shape, CollectionsMarshal.AsSpan(_nodes), CollectionsMarshal.AsSpan(_buffers), default);

        var target = FrameHeader.Size + head.Length;
        var ranges = new ProjectedRange[_sources.Count];
        for (var i = 0; i < ranges.Length; i++)
        {
            var length = (int)_sources[i].Length;
            ranges[i] = new ProjectedRange(sourceBodyAt + (int)_sources[i].Offset, target, length);
            target += length;
        }

        return new ProjectionPlan(header, head, ranges, target);
    }
}
