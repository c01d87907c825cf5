using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Parquet;
using ParquetSharp;
using ParquetSharp.Schema;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

public sealed class LakeFileLayoutTests
{
    [Fact]
    public void Every_schema_node_has_its_column_id_and_the_type_that_Iceberg_reads()
    {
        var schema = LakeColumns.Extend(TestFiles.Schema(
            new Column("small", DataType.Int8),
            new Column("tags", DataType.Parse("list<struct<a:int16,b:uuid not null>>"), nullable: false),
            new Column("m", DataType.Parse("map<string,list<decimal(5,2)>>")),
            new Column("t", DataType.Time), new Column("ts", DataType.Timestamp), new Column("tz", DataType.TimestampUtc),
            new Column("d18", DataType.Decimal(18, 3)), new Column("d19", DataType.Decimal(19, 3)), new Column("f", DataType.FixedBinary(3))));

        var (bytes, _) = TestFiles.Write(schema, new LakeWriterOptions());

        using var stream = new MemoryStream(bytes);
        using var reader = new ParquetFileReader(stream);
        var lines = new List<string>();
        foreach (var field in reader.FileMetaData.Schema.GroupNode.Fields)
            Describe(field, 0, lines);
        Assert.Equal(
            """
            1 small Optional Int32 None
            2 tags Required List
              - list Repeated None
                3 element Optional None
                  4 a Optional Int32 None
                  5 b Required FixedLenByteArray Uuid
            6 m Optional Map
              - key_value Repeated None
                7 key Required ByteArray String
                8 value Optional List
                  - list Repeated None
                    9 element Optional Int32 Decimal
            10 t Optional Int64 Time
            11 ts Optional Int64 Timestamp
            12 tz Optional Int64 Timestamp
            13 d18 Optional Int64 Decimal
            14 d19 Optional FixedLenByteArray Decimal
            15 f Optional FixedLenByteArray None
            2000000001 __bucket Required Int32 None
            2000000002 __offset Required Int64 None
            2000000003 __timestamp Required Int64 Timestamp
            """, string.Join('\n', lines));
        Assert.Equal((TimeUnit.Micros, false), Unit(reader, "ts"));
        Assert.Equal((TimeUnit.Micros, true), Unit(reader, "tz"));
        Assert.Equal(TimeUnit.Micros, ((TimeLogicalType)Leaf(reader, "t").LogicalType).TimeUnit);
    }

    [Fact]
    public void Every_chunk_has_statistics_a_page_index_and_zstd()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int64), new Column("s", DataType.String), new Column("l", DataType.Parse("list<int32>")));
        var (bytes, _) = TestFiles.Write(schema, [.. Enumerable.Range(0, 1000).Select(i => new object?[] { (long)i, $"{i}", new object?[] { i } })]);

        Assert.All(TestFiles.Footer(bytes).RowGroups, group => Assert.All(group.Chunks, chunk =>
        {
            Assert.True(chunk.HasPageIndex);
            Assert.NotNull(chunk.Min);
            Assert.NotNull(chunk.Max);
            Assert.Equal(0, chunk.Nulls);
        }));
        using var stream = new MemoryStream(bytes);
        using var reader = new ParquetFileReader(stream);
        using var group = reader.RowGroup(0);
        Assert.Equal(Compression.Zstd, group.MetaData.GetColumnChunkMetaData(0).Compression);
    }

    [Fact]
    public void Our_footer_reader_agrees_with_the_library()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int64), new Column("s", DataType.Parse("struct<a:string,b:map<int32,float64>>")));
        object?[][] rows = [.. Enumerable.Range(0, 100).Select(i => new object?[] { i % 3 == 0 ? null : (long)i, new object?[] { $"{i}", new object?[] { new object?[] { i, 0.5 } } } })];
        var (bytes, _) = TestFiles.Write(schema, new LakeWriterOptions { RowGroupRowsMax = 40 }, Testing.Rows.ArrowRows.Build(schema, rows));

        var ours = TestFiles.Footer(bytes);
        using var stream = new MemoryStream(bytes);
        using var reader = new ParquetFileReader(stream);
        Assert.Equal(reader.FileMetaData.NumRows, ours.Rows);
        Assert.Equal(reader.FileMetaData.NumRowGroups, ours.RowGroups.Length);
        for (var g = 0; g < ours.RowGroups.Length; g++)
        {
            using var group = reader.RowGroup(g);
            Assert.Equal(group.MetaData.NumRows, ours.RowGroups[g].Rows);
            for (var c = 0; c < ours.Leaves.Length; c++)
            {
                using var theirs = group.MetaData.GetColumnChunkMetaData(c);
                var chunk = ours.RowGroups[g].Chunks[c];
                Assert.Equal(reader.FileMetaData.Schema.Column(c).SchemaNode.FieldId, ours.Leaves[c].FieldId);
                Assert.Equal(reader.FileMetaData.Schema.Column(c).MaxRepetitionLevel > 0, ours.Leaves[c].Repeated);
                Assert.Equal((int)reader.FileMetaData.Schema.Column(c).PhysicalType, ours.Leaves[c].PhysicalType);
                Assert.Equal((theirs.NumValues, theirs.TotalCompressedSize, theirs.Statistics!.NullCount), (chunk.Values, chunk.Bytes, chunk.Nulls!.Value));
            }
        }

        using var first = reader.RowGroup(0);
        using var column = first.MetaData.GetColumnChunkMetaData(0);
        Assert.Equal((1L, 38L), (((Statistics<long>)column.Statistics!).Min, ((Statistics<long>)column.Statistics!).Max));
        Assert.Equal(38L, BitConverter.ToInt64(ours.RowGroups[0].Chunks[0].Max!));
    }

    private static void Describe(Node node, int depth, List<string> lines)
    {
        var type = node is PrimitiveNode leaf ? $"{leaf.PhysicalType} " : "";
        lines.Add($"{new string(' ', 2 * depth)}{(node.FieldId < 0 ? "-" : node.FieldId)} {node.Name} {node.Repetition} {type}{node.LogicalType.Type}");
        foreach (var child in node is GroupNode group ? group.Fields : [])
            Describe(child, depth + 1, lines);
    }

    private static ColumnDescriptor Leaf(ParquetFileReader reader, string name) =>
        reader.FileMetaData.Schema.Column(reader.FileMetaData.Schema.ColumnIndex(name));

    private static (TimeUnit Unit, bool Utc) Unit(ParquetFileReader reader, string name)
    {
        var type = (TimestampLogicalType)Leaf(reader, name).LogicalType;
        return (type.TimeUnit, type.IsAdjustedToUtc);
    }
}
