using Grid.Abstractions;
using Grid.Client.Tests.Fakes;

namespace Grid.Client.Tests.Reading;

public sealed class LakeSnapshotTests(EmbeddedGrid grid) : IClassFixture<EmbeddedGrid>
{
    private sealed record Row(long A, string? Text);

    private static readonly TableOptions Tiered = new() { Buckets = 2, Lake = LakeMode.On, LakeFreshnessMs = 86_400_000 };

    [Fact]
    public async Task Files_and_the_log_behind_them_have_each_row_once()
    {
        await using var table = await grid.Client.CreateTableAsync<Row>("test.union", Tiered);
        Assert.Equal((0, 0), ((await table.Untyped.OpenLakeSnapshotAsync()).Version, (await table.Untyped.OpenLakeSnapshotAsync()).Files.Length));
        await table.AppendAsync(Rows(0, 100));
        await table.Untyped.FlushLakeAsync();
        var snapshot = await table.Untyped.OpenLakeSnapshotAsync();
        await table.AppendAsync(Rows(100, 50));
        var ends = await table.Untyped.FindEndsAsync();
        await table.AppendAsync(Rows(150, 50));

        Assert.Equal(100, snapshot.Files.Sum(file => file.Rows));
        Assert.Equal(100, snapshot.Tiered.Sum(offset => offset.Value));
        Assert.True(snapshot.Version > 0 && snapshot.SnapshotId is not null && snapshot.CommittedAt > DateTimeOffset.UnixEpoch);
        var options = new ScanOptions { Start = ScanStart.AtOffsets(ByBucket(snapshot.Tiered)), Ends = ByBucket(ends) };
        Assert.Equal(Enumerable.Range(100, 50).Select(i => (long)i), await NumbersAsync(table, options));

        // The version stays what it was when rows are added.
        await table.Untyped.FlushLakeAsync();
        Assert.Equal(200, (await table.Untyped.OpenLakeSnapshotAsync()).Files.Sum(file => file.Rows));
        Assert.Equal(snapshot.Files.Select(file => file.Location), (await table.Untyped.OpenLakeSnapshotAsync(snapshot.Version)).Files.Select(file => file.Location));
    }

    [Fact]
    public async Task A_scan_stops_at_the_ends_that_are_named_also_within_a_frame()
    {
        await using var table = await grid.Client.CreateTableAsync<Row>("test.ends", new TableOptions { Buckets = 1 });
        await table.AppendAsync(Rows(0, 10));
        ScanOptions Until(long end) => new() { Ends = new Dictionary<int, LogOffset> { [0] = new(end) } };

        Assert.Equal([0L, 1, 2, 3], await NumbersAsync(table, Until(4)));
        Assert.Empty(await NumbersAsync(table, Until(3) with { Start = ScanStart.AtOffset(new LogOffset(5)) }));
        var above = await Assert.ThrowsAsync<GridException>(() => NumbersAsync(table, Until(11)));
        Assert.Equal(GridErrorCode.OffsetOutOfRange, above.Code);
        var tail = await Assert.ThrowsAsync<GridException>(() => NumbersAsync(table, Until(4) with { Tail = true }));
        Assert.Equal(GridErrorCode.InvalidArgument, tail.Code);
    }

    [Fact]
    public async Task Files_whose_bounds_rule_a_filter_out_are_left_out()
    {
        await using var table = await grid.Client.CreateTableAsync<Row>("test.pruned", Tiered with { Buckets = 1 });
        for (var round = 0; round < 3; round++)
        {
            await table.AppendAsync(Rows(round * 100, 100));
            await table.Untyped.FlushLakeAsync();
        }

        var snapshot = await table.Untyped.OpenLakeSnapshotAsync();
        Assert.Equal(3, snapshot.Files.Length);
        Assert.Single(snapshot.Where(PredicateEvaluator.Parse("a between 120 and 130", snapshot.Schema)).Files);
        Assert.Empty(snapshot.Where(PredicateEvaluator.Parse("a > 1000", snapshot.Schema)).Files);
        Assert.Equal(3, snapshot.Where(PredicateEvaluator.Parse("text > 'a'", snapshot.Schema)).Files.Length);
    }

