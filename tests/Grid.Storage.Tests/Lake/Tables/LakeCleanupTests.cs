using System.Text;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;
using Xunit.Abstractions;

namespace Grid.Storage.Tests.Lake.Tables;

public sealed class LakeCleanupTests(ITestOutputHelper output)
{
    private readonly ImpatientTime _time = new();

    [Fact]
    public async Task After_an_expiry_what_kept_snapshots_refer_to_is_there_and_what_only_others_did_is_not()
    {
        var first = Random.Shared.Next();
        for (var seed = first; seed < first + 40; seed++)
        {
            try
            {
                await RunAsync(new Random(seed));
            }
            catch
            {
                output.WriteLine($"seed {seed}");
                throw;
            }
        }
    }

    [Fact]
    public async Task A_removed_file_goes_when_no_snapshot_that_is_kept_has_it()
    {
        var lake = new MemoryLake(_time);
        var options = TestTable.Options with { SnapshotsKept = 2, SnapshotAgeMsMax = 0 };
        var table = await TestTable.CreateAsync(lake, _time, options);
        await TestTable.CommitAsync(table, lake, (0, 10));
        var state = await TestTable.CommitAsync(table, lake, (0, 10));
        var change = (await TestTable.ReplacementAsync(lake, table, state, 0, new Random(1)))!;
        await table.CommitAsync(change, default);
        var old = change.Removed.Select(file => file.Location[(lake.Root.Length + 1)..]).ToArray();

        // The snapshot before the change has them, the first one goes.
        _time.Advance(TimeSpan.FromSeconds(1));
        await table.ExpireAsync(default);
        Assert.Subset(lake.Names.ToHashSet(), old.ToHashSet());
        Assert.Equal(2, (await ExactAsync(lake)).Metadata.Snapshots.Length);
        _time.Advance(options.OrphanAge);
        Assert.Equal(0, await table.DeleteOrphansAsync(default));

        await TestTable.CommitAsync(table, lake, (1, 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        await table.ExpireAsync(default);
        Assert.Empty(lake.Names.Intersect(old));
        await ExactAsync(lake);
    }

    [Fact]
    public async Task Young_snapshots_are_kept_up_to_a_number()
    {
        var lake = new MemoryLake(_time);
        var table = await TestTable.CreateAsync(lake, _time, TestTable.Options with { SnapshotsKept = 1, SnapshotsMax = 3, SnapshotAgeMsMax = long.MaxValue / 4 });
        for (var i = 0; i < 6; i++)
            await TestTable.CommitAsync(table, lake, (0, 10));
        Assert.Equal(6, (await table.ReadAsync(default))!.Metadata.Snapshots.Length);
        await table.ExpireAsync(default);
        Assert.Equal(3, (await ExactAsync(lake)).Metadata.Snapshots.Length);
    }

    [Fact]
    public async Task Orphans_go_when_they_are_old()
    {
        var lake = new MemoryLake(_time);
        var table = await TestTable.CreateAsync(lake, _time);
        await TestTable.CommitAsync(table, lake, (0, 10));
        await PlantAsync(lake, "data/old.parquet", "metadata/old-m0.avro", "offsets/old.txt", "metadata/stats.puffin", "elsewhere/x");
        var kept = lake.Names.Where(name => !name.Contains("/old", StringComparison.Ordinal)).ToList();
        Assert.Equal(0, await table.DeleteOrphansAsync(default));
        _time.Advance(TestTable.Options.OrphanAge);
        await PlantAsync(lake, "data/young.parquet", "metadata/young-m0.avro");

        Assert.Equal(3, await table.DeleteOrphansAsync(default));

        Assert.Equal([.. kept.Append($"{TestTable.Folder}/data/young.parquet").Append($"{TestTable.Folder}/metadata/young-m0.avro").Order(StringComparer.Ordinal)], lake.Names);
        await TestTable.CheckAsync(lake, _time);
    }

    [Fact]
    public async Task Metadata_files_behind_the_log_go_when_they_are_old()
    {
        var lake = new MemoryLake(_time);
        var table = await TestTable.CreateAsync(lake, _time);
        for (var i = 0; i < 119; i++)
        {
            if (i == 9)
                _time.Advance(TestTable.Options.MetadataAge);
            await table.CommitAsync(Moved(i), default);
        }

        // Versions 1 to 120; behind the log are 1 to 19, old are 1 to 10.
        Assert.Equal(10, await table.ExpireAsync(default));
        Assert.Equal(Enumerable.Range(11, 110), Versions(lake));
        Assert.Equal(120, (await TestTable.Open(lake, _time).ReadAsync(default))!.Version);
        _time.Advance(TestTable.Options.MetadataAge);
        Assert.Equal(9, await table.ExpireAsync(default));
        Assert.Equal(Enumerable.Range(20, 101), Versions(lake));
        Assert.Equal(120, (await TestTable.Open(lake, _time).ReadAsync(default))!.Version);
    }

    [Fact]
    public async Task A_commit_that_took_too_long_creates_nothing()
    {
        var lake = new MemoryLake(_time);
        await TestTable.CreateAsync(lake, _time);
        var change = await TestTable.ChangeAsync(lake, LakeOffsets.None, (0, 10));
        var slow = new FaultyLake(lake, new Random(1), 0, [], () =>
        {
            _time.Advance(TestTable.Options.MetadataAge / 3);
            return Task.CompletedTask;
        });

        Assert.NotEqual(LakeOutcome.Committed, (await TestTable.Open(slow, _time).CommitAsync(change, default)).Outcome);
        Assert.Equal([1], Versions(lake));
    }

    [Fact]
    public async Task A_dropped_table_leaves_nothing_and_its_neighbour_everything()
    {
        var lake = new MemoryLake(_time);
        var table = await TestTable.CreateAsync(lake, _time);
        await TestTable.CommitAsync(table, lake, (0, 10));
        await lake.TryCreateAsync(TestTable.Folder + "1/data/x.parquet", new byte[1], default);

        await table.DeleteAsync(default);
        await table.DeleteAsync(default);

        Assert.Equal([TestTable.Folder + "1/data/x.parquet"], lake.Names);
        Assert.Null(await table.ReadAsync(default));
    }

    private async Task RunAsync(Random random)
    {
        var lake = new MemoryLake(_time);
        var options = TestTable.Options with
        {
            ManifestsMergeMin = random.Next(2, 6),
            SnapshotsKept = random.Next(1, 5),
            SnapshotAgeMsMax = random.Next(20) * 1000,
            OffsetsInline = random.Next(2) * 100,
        };
        var table = await TestTable.CreateAsync(lake, _time, options);
        await PlantAsync(lake, "data/planted.parquet", "metadata/planted.avro");
        var steps = random.Next(1, 30);
        for (var step = 0; step < steps; step++)
        {
            _time.Advance(TimeSpan.FromSeconds(random.Next(5)));
            var head = await TestTable.CommitAsync(table, lake, (random.Next(TestTable.Buckets), random.Next(1, 10)));
            if (random.Next(3) == 0 && await TestTable.ReplacementAsync(lake, table, head, random.Next(TestTable.Buckets), random) is { } replacement)
                Assert.Equal(LakeOutcome.Committed, (await table.CommitAsync(replacement, default)).Outcome);
            if (random.Next(5) > 0)
                continue;
            await table.ExpireAsync(default);
            await ExactAsync(lake, "data/planted.parquet", "metadata/planted.avro");
        }

        await table.ExpireAsync(default);
        var state = await ExactAsync(lake, "data/planted.parquet", "metadata/planted.avro");
        Assert.True(state.Metadata.Snapshots.Length >= Math.Min(options.SnapshotsKept, steps));
        _time.Advance(options.OrphanAge);
        Assert.Equal(2, await table.DeleteOrphansAsync(default));
        await ExactAsync(lake);
    }

    private async Task<LakeState> ExactAsync(MemoryLake lake, params string[] others)
    {
        var state = await TestTable.CheckAsync(lake, _time);
        var expected = await TestTable.ReferredAsync(lake, state);
        expected.UnionWith(others.Select(name => $"{TestTable.Folder}/{name}"));
        Assert.Equal(expected, lake.Names.Where(name => LakeNames.VersionOf(name[(TestTable.Folder.Length + 1)..]) is null));
        return state;
    }

    private static LakeChange Moved(int from) => new()
    {
        From = LakeOffsets.None.With(TestTable.Bucket(0), new(from)),
        To = LakeOffsets.None.With(TestTable.Bucket(0), new(from + 1)),
        Schema = TestTable.Schema,
    };

    private static IEnumerable<int> Versions(MemoryLake lake) => lake.Names.Select(name => LakeNames.VersionOf(name[(TestTable.Folder.Length + 1)..])).OfType<int>().Order();

    private static async Task PlantAsync(MemoryLake lake, params string[] names)
    {
        foreach (var name in names)
            await lake.TryCreateAsync($"{TestTable.Folder}/{name}", Encoding.UTF8.GetBytes(name), default);
    }
}
