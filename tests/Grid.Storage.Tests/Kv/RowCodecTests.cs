using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Kv;
using Grid.Testing;
using Grid.Testing.Fuzzing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Kv;

public sealed unsafe class RowCodecTests
{
    [Fact]
    public void Rows_of_all_types_round_trip()
    {
        Generators.SchemaAndBatch(primaryKey: true, depth: 3).Sample(
            (schema, batch) =>
            {
                var layout = new RowLayout(schema);
                using var arena = new NativeArena();
                var rows = Encode(layout, batch, arena);
                using var decoder = new RowDecoder(layout, null, change: false, version: true);
                var decoded = decoder.Decode(rows);
                Assert.Equal(ArrowRows.Text(ArrowRows.Read(schema.Columns, batch)), ArrowRows.Text(ArrowRows.Read(schema.Columns, decoded)));
                Assert.All(Enumerable.Range(0, rows.Length), i => Assert.Equal(1000 + i, ((Apache.Arrow.Int64Array)decoded.Column(schema.Columns.Length)).GetValue(i)));
            },
            iter: 500);
    }

    [Fact]
    public void Any_column_reads_the_same_alone()
    {
        Generators.SchemaAndBatch(primaryKey: true).Sample(
            (schema, batch) =>
            {
                var layout = new RowLayout(schema);
                using var arena = new NativeArena();
                var rows = Encode(layout, batch, arena);
                foreach (var column in schema.Columns)
                {
                    using var decoder = new RowDecoder(layout, [column.Id], change: false, version: false);
                    var all = ArrowRows.Read(schema.Columns, batch).Select(row => new[] { row[schema.IndexOf(column.Id)] });
                    Assert.Equal(ArrowRows.Text(all), ArrowRows.Text(ArrowRows.Read([column], decoder.Decode(rows))));
                }
            },
            iter: 200);
    }

    [Fact]
    public void Scalar_rows_are_canonical_whatever_the_arrays_look_like()
    {
        Generators.SchemaAndBatch(primaryKey: true, depth: 0).Sample(
            (schema, batch) =>
            {
                var layout = new RowLayout(schema);
                using var arena = new NativeArena();
                var rows = Encode(layout, batch, arena);
                var again = Encode(layout, ArrowRows.Build(schema, ArrowRows.Read(schema.Columns, batch)), arena);
                for (var i = 0; i < rows.Length; i++)
                    Assert.True(rows[i].SameContent(again[i]));
            },
            iter: 200);
    }

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Damaged_rows_are_refused_or_read_but_never_crash()
    {
        const int rowsPerTable = 500;
        NativeArena? arena = null;
        RowDecoder? decoder = null;
        var rows = System.Array.Empty<RowRef>();
        Fuzzer.Run(200_000, [GridErrorCode.Corrupt], (input, random) =>
        {
            if (input % rowsPerTable == 0)
            {
                decoder?.Dispose();
                arena?.Dispose();
                var schema = Generators.NextSchema(random, 8, primaryKey: true, depth: 3);
                var layout = new RowLayout(schema);
                arena = new NativeArena();
                decoder = new RowDecoder(layout, null, change: false, version: false);
                rows = Encode(layout, Generators.NextBatch(schema, 10, random), arena);
            }

            Read(decoder!, Mutate(rows[random.Next(rows.Length)].Span, random));
        });
        decoder?.Dispose();
        arena?.Dispose();
    }

    [Fact]
    public void A_row_has_the_bytes_that_the_format_says()
    {
        var schema = SchemaEvolution.Create(new CreateTable
        {
            Path = new TablePath("a", "b"),
            Columns = [new Column("id", DataType.Int32, nullable: false), new Column("name", DataType.String), new Column("ok", DataType.Boolean), new Column("tags", DataType.List(DataType.Int16))],
            PrimaryKey = ["id"],
        });
        var layout = new RowLayout(schema);
        using var arena = new NativeArena();
        var rows = Encode(layout, ArrowRows.Build(schema, [[7, "ab", true, new object?[] { (short)1, null }], [8, null, null, null]]), arena);
        Assert.Equal("E803000000000000" + "0100" + "00" + "07000000" + "02000000" + "01" + "0B000000" + "6162" + "02000000" + "02" + "01000000", Convert.ToHexString(rows[0].Span));
        Assert.Equal("E903000000000000" + "0100" + "0E" + "08000000" + "00000000" + "00" + "00000000", Convert.ToHexString(rows[1].Span));
    }

    private static RowRef[] Encode(RowLayout layout, Apache.Arrow.RecordBatch batch, NativeArena arena)
    {
        var rows = new RowRef[batch.Length];
        new RowEncoder().Encode(layout, batch, [.. Enumerable.Range(0, layout.Columns.Length)], arena, rows);
        for (var i = 0; i < rows.Length; i++)
            rows[i].SetVersion(1000 + i);
        return rows;
    }

    private static byte[] Mutate(ReadOnlySpan<byte> row, Random random)
    {
        var bytes = row[..(random.Next(4) == 0 ? random.Next(row.Length + 1) : row.Length)].ToArray();
        for (var i = random.Next(4); i >= 0 && bytes.Length > 0; i--)
            bytes[random.Next(bytes.Length)] = random.Next(3) switch { 0 => 0xFF, 1 => 0x7F, _ => (byte)random.Next(256) };
        return bytes;
    }

    private static void Read(RowDecoder decoder, byte[] bytes)
    {
        fixed (byte* pointer = bytes)
        {
            // The value is copied out in full: a length that is wrong shows as a fault, not as luck.
            foreach (var array in decoder.Decode([new RowRef(pointer, bytes.Length)]).Arrays)
                Touch(array.Data);
        }
    }

    private static void Touch(Apache.Arrow.ArrayData data)
    {
        foreach (var buffer in data.Buffers)
            GC.KeepAlive(buffer.Span.ToArray());
        foreach (var child in data.Children ?? [])
            Touch(child);
    }
}
