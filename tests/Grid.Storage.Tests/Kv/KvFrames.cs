using Apache.Arrow;
using Grid.Abstractions;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Kv;

/// <summary>A row of a changelog as tests compare it.</summary>
internal sealed record ChangeRow(ChangeKind Kind, string Row, long Offset);

/// <summary>Builds and reads the frames of primary-key tables.</summary>
internal static class KvFrames
{
    /// <summary>A write request; rows have the values of the targets, or of all columns. Kinds null: all upserts.</summary>
    public static WriteRequest Write(
        TableSchema schema, IReadOnlyList<object?[]> rows, IReadOnlyList<ChangeKind>? kinds = null, IReadOnlyList<ColumnId>? targets = null, WriterId writer = default, int sequence = 0)
    {
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        var columns = targets is null ? schema : schema with { Columns = [.. targets.Select(schema.GetColumn)] };
        var batch = ArrowRows.Build(columns, rows);
        if (kinds is not null)
        {
            var arrays = batch.Arrays.Append(new Int8Array.Builder().AppendRange(kinds.Select(kind => (sbyte)kind)).Build());
            batch = new RecordBatch(ArrowSchemas.ToArrow(schema, targets, change: true, version: false), arrays, rows.Count);
        }

        return new WriteRequest
        {
            Frame = encoder.Encode(batch, schema, targets, kinds is null ? FrameFlags.None : FrameFlags.ChangeKinds, writer, sequence),
            Targets = targets is null ? [] : [.. targets],
        };
    }

    /// <summary>The rows of a changelog frame.</summary>
    public static List<ChangeRow> ReadChangelog(ReadOnlyMemory<byte> frame, TableInfo table)
    {
        FrameHeader.TryRead(frame.Span, out var header);
        var schema = table.GetSchema(header.SchemaVersion);
        var batch = FrameDecoder.Decode(frame.Slice(FrameHeader.Size, header.MessageLength), header.RowCount, ArrowSchemas.ToArrow(schema, null, change: true, version: false));
        var kinds = (Int8Array)batch.Column(schema.Columns.Length);
        var rows = ArrowRows.Read(schema.Columns, batch);
        return [.. rows.Select((row, i) => new ChangeRow((ChangeKind)kinds.GetValue(i)!.Value, ArrowRows.Text([row]), header.BaseOffset.Value + i))];
    }

    /// <summary>The rows of an answer's frame, versions apart.</summary>
    public static List<(object?[] Row, long Version)> ReadRows(FrameBlock? block, TableSchema schema, IReadOnlyList<ColumnId>? columns = null)
    {
        if (block is null)
            return [];
        Column[] wanted = [.. columns is null ? schema.Columns : columns.Select(schema.GetColumn)];
        Assert.Equal(FrameHeaderError.None, FrameHeader.TryRead(block.Span, out var header));
        Assert.Equal(header.MessageHash, FrameHeader.HashOf(block.Span[FrameHeader.Size..]));
        var batch = FrameDecoder.Decode(block.Memory[FrameHeader.Size..], header.RowCount, ArrowSchemas.ToArrow(schema, columns, change: false, version: true));
        var versions = (Int64Array)batch.Column(wanted.Length);
        return [.. ArrowRows.Read(wanted, batch).Select((row, i) => (row, versions.GetValue(i)!.Value))];
    }

    /// <summary>The key block of a lookup.</summary>
    public static FrameBlock Keys(TableSchema schema, IReadOnlyList<object?[]> keys)
    {
        var key = schema with { Columns = [.. schema.PrimaryKey.Select(schema.GetColumn)] };
        using var encoded = new KeyEncoder(schema, schema.PrimaryKey).Encode(ArrowRows.Build(key, keys), [.. Enumerable.Range(0, key.Columns.Length)]);
        return KeyBlock.Build(encoded, [.. Enumerable.Range(0, keys.Count)]);
    }

    public static TableInfo Table(TableSchema schema, TableOptions? options = null) => new()
    {
        Path = new TablePath("test", "table"),
        Id = new TableId(1),
        Schemas = [schema],
        Options = options ?? new TableOptions(),
    };

    /// <summary>The table with one schema version more.</summary>
    public static TableInfo Change(this TableInfo table, params SchemaChange[] changes) =>
        table with { Schemas = table.Schemas.Add(SchemaEvolution.Apply(table.Schema, changes)) };

    public static TableSchema Schema(string[] key, params Column[] columns) =>
        SchemaEvolution.Create(new CreateTable { Path = new TablePath("test", "table"), Columns = [.. columns], PrimaryKey = [.. key] });
}
