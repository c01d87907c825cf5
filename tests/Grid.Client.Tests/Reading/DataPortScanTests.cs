using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Grid.Abstractions;
using Grid.Client.Tests.Fakes;
using Grid.Grains.DataPort;
using Grid.Silo;
using Grid.Testing.Time;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Client.Tests.Reading;

public sealed class DataPortScanTests
{
    private const int Frames = 30;

    private sealed record Row(long A, string? Text);

    [Fact]
    public async Task A_scan_reads_the_same_rows_over_the_data_port_and_without_it()
    {
        var directory = Directory.CreateTempSubdirectory("grid-client-tests");
        await using (var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory.FullName, Configure = grid => grid.DataPort = -1 }))
        {
            var metrics = host.Services.GetRequiredService<DataPortHost>().Server!.Metrics;
            await host.Client.CreateDatabaseAsync("test");
            await using var table = await host.Client.CreateTableAsync<Row>("test.rows", new TableOptions { Buckets = 2, Compression = FrameCompression.None });
            await using (var writer = table.CreateWriter())
                await writer.AddAsync(Enumerable.Range(0, 60_000).Select(i => new Row(i, $"the text of row {i}, which is not short at all: {new string('x', i % 50)}")));
            await table.AppendAsync(new Row(-1, new string('y', 3_000_000)));

            await using var other = new GridClient(host.Services.GetRequiredService<IGrainFactory>(), new GridClientOptions { UseDataPort = false });
            await using var plain = await other.OpenTableAsync("test.rows");
            foreach (var options in new[]
            {
                new ScanOptions(),
                new ScanOptions { Columns = ["text"] },
                new ScanOptions { Columns = ["a"], Where = "a > 30000 and a < 50000" },
                new ScanOptions { Where = "a = 59999" },
                new ScanOptions { Start = ScanStart.AtOffset(new LogOffset(1234)) },
            })
            {
                var streams = metrics.StreamsAccepted;
                var without = await RowsAsync(plain, options);
                Assert.Equal(streams, metrics.StreamsAccepted);
                Assert.Equal(without, await RowsAsync(table.Untyped, options));
                Assert.True(metrics.StreamsAccepted > streams || options.Where is not null, $"{options} did not use the data port"); // a filter may leave no more than one fetch
            }

            Assert.Equal(60_001, await table.CountAsync());
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task What_one_fetch_answers_needs_no_ticket()
    {
        var (grid, bucket) = await FillAsync(frames: 1);
        bucket.Streams = _ => throw new InvalidOperationException("A ticket was asked for.");
        Assert.Equal(Expected(1), await ScanAsync(grid));
    }

    [Fact]
    public async Task A_fetch_that_a_dead_node_does_not_answer_is_made_again_within_seconds()
    {
        var (grid, bucket) = await FillAsync(frames: 1);
        bucket.LostFetches = 1;
        var time = new ManualTimeProvider();
        await using var client = grid.Connect(time);
        var began = time.GetUtcNow();
        var scan = ScanAsync(client);
        while (!scan.IsCompleted)
        {
            if (time.Armed > 0)
                time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        Assert.Equal(Expected(1), await scan);
        Assert.Equal(2, bucket.Fetches);
        Assert.InRange(time.GetUtcNow() - began, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task A_scan_takes_one_fetch_and_then_the_stream()
    {
        var (grid, bucket) = await FillAsync();
        await using var port = new FakeDataPort(bucket);
        Assert.Equal(Expected(), await ScanAsync(grid));
        Assert.Equal((1, 1), (bucket.Fetches, (int)port.Server.Metrics.StreamsAccepted));
    }

    [Fact]
    public async Task A_connection_that_breaks_anywhere_leaves_no_gap_and_repeats_nothing()
    {
        var (grid, bucket) = await FillAsync();
        var bytes = 8 + bucket.Log.Sum(frame => frame.Frame.Length + 13) + 29;
        for (var cut = 0; cut <= bytes; cut += 61)
        {
            await using var port = new FakeDataPort(bucket, cut);
            Assert.Equal(Expected(), await ScanAsync(grid));
        }
    }

    [Theory]
    [InlineData(GridErrorCode.Closing)]
    [InlineData(GridErrorCode.OffsetOutOfRange)]
    [InlineData(GridErrorCode.StorageFailed)]
    public async Task A_stream_that_ends_with_an_error_goes_on_by_fetches(GridErrorCode code)
    {
        var (grid, bucket) = await FillAsync();
        await using var port = new FakeDataPort(bucket)
        {
            Sending = header =>
            {
                if (header.BaseOffset.Value > 40)
                    throw new GridException(code, "No more.");
            },
        };
        Assert.Equal(Expected(), await ScanAsync(grid));
        Assert.InRange(bucket.Fetches, 2, Frames - 5);
    }

    [Fact]
    public async Task A_node_that_refuses_tickets_or_connections_is_read_by_fetches()
    {
        var (grid, bucket) = await FillAsync();
        bucket.Streams = _ => throw new GridException(GridErrorCode.Busy, "Too many tickets.");
        Assert.Equal(Expected(), await ScanAsync(grid));

        await using (var port = new FakeDataPort(bucket))
        {
            bucket.Streams = _ => Ticket(port.Server.EndPoint.Port); // one it does not know
            Assert.Equal(Expected(), await ScanAsync(grid));
            Assert.Equal(1, port.Server.Metrics.ConnectionsRefused);
        }

        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        var closed = ((IPEndPoint)deaf.LocalEndpoint).Port;
        deaf.Stop();
        bucket.Streams = _ => Ticket(closed);
        Assert.Equal(Expected(), await ScanAsync(grid));
        Assert.Equal(3 * Frames, bucket.Fetches);
    }

    [Fact]
    public async Task A_port_that_was_not_reached_is_not_called_again_soon()
    {
        var (grid, bucket) = await FillAsync();
        await using var port = new FakeDataPort(bucket);
        var good = bucket.Streams;
        await using var client = grid.Connect();
        bucket.Streams = _ => Ticket(port.Server.EndPoint.Port);
        Assert.Equal(Expected(), await ScanAsync(client));
        bucket.Streams = good;
        Assert.Equal(Expected(), await ScanAsync(client));
        Assert.Equal(0, port.Server.Metrics.StreamsAccepted);
    }

    private static StreamTicket Ticket(int port) => new() { Host = "127.0.0.1", Port = port, Ticket = [.. new byte[32]], ExpiresAtMs = 0 };

    private static async Task<(FakeGrid Grid, FakeBucket Bucket)> FillAsync(int frames = Frames)
    {
        var grid = new FakeGrid(new CreateTable
        {
            Path = TablePath.Parse("test.rows"),
            Columns = [new Column("a", DataType.Int64, nullable: false), new Column("text", DataType.String)],
            Options = new TableOptions { Buckets = 1, Compression = FrameCompression.None },
        });
        await using var client = grid.Connect();
        await using var table = await client.OpenTableAsync<Row>("test.rows");
        for (var i = 0; i < frames; i++)
            await table.AppendAsync([new Row(3 * i, "a"), new Row((3 * i) + 1, "b"), new Row((3 * i) + 2, null)]);
        Assert.Equal(frames, grid.Bucket(0).Log.Count);
        return (grid, grid.Bucket(0));
    }

    private static IEnumerable<long> Expected(int frames = Frames) => Enumerable.Range(0, frames * 3).Select(i => (long)i);

    private static async Task<List<long>> ScanAsync(FakeGrid grid)
    {
        await using var client = grid.Connect();
        return await ScanAsync(client);
    }

    private static async Task<List<long>> ScanAsync(GridClient client)
    {
        await using var table = await client.OpenTableAsync<Row>("test.rows");
        var rows = new List<long>();
        await foreach (var row in table.ScanAsync())
            rows.Add(row.A);
        return rows;
    }

    private static async Task<ImmutableSortedDictionary<string, int>> RowsAsync(GridTable table, ScanOptions options)
    {
        var rows = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        await foreach (var batch in table.ScanAsync(options))
        {
            using (batch)
                for (var i = 0; i < batch.RowCount; i++)
                {
                    var text = $"{batch.Bucket}/{batch.OffsetOf(i)}:" + string.Join('|', batch.Rows.Arrays.Select(a => a is Apache.Arrow.Int64Array n ? n.GetValue(i)?.ToString() : ((Apache.Arrow.StringArray)a).GetString(i)));
                    rows[text] = rows.GetValueOrDefault(text) + 1;
                }
        }

        return rows.ToImmutable();
    }
}
