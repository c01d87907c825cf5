using System.Text;
using Grid.Abstractions;
using Grid.Silo.Clustering;
using Grid.Storage.Objects;
using Orleans.Runtime;

namespace Grid.Silo.Tests.Clustering;

public sealed class DirectoryMembershipTableTests : MembershipTableConformance, IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IObjectStore Open() => new DirectoryObjectStore(_directory.Path);

    [Fact]
    public async Task Of_too_many_dead_rows_the_longest_dead_are_dropped_when_a_silo_joins()
    {
        const int Dead = ObjectStoreMembershipTable.DeadRowsMax + 7;
        var rows = Enumerable.Range(0, Dead).Select(i => MembershipRows.ToRow(TestMembers.Entry(SiloStatus.Dead, TestMembers.Noon.AddHours(-i)), 1));
        await WriteAsync(new MembershipDocument
        {
            Format = ClusterJson.Format,
            Cluster = TestMembers.Cluster,
            Version = Dead,
            Writes = [],
            Rows = [MembershipRows.ToRow(TestMembers.Entry(SiloStatus.Active, TestMembers.Noon.AddYears(-1)), 1), .. rows],
        });

        var data = await TestMembers.Table(Open()).InsertAsync(TestMembers.Entry());

        var dead = data.Members.Where(member => member.Item1.Status == SiloStatus.Dead).Select(member => member.Item1.StartTime).ToArray();
        Assert.Equal(ObjectStoreMembershipTable.DeadRowsMax - 1, dead.Length);
        Assert.Equal(TestMembers.Noon.AddHours(-(dead.Length - 1)), dead.Min());
        Assert.Equal(dead.Length + 2, data.Members.Count);
    }

    [Theory]
    [InlineData("""{"format":2,"cluster":"test cluster 1","version":0,"writes":[],"rows":[]}""", "format 2")]
    [InlineData("""{"format":1,"cluster":"another","version":0,"writes":[],"rows":[]}""", "'another'")]
    [InlineData("""{"format":1,"cluster":"test cluster 1","version":-1,"writes":[],"rows":[]}""", "version -1")]
    [InlineData("""{"format":1,"cluster":"test cluster 1","version":0,"writes":[]}""", "rows")]
    [InlineData("""{"format":1,"cluster":"test cluster 1","version":0,"writes":[],"rows":[{"silo":"nowhere","version":1,"status":"Active","startTime":"2026-01-01T00:00:00Z","aliveTime":"2026-01-01T00:00:00Z"}]}""", "'nowhere'")]
    [InlineData("""{"format":1,"cluster":"test cluster 1","version":0,"writes":[],"rows":[null]}""", "null")]
    [InlineData("not json", "members.json")]
    public async Task A_damaged_table_is_reported_by_name(string text, string message)
    {
        await Open().TryCreateAsync(ClusterNames.Members(TestMembers.Cluster), Encoding.UTF8.GetBytes(text), default);

        var failure = await Assert.ThrowsAsync<GridException>(() => TestMembers.Table(Open()).ReadAll());

        Assert.Equal(GridErrorCode.StorageFailed, failure.Code);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_sign_of_life_leaves_the_time_of_the_row()
    {
        var entry = TestMembers.Entry();
        await TestMembers.Table(Open()).InsertAsync(entry);
        await Open().TryCreateAsync(ClusterNames.Alive(TestMembers.Cluster, entry.SiloAddress), "{}"u8.ToArray(), default);

        Assert.Equal(TestMembers.Noon, (await TestMembers.Table(Open()).ReadAll()).Members[0].Item1.IAmAliveTime);
        await TestMembers.Table(Open()).UpdateIAmAlive(new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = TestMembers.Noon.AddSeconds(1) });
        Assert.Equal(TestMembers.Noon.AddSeconds(1), (await TestMembers.Table(Open()).ReadAll()).Members[0].Item1.IAmAliveTime);
    }

    private async Task WriteAsync(MembershipDocument document) =>
        Assert.NotNull(await Open().TryCreateAsync(ClusterNames.Members(TestMembers.Cluster), ClusterJson.Write(document, ClusterJson.Default.MembershipDocument), default));
}
