using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Tests.Kv;
using Grid.Storage.Tests.Lake.Keys;
using Grid.Storage.Tests.Lake.Tables;

namespace Grid.Storage.Tests.Foreign;

/// <summary>A primary-key table as tiering leaves it after each round, read by engines that know nothing of Grid.</summary>
public sealed class LakeKeysReadersTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-lake-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Each_snapshot_of_a_primary_key_table_is_the_table_to_ClickHouse_and_icebird()
    {
        var time = new ImpatientTime();
        var store = new LakeDirectory(_directory.FullName);
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, time);
        var coordinator = keys.Coordinator(store);

        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 3; i++)
                await bucket.WriteAsync(KvFrames.Write(
                    KeyLake.Schema, [.. Enumerable.Range(0, 40).Select(key => new object?[] { (long)((key * 7) + round), $"{round}.{i}", new object?[] { $"tag {key}" } })]));
            long[] gone = [.. Enumerable.Range(0, 10).Select(key => (long)((key * 21) + round))];
            await bucket.WriteAsync(KvFrames.Write(KeyLake.Schema, [.. gone.Select(key => new object?[] { key, null, null })], [.. gone.Select(_ => ChangeKind.Delete)]));
            Assert.Null(await keys.TryAsync(coordinator));
            await keys.CheckAsync(store);

            var rows = await bucket.ReadAllAsync();
            var (queries, icebird) = await LakeReaders.ReadAsync(Path.Combine(_directory.FullName, LakeFolders.Of(bucket.Table)), keys.Open(store).Location,
                "select count() as n from LAKE",
                "select id, name, tags[1] as tag, `__offset` as o from LAKE order by id");
            Assert.Equal(rows, icebird.Select(row => Row(row.GetProperty("id"), row.GetProperty("name"), row.GetProperty("tags")[0], row.GetProperty("__offset"))).OrderBy(row => KeyOf(row.Row)));
            if (!LakeReaders.HasClickHouse)
                continue;
            Assert.Equal(rows.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), queries[0][0].GetProperty("n").ToString());
            Assert.Equal(rows, queries[1].Select(row => Row(row.GetProperty("id"), row.GetProperty("name"), row.GetProperty("tag"), row.GetProperty("o"))));
        }
    }

    private static (string Row, long Version) Row(System.Text.Json.JsonElement id, System.Text.Json.JsonElement name, System.Text.Json.JsonElement tag, System.Text.Json.JsonElement offset) =>
        ($"[{id}, '{name}', ['{tag}']]", long.Parse(offset.ToString(), System.Globalization.CultureInfo.InvariantCulture));

    private static long KeyOf(string row) => long.Parse(row[1..row.IndexOf(',', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
}
