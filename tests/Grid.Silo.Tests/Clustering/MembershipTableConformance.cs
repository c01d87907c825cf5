using Grid.Silo.Clustering;
using Grid.Storage.Objects;
using Orleans.Runtime;

namespace Grid.Silo.Tests.Clustering;

/// <summary>What Orleans expects of a membership table, over any object store.</summary>
public abstract class MembershipTableConformance
{
    private const int Writers = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Opens the store of this test, each time as another process would.</summary>
    protected abstract IObjectStore Open();

    private ObjectStoreMembershipTable Table(string cluster = TestMembers.Cluster) => TestMembers.Table(Open(), cluster);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_new_table_is_empty_and_of_version_0(bool initialize)
    {
        var table = Table();
        await table.InitializeMembershipTable(initialize);
        await Table().InitializeMembershipTable(initialize);

        var data = await table.ReadAll();
        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotNull(data.Version.VersionEtag);
    }

    [Fact]
    public async Task A_row_is_read_back_as_it_was_inserted()
    {
        var entry = TestMembers.Entry(SiloStatus.Active, TestMembers.Noon.AddTicks(1234567));
        entry.SuspectTimes = [Tuple.Create(TestMembers.Silo("fe80::12"), TestMembers.Noon.AddSeconds(1)), Tuple.Create(TestMembers.Silo(), TestMembers.Noon)];

        var all = await Table().InsertAsync(entry);
        var one = await Table().ReadRow(entry.SiloAddress);

        foreach (var data in new[] { all, one })
        {
            Assert.Equal(1, data.Version.Version);
            var (read, tag) = Assert.Single(data.Members);
            Assert.Equal(entry.Text(), read.Text());
            Assert.Equal(entry.IAmAliveTime, read.IAmAliveTime);
            Assert.NotEmpty(tag);
        }

        Assert.Equal(all.Version, one.Version);
    }

    [Fact]
    public async Task A_silo_without_a_row_is_read_as_no_row_at_the_tables_version()
    {
        await Table().InsertAsync(TestMembers.Entry());

        var data = await Table().ReadRow(TestMembers.Silo());

        Assert.Empty(data.Members);
        Assert.Equal(1, data.Version.Version);
    }

    [Fact]
    public async Task An_insert_is_refused_for_a_silo_that_has_a_row_and_for_a_table_that_changed()
    {
        var table = Table();
        var (first, second) = (TestMembers.Entry(), TestMembers.Entry());
        var empty = (await table.ReadAll()).Version.Next();
        Assert.True(await table.InsertRow(first, empty));

        Assert.False(await table.InsertRow(first, empty));
        Assert.False(await table.InsertRow(second, empty));
        var now = (await table.ReadAll()).Version;
        Assert.False(await table.InsertRow(first, now.Next()));
        Assert.False(await table.InsertRow(second, now));
        Assert.False(await table.InsertRow(second, now.Next().Next()));
        Assert.False(await table.InsertRow(second, new TableVersion(2, "no such tag")));

        var data = await table.ReadAll();
        Assert.Equal(now, data.Version);
        Assert.Single(data.Members);
        Assert.True(await table.InsertRow(second, now.Next()));
    }

    [Fact]
    public async Task An_update_is_refused_for_another_tag_of_the_row_or_of_the_table_and_for_a_silo_without_a_row()
    {
        var table = Table();
        var entry = TestMembers.Entry();
        var before = await table.InsertAsync(entry);
        var rowTag = before.Members[0].Item2;
        entry.Status = SiloStatus.Active;
        entry.SuspectTimes = [Tuple.Create(TestMembers.Silo(), TestMembers.Noon)];

        Assert.False(await table.UpdateRow(entry, rowTag, before.Version));
        Assert.False(await table.UpdateRow(entry, "no such tag", before.Version.Next()));
        Assert.False(await table.UpdateRow(TestMembers.Entry(), rowTag, before.Version.Next()));
        Assert.Equal(before.Version, (await table.ReadAll()).Version);

        Assert.True(await table.UpdateRow(entry, rowTag, before.Version.Next()));
        Assert.False(await table.UpdateRow(entry, rowTag, before.Version.Next()));
        var after = await Table().ReadAll();
        Assert.Equal(2, after.Version.Version);
        Assert.NotEqual(rowTag, after.Members[0].Item2);
        Assert.Equal(entry.Text(), after.Members[0].Item1.Text());
        Assert.False(await table.UpdateRow(entry, after.Members[0].Item2, before.Version.Next()));
        Assert.False(await table.UpdateRow(entry, rowTag, after.Version.Next()));
        Assert.Equal(after.Version, (await table.ReadAll()).Version);
    }