    [Fact]
    public async Task Pages_are_of_one_version_and_one_that_goes_meanwhile_is_begun_again()
    {
        var (fake, table) = await FakeAsync();
        var gone = true;
        fake.Lake.Answer = request =>
        {
            if (request.Version == 0)
                return Page(request, gone ? 4 : 5, next: 1) with { Tiered = [new LogOffset(3)] };
            if (!gone)
                return Page(request, request.Version, request.Skip < 2 ? request.Skip + 1 : null);
            gone = false;
            throw new GridException(GridErrorCode.UnknownLakeVersion, "gone");
        };
        var snapshot = await table.OpenLakeSnapshotAsync();

        Assert.Equal((5, 3), (snapshot.Version, snapshot.Files.Length));
        Assert.Equal([(0, 0), (4, 1), (0, 0), (5, 1), (5, 2)], fake.Lake.Requests.Select(request => (request.Version, request.Skip)));
        Assert.Equal(["f0", "f1", "f2"], snapshot.Files.Select(file => file.Location));
    }

    [Fact]
    public async Task Answers_that_break_the_protocol_are_refused()
    {
        var (fake, table) = await FakeAsync();
        var fine = Page(new LakeFilesRequest(), 4, null) with { Tiered = [LogOffset.Zero] };
        LakeFilesAnswer[] broken =
        [
            fine with { Tiered = [] },
            fine with { Tiered = [LogOffset.Zero, LogOffset.Zero] },
            fine with { Next = 0 },
            fine with { Next = 7 },
            fine with { Files = [], Next = 1 },
            fine with { CommittedMs = long.MaxValue },
            fine with { Files = [fine.Files[0] with { Location = "" }] },
            fine with { Files = [fine.Files[0] with { Location = new string('x', 5000) }] },
            fine with { Files = [fine.Files[0] with { Bytes = 0 }] },
            fine with { Files = [fine.Files[0] with { Rows = -1 }] },
            fine with { Files = [fine.Files[0] with { Bucket = 1 }] },
            fine with { Files = [fine.Files[0] with { Content = (LakeContent)9 }] },
        ];
        foreach (var answer in broken)
        {
            fake.Lake.Answer = _ => answer;
            Assert.Equal(GridErrorCode.Corrupt, (await Assert.ThrowsAsync<GridException>(() => table.OpenLakeSnapshotAsync())).Code);
        }

        fake.Lake.Answer = _ => fine;
        Assert.Equal(GridErrorCode.Corrupt, (await Assert.ThrowsAsync<GridException>(() => table.OpenLakeSnapshotAsync(3))).Code);
        Assert.Equal(GridErrorCode.InvalidArgument, (await Assert.ThrowsAsync<GridException>(() => table.OpenLakeSnapshotAsync(0))).Code);
        Assert.Equal(4, (await table.OpenLakeSnapshotAsync()).Version);
    }

    private static async Task<(FakeGrid Grid, GridTable Table)> FakeAsync()
    {
        var fake = new FakeGrid(new CreateTable { Path = new TablePath("test", "fake"), Columns = [new Column("a", DataType.Int64)], Options = Tiered with { Buckets = 1 } });
        return (fake, await fake.Connect().OpenTableAsync("test.fake"));
    }

    private static LakeFilesAnswer Page(LakeFilesRequest request, int version, int? next) => new()
    {
        Version = version,
        Files = [new LakeDataFile { Location = $"f{request.Skip}", Bytes = 1, Rows = 1 }],
        Next = next,
    };

    private static Row[] Rows(int first, int count) => [.. Enumerable.Range(first, count).Select(i => new Row(i, $"row {i}"))];

    private static Dictionary<int, LogOffset> ByBucket(IEnumerable<LogOffset> offsets) => offsets.Select((offset, bucket) => (offset, bucket)).ToDictionary(pair => pair.bucket, pair => pair.offset);

    private static async Task<List<long>> NumbersAsync(GridTable<Row> table, ScanOptions options)
    {
        var numbers = new List<long>();
        await foreach (var row in table.ScanAsync(options))
            numbers.Add(row.A);
        numbers.Sort();
        return numbers;
    }
}
