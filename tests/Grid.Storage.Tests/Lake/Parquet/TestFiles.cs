using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Parquet;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

/// <summary>Lake files in memory.</summary>
internal static class TestFiles
{
    public static LakeReadOptions Reading { get; } = new() { BatchRows = 7 };

    public static (byte[] Bytes, LakeFile File) Write(TableSchema schema, LakeWriterOptions options, params IEnumerable<RecordBatch> batches)
    {
        using var output = new MemoryStream();
        using var writer = new LakeFileWriter(output, schema, options);
        foreach (var batch in batches)
            writer.Write(batch);
        var file = writer.Close("memory:///file.parquet", []);
        return (output.ToArray(), file);
    }

    public static (byte[] Bytes, LakeFile File) Write(TableSchema schema, IReadOnlyList<object?[]> rows) =>
        Write(schema, new LakeWriterOptions(), ArrowRows.Build(schema, rows));

    public static async Task<object?[][]> ReadAsync(byte[] bytes, TableSchema schema, IReadOnlyList<ColumnId>? columns = null, LakeReadOptions? options = null)
    {
        var wanted = columns is null ? schema.Columns : [.. columns.Select(schema.GetColumn)];
        using var stream = new MemoryStream(bytes, writable: false);
        using var reader = await LakeFileReader.OpenAsync(stream, options ?? Reading, default);
        var rows = new List<object?[]>();
        await foreach (var batch in reader.ReadAsync(schema, columns, default))
        {
            using (batch)
                rows.AddRange(ArrowRows.Read(wanted, batch.Rows));
        }

        return [.. rows];
    }

    public static ParquetFooter Footer(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes, writable: false);
        return ParquetFooter.Read(stream, int.MaxValue);
    }

    /// <summary>A schema whose columns, nested ones too, have the ids that a catalog would give.</summary>
    public static TableSchema Schema(params ReadOnlySpan<Column> columns) =>
        SchemaEvolution.Create(new CreateTable { Path = new TablePath("test", "table"), Columns = [.. columns] });
}