    [Fact]
    public async Task A_sign_of_life_changes_neither_version_nor_tags_and_what_was_read_before_can_still_be_written()
    {
        var table = Table();
        var entry = TestMembers.Entry();
        var before = await table.InsertAsync(entry);

        await table.UpdateIAmAlive(new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = TestMembers.Noon.AddSeconds(5) });
        await table.UpdateIAmAlive(new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = TestMembers.Noon.AddSeconds(6) });
        await Table().UpdateIAmAlive(new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = TestMembers.Noon.AddSeconds(7) });
        await table.UpdateIAmAlive(new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = TestMembers.Noon.AddSeconds(8) });

        var after = await Table().ReadAll();
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(before.Members[0].Item2, after.Members[0].Item2);
        Assert.Equal(TestMembers.Noon.AddSeconds(8), after.Members[0].Item1.IAmAliveTime);
        Assert.Equal(entry.Text(), after.Members[0].Item1.Text());
        Assert.True(await table.UpdateRow(entry, before.Members[0].Item2, before.Version.Next()));
        Assert.Equal(TestMembers.Noon.AddSeconds(8), (await table.ReadRow(entry.SiloAddress)).Members[0].Item1.IAmAliveTime);
    }

    [Fact]
    public async Task A_silo_that_starts_anew_takes_over_the_sign_of_life_of_its_address()
    {
        var (first, second) = (TestMembers.Entry(), TestMembers.Entry());
        await Table().InsertAsync(first);
        await Table().InsertAsync(second);
        var (before, after) = (Table(), Table());
        Task SayAsync(ObjectStoreMembershipTable table, MembershipEntry entry, int second) =>
            table.UpdateIAmAlive(new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = TestMembers.Noon.AddSeconds(second) });
        async Task<int> SecondAsync(MembershipEntry entry) => ((await Table().ReadRow(entry.SiloAddress)).Members[0].Item1.IAmAliveTime - TestMembers.Noon).Seconds;

        await SayAsync(before, first, 1);
        Assert.Equal((1, 0), (await SecondAsync(first), await SecondAsync(second)));
        await SayAsync(after, second, 2);
        await SayAsync(before, first, 3);
        Assert.Equal((0, 2), (await SecondAsync(first), await SecondAsync(second)));
        await SayAsync(after, second, 4);

        Assert.Equal((0, 4), (await SecondAsync(first), await SecondAsync(second)));
        Assert.Single(await SignsOfLifeAsync());
    }

    [Fact]
    public async Task Of_writers_that_read_the_same_version_one_inserts()
    {
        var version = (await Table().ReadAll()).Version.Next();

        var results = await Together(writer => TestMembers.Table(Open()).InsertRow(TestMembers.Entry(), version));

        Assert.Equal(1, results.Count(inserted => inserted));
        var data = await Table().ReadAll();
        Assert.Equal(1, data.Version.Version);
        Assert.Single(data.Members);
    }

    [Fact]
    public async Task Silos_that_join_together_each_get_their_row_and_a_version_of_their_own()
    {
        var entries = Enumerable.Range(0, Writers).Select(_ => TestMembers.Entry()).ToArray();

        await Together(async writer =>
        {
            var table = Table();
            await table.InitializeMembershipTable(true);
            while (!await table.InsertRow(entries[writer], (await table.ReadAll()).Version.Next()))
                await Task.Yield();
            return true;
        });

        var data = await Table().ReadAll();
        Assert.Equal(Writers, data.Version.Version);
        Assert.Equal(entries.Select(entry => entry.SiloAddress).ToHashSet(), data.Members.Select(member => member.Item1.SiloAddress).ToHashSet());
        Assert.Equal(Enumerable.Range(1, Writers), data.Members.Select(member => int.Parse(member.Item2)).Order());
    }

    [Fact]
    public async Task Writers_of_one_row_each_get_a_version_of_their_own()
    {
        var entry = TestMembers.Entry();
        await Table().InsertAsync(entry);

        var votes = await Together(async writer =>
        {
            var (table, voter) = (Table(), TestMembers.Silo());
            while (true)
            {
                var data = await table.ReadRow(entry.SiloAddress);
                var (row, tag) = data.Members[0];
                row.AddSuspector(voter, TestMembers.Noon);
                if (await table.UpdateRow(row, tag, data.Version.Next()))
                    return voter;
            }
        });

        var after = await Table().ReadAll();
        Assert.Equal(1 + Writers, after.Version.Version);
        Assert.Equal(votes.ToHashSet(), after.Members[0].Item1.SuspectTimes!.Select(vote => vote.Item1).ToHashSet());
    }

    [Fact]
    public async Task Cleaning_up_removes_the_long_dead_and_nobody_else()
    {
        var table = Table();
        var old = TestMembers.Noon.AddDays(-10);
        var dead = TestMembers.Entry(SiloStatus.Dead, old);
        var deadLately = TestMembers.Entry(SiloStatus.Dead, old);
        deadLately.SuspectTimes = [Tuple.Create(TestMembers.Silo(), TestMembers.Noon)];
        var others = Enum.GetValues<SiloStatus>().Where(status => status != SiloStatus.Dead).Select(status => TestMembers.Entry(status, old)).ToArray();
        foreach (var entry in others.Append(dead).Append(deadLately).Append(TestMembers.Entry(SiloStatus.Dead)))
            await table.InsertAsync(entry);
        var before = await table.ReadAll();

        await table.CleanupDefunctSiloEntries(TestMembers.Noon.AddDays(-7));

        var after = await Table().ReadAll();
        Assert.Equal(before.Version.Version, after.Version.Version);
        Assert.Equal(before.Members.Select(member => member.Item1.SiloAddress).Where(silo => !silo.Equals(dead.SiloAddress)).ToHashSet(),
            after.Members.Select(member => member.Item1.SiloAddress).ToHashSet());
        Assert.True(await table.InsertRow(TestMembers.Entry(), after.Version.Next()));
    }

    [Fact]
    public async Task Cleaning_up_removes_old_signs_of_life_that_no_row_stands_for()
    {
        var table = Table();
        var entry = TestMembers.Entry();
        await table.InsertAsync(entry);
        foreach (var silo in new[] { entry.SiloAddress, TestMembers.Silo("10.0.0.8") })
            await table.UpdateIAmAlive(new MembershipEntry { SiloAddress = silo, IAmAliveTime = TestMembers.Noon });

        await table.CleanupDefunctSiloEntries(DateTimeOffset.UtcNow.AddDays(-1));
        Assert.Equal(2, (await SignsOfLifeAsync()).Count);

        await table.CleanupDefunctSiloEntries(DateTimeOffset.UtcNow.AddDays(1));
        Assert.Equal([ClusterNames.Alive(TestMembers.Cluster, entry.SiloAddress)], await SignsOfLifeAsync());
    }

    [Fact]
    public async Task Clean_ups_and_joins_at_the_same_time_lose_nothing()
    {
        for (var i = 0; i < 5; i++)
            await Table().InsertAsync(TestMembers.Entry(SiloStatus.Dead, TestMembers.Noon.AddDays(-10)));

        await Together(async writer =>
        {
            var table = Table();
            if (writer % 5 == 0)
                await table.CleanupDefunctSiloEntries(TestMembers.Noon.AddDays(-7));
            else
                while (!await table.InsertRow(TestMembers.Entry(), (await table.ReadAll()).Version.Next()))
                    await Task.Yield();
            return true;
        });

        var data = await Table().ReadAll();
        Assert.Equal(5 + (Writers * 4 / 5), data.Version.Version);
        Assert.Equal(Writers * 4 / 5, data.Members.Count);
    }

    [Fact]
    public async Task A_clusters_entries_are_deleted_and_anothers_stay()
    {
        var (mine, other) = (Table(), Table("test/cluster 1"));
        await mine.InsertAsync(TestMembers.Entry());
        await mine.UpdateIAmAlive(TestMembers.Entry());
        await other.InsertAsync(TestMembers.Entry());
        await other.InsertAsync(TestMembers.Entry());

        await mine.DeleteMembershipTableEntries(TestMembers.Cluster);

        Assert.Empty((await mine.ReadAll()).Members);
        Assert.Empty(await SignsOfLifeAsync());
        Assert.Equal(2, (await other.ReadAll()).Members.Count);
        Assert.True(await mine.InsertRow(TestMembers.Entry(), (await mine.ReadAll()).Version.Next()));
    }

    [Fact]
    public async Task Gateways_are_the_active_silos_that_take_clients()
    {
        Assert.Empty(await TestMembers.Gateways(Open()).GetGateways());
        var table = Table();
        var (active, silent) = (TestMembers.Entry(SiloStatus.Active), TestMembers.Entry(SiloStatus.Active));
        silent.ProxyPort = 0;
        foreach (var entry in Enum.GetValues<SiloStatus>().Where(status => status != SiloStatus.Active).Select(status => TestMembers.Entry(status)).Append(active).Append(silent))
            await table.InsertAsync(entry);

        var gateways = TestMembers.Gateways(Open());
        await gateways.InitializeGatewayListProvider();

        Assert.Equal([$"gwy.tcp://10.0.0.7:30000/{active.SiloAddress.Generation}"], (await gateways.GetGateways()).Select(gateway => gateway.ToString()));
        Assert.True(gateways.IsUpdatable);
        Assert.True(gateways.MaxStaleness > TimeSpan.Zero);
    }

    private async Task<List<string>> SignsOfLifeAsync()
    {
        var names = new List<string>();
        await foreach (var entry in Open().ListAsync(ClusterNames.AliveOf(TestMembers.Cluster), default))
            names.Add(entry.Name);
        return names;
    }

    /// <summary>Runs the writers at once: none begins before all are there.</summary>
    private static async Task<T[]> Together<T>(Func<int, Task<T>> write)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            await start.Task;
            return await write(writer);
        })).ToArray();
        start.SetResult();
        return await Task.WhenAll(writers).WaitAsync(Patience);
    }
}
