using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Cluster.Tests.Membership;
using Xunit.Abstractions;

namespace Grid.Cluster.Tests.Failover;

/// <summary>Three real processes that are killed, frozen, stopped and emptied under traffic: everything acknowledged is there, once, in order. GRID_KILL_ROUNDS is the long form.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class FailoverTests(ITestOutputHelper output)
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("GRID_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? Math.Max(3, rounds / 10) : 3;

    [Fact]
    public async Task Killing_the_leaders_process_loses_nothing_and_writers_go_on()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using var traffic = new Traffic(nodes);
        var pauses = new List<(TimeSpan Writes, TimeSpan Lookups)>();
        for (var round = 0; round < Rounds; round++)
        {
            await traffic.FlowAsync(500);
            var victim = await nodes.FindBusiestLeaderAsync();
            var killed = Stopwatch.GetTimestamp();
            await nodes.KillAsync(victim);
            await traffic.FlowAsync(1500);
            pauses.Add(traffic.LongestPauses(killed));
            await nodes.StartAsync(victim);
            await nodes.WaitUntilInSyncAsync();
        }

        Print("writes", [.. pauses.Select(pause => pause.Writes)]);
        Print("lookups", [.. pauses.Select(pause => pause.Lookups)]);
        await traffic.StopAndVerifyAsync();
        Assert.All(pauses, pause => Assert.InRange(pause.Lookups, TimeSpan.Zero, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_frozen_leader_is_replaced_and_rejoins_when_it_thaws()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using var traffic = new Traffic(nodes);
        await traffic.FlowAsync(500);
        var victim = await nodes.FindBusiestLeaderAsync();
        await nodes[victim].SignalAsync("STOP");
        await traffic.FlowAsync(1500);
        await nodes[victim].SignalAsync("CONT");
        await traffic.FlowAsync(500);

        await WaitUntilInSyncAgainAsync(nodes, victim, nodes.Events.Untyped, nodes.Accounts.Untyped);
        await traffic.StopAndVerifyAsync();
    }

    /// <summary>The client knows one gateway only, of a node that neither leads nor is frozen.</summary>
    [Fact]
    public async Task A_frozen_follower_leaves_the_in_sync_set_and_a_client_of_the_wrong_gateway_goes_on()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using var created = await nodes.Client.CreateTableAsync<Event>("f.single", new TableOptions { Buckets = 1, Replicas = 3, MinInSync = 2 });
        await created.AppendAsync(new Event(1, 0, "first"));
        await nodes.WaitUntilInSyncAsync(created.Untyped);
        var leader = (await created.Untyped.GetStatusAsync())[0].Leader!.Value.Value;
        var (victim, gateway) = (nodes.Nodes.First(node => node != leader), nodes.Nodes.Last(node => node != leader));
        await using var client = await nodes.ConnectAsync(gateway);
        await using var events = await client.OpenTableAsync<Event>("f.single");
        var written = 1;

        await nodes[victim].SignalAsync("STOP");
        bool hasLeft;
        do
        {
            await events.AppendAsync(new Event(1, written++, "frozen"));
            var status = (await events.Untyped.GetStatusAsync())[0];
            Assert.Equal(leader, status.Leader!.Value.Value);
            hasLeft = !status.Replicas.Single(replica => replica.Node.Value == victim).IsInSync;
        }
        while (!hasLeft);
        for (var i = 0; i < 100; i++)
            await events.AppendAsync(new Event(1, written++, "two of three"));

        await nodes[victim].SignalAsync("CONT");
        await WaitUntilInSyncAgainAsync(nodes, victim, created.Untyped);
        Assert.Equal(Enumerable.Range(0, written).Select(number => (long)number), await NumbersAsync(events));
    }

    [Fact]
    public async Task With_one_replica_of_three_left_writes_are_refused_and_reads_go_on()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using (var client = await nodes.ConnectAsync("a"))
        {
            await using var events = await client.OpenTableAsync<Event>("f.events");
            for (var i = 0; i < 20; i++)
                await events.AppendAsync(new Event(1, i, "before"));
        }

        // A leader on every bucket that survives: the others are stopped cleanly, one after the other, so the lead is handed over.
        await nodes.StopAsync("b");
        await nodes.StopAsync("c");
        await using var alone = await Client.GridClient.ConnectAsync(nodes["a"].Endpoint, new Client.GridClientOptions { RetryFor = TimeSpan.FromSeconds(8) });
        await using var table = await alone.OpenTableAsync<Event>("f.events");
        Assert.Equal(20, await table.CountAsync());
        var refusal = await Assert.ThrowsAsync<GridException>(() => table.AppendAsync(new Event(2, 0, "refused")));
        Assert.Equal(GridErrorCode.NotEnoughReplicas, refusal.Code);
        Assert.Equal(20, await table.CountAsync());

        await nodes.StartAsync("b");
        await nodes.Events.AppendAsync(new Event(3, 0, "after"));
        await nodes.StartAsync("c");
        await nodes.WaitUntilInSyncAsync();
    }

    [Fact]
    public async Task A_rolling_restart_is_not_noticed_by_writers()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using var traffic = new Traffic(nodes);
        await traffic.FlowAsync(500);
        var started = Stopwatch.GetTimestamp();
        foreach (var node in nodes.Nodes)
        {
            await nodes.StopAsync(node);
            await nodes.StartAsync(node);
            await nodes.WaitUntilInSyncAsync();
            await traffic.FlowAsync(200);
        }

        var pauses = traffic.LongestPauses(started);
        output.WriteLine($"Longest pause of writes {pauses.Writes.TotalMilliseconds:0} ms, of lookups {pauses.Lookups.TotalMilliseconds:0} ms.");
        Assert.Empty(traffic.Refusals);
        await traffic.StopAndVerifyAsync();
    }

    [Fact]
    public async Task A_node_that_lost_its_disk_is_filled_again_while_writers_run()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using var traffic = new Traffic(nodes);
        await traffic.FlowAsync(1000);
        await nodes.KillAsync("b");
        nodes.WipeDisk("b");
        await traffic.FlowAsync(500);

        // The name belongs to the lost directory's node until its registration lapses.
        await nodes.StartOnceNameIsFreeAsync("b");
        await nodes.WaitUntilInSyncAsync();
        await traffic.StopAndVerifyAsync();
    }

    [Fact]
    public async Task A_lost_shard_whose_changelog_is_gone_is_filled_from_its_leader_over_the_data_port()
    {
        const int Rows = 4000;
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        var options = new TableOptions { Buckets = 1, Replicas = 3, MinInSync = 2, SegmentBytesMax = 64 * 1024, RetentionBytes = 128 * 1024, Compression = FrameCompression.None };
        await using var table = await nodes.Client.CreateTableAsync<Account>("f.cut", options);
        await table.UpsertAsync(Enumerable.Range(0, Rows).Select(id => new Account(id, 1, $"owner {id}")));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var status = (await table.Untyped.GetStatusAsync())[0];
        for (var i = 2; status.StartOffset == LogOffset.Zero; i++)
        {
            await table.UpsertAsync(Enumerable.Range(0, Rows).Select(id => new Account(id, i, $"owner {id}")));
            await timer.WaitForNextTickAsync();
            status = (await table.Untyped.GetStatusAsync())[0];
        }

        var victim = nodes.Nodes.First(node => node != status.Leader!.Value.Value);
        await nodes.KillAsync(victim);
        nodes.WipeDisk(victim);
        await nodes.StartOnceNameIsFreeAsync(victim);

        // Nobody writes: the leader finds out by itself that the copy is gone.
        await nodes.WaitForOutputAsync(status.Leader!.Value.Value, "is filled anew");
        await nodes.WaitUntilInSyncAsync(table.Untyped);

        // The filled copy has it all: it is the only one left.
        await nodes.KillAsync(nodes.Nodes.First(node => node != victim && node != status.Leader!.Value.Value));
        await nodes.KillAsync(status.Leader!.Value.Value);
        Assert.Equal(Rows, await table.CountAsync());
        Assert.Equal("owner 17", (await table.LookupAsync(17L))!.Owner);
    }

    [Fact]
    public async Task Open_buckets_go_on_while_the_object_store_is_away()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using var traffic = new Traffic(nodes);
        await traffic.FlowAsync(1000);
        await nodes.WaitUntilInSyncAsync();
        var away = nodes.ClusterDirectory + ".away";
        Directory.Move(nodes.ClusterDirectory, away);
        try
        {
            await traffic.FlowAsync(3000);
        }
        finally
        {
            if (Directory.Exists(nodes.ClusterDirectory))
                Directory.Delete(nodes.ClusterDirectory, recursive: true);
            Directory.Move(away, nodes.ClusterDirectory);
        }

        await traffic.FlowAsync(500);
        await nodes.WaitUntilInSyncAsync();
        await traffic.StopAndVerifyAsync();
    }

    /// <summary>Orleans ends a process that was declared dead; its operator starts it again.</summary>
    private static async Task WaitUntilInSyncAgainAsync(ReplicatedNodes nodes, string thawed, params Client.GridTable[] tables)
    {
        var inSync = nodes.WaitUntilInSyncAsync(tables);
        await Task.WhenAny(nodes[thawed].WaitForExitAsync(), inSync);
        if (nodes[thawed].HasExited)
            await nodes.StartAsync(thawed);
        await inSync;
    }

    private static async Task<List<long>> NumbersAsync(Client.GridTable<Event> table)
    {
        var numbers = new List<long>();
        await foreach (var row in table.ScanAsync())
            numbers.Add(row.Number);
        return numbers;
    }

    private void Print(string what, TimeSpan[] pauses)
    {
        Array.Sort(pauses);
        output.WriteLine($"{what}: from kill on, the longest pause over {pauses.Length} kills: p50 {pauses[pauses.Length / 2].TotalMilliseconds:0} ms, p99 {pauses[^1].TotalMilliseconds:0} ms.");
    }
}
