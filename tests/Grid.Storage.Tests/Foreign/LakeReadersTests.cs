using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Iceberg;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Foreign;

/// <summary>Tables that we wrote are read by engines that know nothing of Grid, and the other way round.</summary>
public sealed class LakeReadersTests
{
    private const int Buckets = 2;

    private static readonly TableSchema Schema = SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "table"),
        Columns =
        [
            new Column("id", DataType.Int64), new Column("name", DataType.String), new Column("price", DataType.Decimal(10, 2)), new Column("day", DataType.Date),
            new Column("at", DataType.TimestampUtc), new Column("small", DataType.Int16), new Column("tags", DataType.List(DataType.String)),
            new Column("attributes", DataType.Map(DataType.String, DataType.Int32)), new Column("place", DataType.Struct(new Column("x", DataType.Float64), new Column("y", DataType.Float64))),
        ],
        PrimaryKey = ["id"],
    });

    [Fact]
    public async Task A_table_with_deletes_and_a_new_column_is_read_by_ClickHouse_and_icebird()
    {
        using var table = new LakeTableOnDisk(Schema, Buckets);
        var function = new BucketFunction(Schema, Buckets);
        var rows = Enumerable.Range(1, 20).ToLookup(id => function.Bucket([(long)id]));
        var files = rows.Select(bucket => table.WriteData(bucket.Key, Batch(table.Schema, bucket.Key, bucket))).ToArray();
        table.Commit(Snapshot.Append, files);

        var (whole, _) = await LakeReaders.ReadAsync(table.Folder, table.Location, "select count() as n from LAKE");

        // Row 3 goes, row 5 is written anew, and there is a new column, which older files lack.
        table.SetSchema(SchemaEvolution.Apply(Schema, [new AddColumn(new Column("note", DataType.String))]));
        var deletes = new[] { 3, 5 }.GroupBy(id => function.Bucket([(long)id]))
            .Select(bucket => table.WriteDeletes(files.First(file => (int)file.Partition[0]! == bucket.Key), [.. bucket.Select(id => (long)rows[bucket.Key].ToList().IndexOf(id))]));
        var bucketOf5 = function.Bucket([5L]);
        table.Commit(Snapshot.Overwrite, [.. deletes, table.WriteData(bucketOf5, Batch(table.Schema, bucketOf5, [5], "new"))]);

        var (queries, icebird) = await LakeReaders.ReadAsync(table.Folder, table.Location,
            "select count() as n from LAKE",
            "select id, name, toString(price) as price, toString(day) as day, toString(at) as at, small, tags, attributes, place, note, `__offset` as o from LAKE order by id",
            "select id, note from LAKE where id = 5",
            "select count() as n from LAKE where price > 1 and day <= '2024-01-07'");

        var ids = Enumerable.Range(1, 20).Except([3]).ToArray();
        Assert.Equal(ids, icebird.Select(row => int.Parse(row.GetProperty("id").GetString()!)).Order());
        Assert.Equal(ids.Select(Name), icebird.OrderBy(row => int.Parse(row.GetProperty("id").GetString()!)).Select(row => row.GetProperty("name").GetString()));
        if (!LakeReaders.HasClickHouse)
            return;
        Assert.Equal(20, whole[0][0].GetProperty("n").GetInt32());
        Assert.Equal(19, queries[0][0].GetProperty("n").GetInt32());
        Assert.Equal(
            ids.Select(id => $$"""{"id":{{id}},"name":"{{Name(id)}}","price":"{{(id / 4m):0.##}}","day":"2024-01-{{id:00}}","at":"2024-01-01 00:00:{{id:00}}.000000","small":{{id}},"tags":["t{{id}}",null],"attributes":{"k":{{id}}},"place":{"x":{{id}}.5,"y":null},"note":{{(id == 5 ? "\"new\"" : "null")}},"o":{{id}}}"""),
            queries[1].Select(row => row.GetRawText()));
        Assert.Equal(["""{"id":5,"note":"new"}"""], queries[2].Select(row => row.GetRawText()));
        Assert.Equal(3, queries[3][0].GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task A_table_that_ClickHouse_wrote_is_read()
    {
        if (!LakeReaders.HasClickHouse)
            return;
        var parent = Directory.CreateTempSubdirectory("grid-lake-");
        try
        {
            var folder = parent.CreateSubdirectory("t").FullName;
            await LakeReaders.WriteAsync(folder, "create table t (a Int64, b Nullable(String)) engine = LAKE", "insert into t values (1, 'x'), (2, null)", "insert into t values (3, 'z')");

            var newest = Directory.GetFiles(Path.Combine(folder, "metadata"), "v*.metadata.json").MaxBy(File.GetLastWriteTimeUtc)!;
            var table = TableMetadataReader.Read(await File.ReadAllBytesAsync(newest));
            Assert.Equal(["a", "b"], table.CurrentSchema.Columns.Select(column => column.Name));
            var manifests = ManifestListReader.Read(await File.ReadAllBytesAsync(table.CurrentSnapshot!.ManifestList));
            var entries = manifests.SelectMany(manifest => ManifestReader.Read(File.ReadAllBytes(manifest.Location), manifest, table.DefaultSpec)).ToArray();
            Assert.Equal([1L, 2], entries.Select(entry => entry.File.Rows).Order());
            Assert.Equal([1L, 2], entries.Select(entry => entry.DataSequence!.Value.Value).Order());
            Assert.All(entries, entry => Assert.True(File.Exists(entry.File.Location), entry.File.Location));
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    private static string Name(int id) => $"a name that is longer than sixteen {id}";

    private static RecordBatch Batch(TableSchema schema, int bucket, IEnumerable<int> ids, string? note = null)
    {
        var hasNote = schema.Columns.Any(column => column.Name == "note");
        return ArrowRows.Build(schema, [.. ids.Select(id => (object?[])
        [
            (long)id, Name(id), id / 4m, new DateOnly(2024, 1, id), new DateTimeOffset(2024, 1, 1, 0, 0, id, TimeSpan.Zero), (short)id, new object?[] { $"t{id}", null },
            new object?[] { new object?[] { "k", id } }, new object?[] { id + 0.5, null }, .. hasNote ? [note] : System.Array.Empty<object?>(),
            bucket, (long)id, DateTimeOffset.UnixEpoch,
        ])]);
    }
}
