using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Reading;

/// <summary>A bucket whose frames were tiered into files of a store, and what its readers should get.</summary>
internal sealed class TestBucket(ILakeStore store, TableInfo table, int number = 3)
{
    private readonly List<LakeFile> _files = [];

    public List<(LogOffset Offset, long TimestampMs, object?[] Row)> Rows { get; } = [];

    public LogOffset End { get; set; } = new(1000);

    public IReadOnlyList<LakeFile> Files => _files;

    public LakeBucketFiles Sorted => LakeBucketFiles.Of(_files);

    public static TableInfo Table(params TableSchema[] schemas) => new()
    {
        Path = new TablePath("test", "table"),
        Id = new TableId(7),
        Schemas = [.. schemas],
        Options = new TableOptions { Compression = FrameCompression.Lz4 },
    };

    /// <summary>Makes a file of batches, each of which was a frame.</summary>
    public async Task<LakeFile> AddAsync(TableSchema schema, IEnumerable<(RecordBatch Batch, long TimestampMs)> batches, LakeWriterOptions? options = null, int? markedAs = null)
    {
        using var output = new MemoryStream();
        using var writer = new LakeFileWriter(output, LakeColumns.Extend(schema), options ?? new LakeWriterOptions());
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        foreach (var (batch, timestampMs) in batches)
        {
            using var block = encoder.Encode(batch, schema, null, FrameFlags.None, new WriterId(5), 6);
            Assert.Equal(FrameHeaderError.None, FrameHeader.TryRead(block.Span, out var header));
            (header with { BaseOffset = End, TimestampMs = timestampMs, Epoch = new LeaderEpoch(1) }).Write(block.WritableMemory.Span);
            foreach (var read in new FrameBatches(markedAs ?? number, schema, _ => schema).Read(block.Memory))
            {
                using (read)
                    writer.Write(read);
            }

            foreach (var row in ArrowRows.Read(schema.Columns, batch))
            {
                Rows.Add((End, timestampMs, row));
                End += 1;
            }
        }

        var name = $"table/data/{_files.Count}.parquet";
        var file = writer.Close($"{store.Root}/{name}", [number]);
        Assert.True(await store.TryCreateAsync(name, output.ToArray(), default));
        _files.Add(file);
        return file;
    }

    public void Replace(int index, LakeFile file) => _files[index] = file;

    public void Remove(int index) => _files.RemoveAt(index);

    public LakeFrames Frames(LakeFramesOptions? options = null) => new(store, number, options ?? new LakeFramesOptions());

    /// <summary>Reads all from an offset on and decodes it as a client does.</summary>
    public async Task<List<(LogOffset Offset, long TimestampMs, object?[] Row)>> ReadAsync(LogOffset from, FetchRequest? request = null, LakeFramesOptions? options = null)
    {
        request ??= new FetchRequest { Offset = default };
        var rows = new List<(LogOffset, long, object?[])>();
        var next = from;
        await foreach (var block in Frames(options).ReadAsync(Sorted, from, table, request, default))
        {
            using var frames = block.Frames;
            if (frames is not null)
                Decode(frames.Memory, request, rows, ref next);
            Assert.True(block.Next >= next);
            next = block.Next;
        }

        Assert.Equal(Sorted.End, next);
        return rows;
    }

    public void Decode(ReadOnlyMemory<byte> frames, FetchRequest request, List<(LogOffset, long, object?[])> rows, ref LogOffset next)
    {
        var first = true;
        var reader = new FrameReader(frames);
        while (reader.Read())
        {
            var frame = reader.Current;
            Assert.True(frame.Header.FrameLength <= request.BytesMax || first, "Only the first frame of a block may pass its limit.");
            first = false;
            Assert.True(frame.Header.BaseOffset >= next);
            Assert.Equal((default, 0), (frame.Header.Writer, frame.Header.Sequence));
            var schema = table.GetSchema(frame.Header.SchemaVersion);
            ColumnId[]? present = request.Project ? [.. request.Columns.Where(id => schema.IndexOf(id) >= 0)] : null;
            using var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchemas.ToArrow(schema, present, change: false, version: false));
            ImmutableArray<Column> columns = present is null ? schema.Columns : [.. present.Select(schema.GetColumn)];
            rows.AddRange(ArrowRows.Read(columns, batch).Select((row, i) => (frame.Header.BaseOffset + i, frame.Header.TimestampMs, row)));
            next = frame.Header.EndOffset;
        }
    }

    public static string Text(IEnumerable<(LogOffset Offset, long TimestampMs, object?[] Row)> rows) =>
        ArrowRows.Text(rows.Select(row => (object?[])[row.Offset.Value, row.TimestampMs, .. row.Row]));
}
