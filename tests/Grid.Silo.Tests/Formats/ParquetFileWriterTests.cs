using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Grid.Silo.Formats;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Silo.Tests.Formats;

public sealed class ParquetFileWriterTests
{
    private static readonly TableSchema Maps = SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "table"),
        Columns = [new Column("id", DataType.Int32), new Column("m", DataType.Map(DataType.String, DataType.Int32))],
    });

    [Fact]
    public async Task Slices_of_maps_are_written_as_they_are()
    {
        object?[][] rows = [.. Enumerable.Range(0, 9).Select(i => new object?[] { i, i % 3 == 0 ? null : Map(i) })];
        var batch = ArrowRows.Build(Maps, rows);
        Assert.Equal(ArrowRows.Text(rows[1..8]), ArrowRows.Text(await WriteAndReadAsync(batch.Slice(1, 7))));
    }

    [Fact]
    public async Task A_map_whose_nulls_nobody_counted_does_not_end_the_process()
    {
        object?[][] rows = [[1, Map(2)], [2, null], [3, Map(1)]];
        var batch = ArrowRows.Build(Maps, rows);
        var map = batch.Column(1).Data;
        var pairs = map.Children[0];
        var keys = pairs.Children[0];
        var uncounted = new ArrayData(keys.DataType, keys.Length, -1, keys.Offset, [new ArrowBuffer(new byte[] { 0xff }), .. keys.Buffers[1..]], keys.Children);
        var wrapped = new ArrayData(pairs.DataType, pairs.Length, -1, pairs.Offset, [new ArrowBuffer(new byte[] { 0xff })], [uncounted, pairs.Children[1]]);
        var column = ArrowArrayFactory.BuildArray(new ArrayData(map.DataType, map.Length, map.NullCount, map.Offset, map.Buffers, [wrapped]));
        Assert.Equal(ArrowRows.Text(rows), ArrowRows.Text(await WriteAndReadAsync(new RecordBatch(batch.Schema, [batch.Column(0), column], batch.Length))));
    }

    private static object?[] Map(int entries) => [.. Enumerable.Range(0, entries).Select(i => new object?[] { $"k{i}", i })];

    private static async Task<object?[][]> WriteAndReadAsync(RecordBatch batch)
    {
        var path = Path.GetTempFileName();
        try
        {
            await using (var writer = new ParquetFileWriter(path, batch.Schema))
            {
                await writer.WriteAsync(batch, default);
                await writer.CompleteAsync(default);
            }

            using var reader = new ParquetSharp.Arrow.FileReader(path);
            using var batches = reader.GetRecordBatchReader();
            var rows = new List<object?[]>();
            while (await batches.ReadNextRecordBatchAsync() is { } read)
                rows.AddRange(ArrowRows.Read(Maps.Columns, read));
            return [.. rows];
        }
        finally
        {
            File.Delete(path);
        }
    }
}
