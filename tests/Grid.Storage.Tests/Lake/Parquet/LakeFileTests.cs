using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Parquet;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

public sealed class LakeFileTests
{
    public static TheoryData<string> Types =>
    [
        "boolean", "int8", "int16", "int32", "int64", "float32", "float64", "decimal(1,0)", "decimal(9,4)", "decimal(10,2)", "decimal(18,18)", "decimal(19,3)",
        "decimal(38,10)", "string", "binary", "fixed(1)", "fixed(16)", "fixed(40)", "date", "time", "timestamp", "timestamptz", "uuid",
        "list<int8>", "list<string not null>", "list<list<uuid>>", "map<string,int64>", "map<int16,list<decimal(5,2)>>", "struct<a:int16,b:string not null>",
        "struct<a:struct<b:float32,c:list<int32>>,d:map<uuid,timestamptz>>", "list<struct<a:int8,b:time>>",
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Every_type_reads_back_as_it_was_written(string text)
    {
        var schema = TestFiles.Schema(new Column("a b", DataType.Parse(text)), new Column("c", DataType.Parse(text), nullable: false));
        var random = new Random(1);
        object?[][] rows = [.. Enumerable.Range(0, 200).Select(_ => schema.Columns.Select(column => RandomValues.NextOrNull(column, random)).ToArray())];

        var (bytes, file) = TestFiles.Write(schema, rows);

        Assert.Equal(200, file.Rows);
        Assert.Equal(bytes.Length, file.Bytes);
        Assert.Equal(ArrowRows.Text(rows), ArrowRows.Text(await TestFiles.ReadAsync(bytes, schema)));
    }

    [Fact]
    public Task Any_batches_read_back_as_they_were_written() =>
        Gen.Select(Generators.SchemaAndBatch(rowsMax: 60, depth: 3), Gen.Int[1, 40], Gen.Int[1, 3000]).SampleAsync(async (made, groupRows, groupBytes) =>
        {
            var (schema, batch) = made;
            var options = new LakeWriterOptions { RowGroupRowsMax = groupRows, RowGroupBytesMax = groupBytes };

            var (bytes, file) = TestFiles.Write(schema, options, batch, batch);

            var rows = ArrowRows.Read(schema.Columns, batch);
            Assert.Equal(2 * batch.Length, file.Rows);
            Assert.Equal(ArrowRows.Text([.. rows, .. rows]), ArrowRows.Text(await TestFiles.ReadAsync(bytes, schema)));
        }, iter: 200, threads: 1);

    [Fact]
    public async Task A_null_map_may_hide_a_null_key_and_a_null_list_elements()
    {
        var schema = TestFiles.Schema(new Column("m", DataType.Parse("map<int32,int32>")), new Column("l", DataType.Parse("list<int32>")));
        var arrow = ArrowSchemas.ToArrow(schema);
        var numbers = Ints(1, 2, 3);
        // Row 1 is null and has item 1 all the same, whose key is null; how many nulls there are nobody counted.
        var keys = new ArrayData(Int32Type.Default, 3, -1, 0, [new ArrowBuffer(new byte[] { 0b101 }), numbers]);
        var values = new ArrayData(Int32Type.Default, 3, 0, 0, [ArrowBuffer.Empty, numbers]);
        var pairs = new ArrayData(((MapType)arrow.FieldsList[0].DataType).KeyValueType, 3, -1, 0, [new ArrowBuffer(new byte[] { 0b101 })], [keys, values]);
        ArrowBuffer[] lists = [new ArrowBuffer(new byte[] { 0b101 }), Ints(0, 1, 2, 3)];
        var batch = new RecordBatch(arrow,
        [
            ArrowArrayFactory.BuildArray(new ArrayData(arrow.FieldsList[0].DataType, 3, -1, 0, lists, [pairs])),
            ArrowArrayFactory.BuildArray(new ArrayData(arrow.FieldsList[1].DataType, 3, -1, 0, lists, [values])),
        ], 3);

        var (bytes, _) = TestFiles.Write(schema, new LakeWriterOptions(), batch);

        object?[][] expected = [[Map(1), List(1)], [null, null], [Map(3), List(3)]];
        Assert.Equal(ArrowRows.Text(expected), ArrowRows.Text(await TestFiles.ReadAsync(bytes, schema)));

        static object?[] Map(int number) => [new object?[] { number, number }];
        static object?[] List(int number) => [number];
        static ArrowBuffer Ints(params int[] numbers) => new(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray());
    }

    [Fact]
    public async Task Columns_are_found_by_id_and_become_what_the_newer_schema_says()
    {
        var first = TestFiles.Schema(
            new Column("i", DataType.Int32), new Column("f", DataType.Float32), new Column("d", DataType.Decimal(8, 2)), new Column("gone", DataType.String),
            new Column("small", DataType.Int8), new Column("n", DataType.Parse("list<int16>")));
        var second = SchemaEvolution.Apply(first,
        [
            new WidenColumn("i", DataType.Int64), new WidenColumn("f", DataType.Float64), new WidenColumn("d", DataType.Decimal(30, 2)), new DropColumn("gone"),
            new RenameColumn("small", "gone"), new AddColumn(new Column("plain", DataType.Parse("struct<a:int8>"))),
            new AddColumn(new Column("tiny", DataType.Int8, nullable: false) { Default = "-7" }), new ReorderColumns(["tiny", "n", "gone", "d", "plain", "f", "i"]),
        ]);
        object?[] items = [(short)-1, null, short.MaxValue];
        var (bytes, _) = TestFiles.Write(first, [[int.MinValue, 0.5f, -12.25m, "x", (sbyte)-128, items], [null, null, null, null, null, null]]);

        var rows = await TestFiles.ReadAsync(bytes, second);

        var wide = ValueText.Parse(DataType.Decimal(30, 2), "-12.25");
        Assert.Equal(
            ArrowRows.Text([[(sbyte)-7, items, (sbyte)-128, wide, null, 0.5, (long)int.MinValue], [(sbyte)-7, null, null, null, null, null, null]]),
            ArrowRows.Text(rows));
    }

    [Fact]
    public async Task A_reader_that_knows_the_older_schema_reads_what_fits_and_is_told_what_does_not()
    {
        var first = TestFiles.Schema(new Column("i", DataType.Int32));
        var second = SchemaEvolution.Apply(first, [new WidenColumn("i", DataType.Int64)]);
        var (fitting, _) = TestFiles.Write(second, [[5L], [null]]);
        var (large, _) = TestFiles.Write(second, [[5_000_000_000L]]);

        Assert.Equal(ArrowRows.Text([[5], [null]]), ArrowRows.Text(await TestFiles.ReadAsync(fitting, first)));
        var refused = await Assert.ThrowsAsync<GridException>(() => TestFiles.ReadAsync(large, first));
        Assert.Equal(GridErrorCode.SchemaStale, refused.Code);
    }

    [Fact]
    public async Task A_type_that_is_no_form_of_the_wanted_one_is_refused()
    {
        var written = TestFiles.Schema(new Column("i", DataType.String));
        var wanted = TestFiles.Schema(new Column("i", DataType.Int32));
        var (bytes, _) = TestFiles.Write(written, [["x"]]);

        var refused = await Assert.ThrowsAsync<GridException>(() => TestFiles.ReadAsync(bytes, wanted));

        Assert.Equal(GridErrorCode.SchemaMismatch, refused.Code);
    }

    [Fact]
    public async Task Columns_that_no_row_has_read_as_null_and_no_columns_read_as_rows()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32));
        var (bytes, _) = TestFiles.Write(schema, [.. Enumerable.Range(0, 20).Select(i => new object?[] { i })]);
        var later = SchemaEvolution.Apply(schema, [new AddColumn(new Column("j", DataType.String))]);

        Assert.Equal(ArrowRows.Text(Enumerable.Repeat(new object?[] { null }, 20)), ArrowRows.Text(await TestFiles.ReadAsync(bytes, later, [later.GetColumn("j").Id])));
        Assert.Equal(20, (await TestFiles.ReadAsync(bytes, later, [])).Length);
    }

    [Fact]
    public async Task Row_groups_that_are_not_wanted_are_skipped_and_positions_stay_those_of_the_file()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32));
        var (bytes, file) = TestFiles.Write(schema, new LakeWriterOptions { RowGroupRowsMax = 10 }, ArrowRows.Build(schema, [.. Enumerable.Range(0, 45).Select(i => new object?[] { i })]));
        var options = TestFiles.Reading with { Keep = (footer, group) => BitConverter.ToInt32(footer.RowGroups[group].Chunks[0].Min!) is 10 or 40 };

        using var stream = new MemoryStream(bytes);
        using var reader = await LakeFileReader.OpenAsync(stream, options, default);
        var read = new List<(long Position, int Value)>();
        await foreach (var batch in reader.ReadAsync(schema, null, default))
        {
            using (batch)
                read.AddRange(((Int32Array)batch.Rows.Column(0)).Values.ToArray().Select((value, i) => (batch.FirstRow + i, value)));
        }

        Assert.Equal(45, reader.Rows);
        Assert.Equal(5, file.SplitOffsets.Length);
        Assert.Equal([.. Enumerable.Range(10, 10), .. Enumerable.Range(40, 5)], read.Select(row => row.Value));
        Assert.All(read, row => Assert.Equal(row.Value, row.Position));
    }

    [Fact]
    public void A_row_group_ends_before_the_batch_that_would_pass_its_bounds()
    {
        var schema = LakeColumns.Extend(TestFiles.Schema(new Column("s", DataType.FixedBinary(80)), new Column("l", DataType.Int64)));
        object?[][] rows = [.. Enumerable.Range(0, 10).Select(i => new object?[] { new byte[80], (long)i, 1, (long)i, DateTimeOffset.UnixEpoch })];
        var batch = ArrowRows.Build(schema, rows);
        // 80 + 8 and 4 + 8 + 8 of the lake's columns: 108 bytes a row, 1080 a batch.
        using var output = new MemoryStream();
        using var writer = new LakeFileWriter(output, schema, new LakeWriterOptions { RowGroupBytesMax = 2500, RowGroupRowsMax = 1000 });
        for (var i = 0; i < 5; i++)
            writer.Write(batch);

        Assert.Equal(1080, writer.GroupBytes);
        Assert.True(writer.BytesOut > 4);
        var file = writer.Close("memory:///file.parquet", [1]);

        Assert.Equal([20L, 20, 10], TestFiles.Footer(output.ToArray()).RowGroups.Select(group => group.Rows));
        Assert.Equal(3, file.SplitOffsets.Length);
        Assert.Equal(4, file.SplitOffsets[0]);
        Assert.Equal(file.SplitOffsets.Order(), file.SplitOffsets);
        Assert.Equal(1, Assert.Single(file.Partition));
        Assert.Equal(50, file.Rows);
    }

    [Fact]
    public async Task A_file_without_rows_is_a_file()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32));

        var (bytes, file) = TestFiles.Write(schema, new LakeWriterOptions());

        Assert.Equal(0, file.Rows);
        Assert.Empty(file.SplitOffsets);
        Assert.Empty(await TestFiles.ReadAsync(bytes, schema));
    }

    [Fact]
    public void A_writer_that_is_given_up_leaves_no_whole_file()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32));
        using var output = new MemoryStream();
        using (var writer = new LakeFileWriter(output, schema, new LakeWriterOptions()))
            writer.Write(ArrowRows.Build(schema, [[1]]));

        Assert.Equal("PAR1"u8.ToArray(), output.ToArray());
    }

    [Fact]
    public void A_footer_that_is_too_long_to_keep_is_refused()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32));

        var refused = Assert.Throws<GridException>(() => TestFiles.Write(schema, new LakeWriterOptions { FooterBytesMax = 10 }, ArrowRows.Build(schema, [[1]])));

        Assert.Equal(GridErrorCode.TooLarge, refused.Code);
    }

    [Fact]
    public void What_the_output_throws_comes_through_as_it_is()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32));
        using var output = new FailingStream(failAfterBytes: 50);
        using var writer = new LakeFileWriter(output, schema, new LakeWriterOptions());
        writer.Write(ArrowRows.Build(schema, [.. Enumerable.Range(0, 1000).Select(i => new object?[] { i })]));

        var thrown = Assert.Throws<TimeZoneNotFoundException>(() => writer.Close("memory:///file.parquet", []));

        Assert.Same(output.Thrown, thrown);
    }

    [Fact]
    public async Task What_the_input_throws_comes_through_as_it_is()
    {
        using var input = new FailingStream(failAfterBytes: 0);

        var thrown = await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => LakeFileReader.OpenAsync(input, TestFiles.Reading, default));

        Assert.Same(input.Thrown, thrown);
    }

    [Fact]
    public async Task A_damaged_file_is_refused_and_never_read_wrongly()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32), new Column("s", DataType.String));
        object?[][] rows = [.. Enumerable.Range(0, 300).Select(i => new object?[] { i, $"text {i}" })];
        var (bytes, _) = TestFiles.Write(schema, rows);
        var data = TestFiles.Footer(bytes).RowGroups[0].Chunks.Sum(chunk => chunk.Bytes);
        var refused = 0;
        for (var bit = 4 * 8; bit < (4 + data) * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // Page headers have no checksum of their own: a flip there may pass where it changes nothing that is used.
                Assert.Equal(ArrowRows.Text(rows), ArrowRows.Text(await TestFiles.ReadAsync(bytes, schema)));
            }
            catch (GridException e)
            {
                Assert.Equal(GridErrorCode.Corrupt, e.Code);
                refused++;
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(refused > data * 8 * 9 / 10);
    }
}
