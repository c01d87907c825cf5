using System.Net;
using Grid.Silo.Clustering;
using Grid.Storage.Objects;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Grid.Silo.Tests.Clustering;

/// <summary>Membership entries and tables for tests.</summary>
internal static class TestMembers
{
    public const string Cluster = "test cluster 1";

    private static int _generation;

    /// <summary>A time without fractions.</summary>
    public static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    public static ObjectStoreMembershipTable Table(IObjectStore store, string cluster = Cluster) =>
        new(store, Options.Create(new ClusterOptions { ClusterId = cluster }), NullLogger<ObjectStoreMembershipTable>.Instance);

    public static ObjectStoreGatewayListProvider Gateways(IObjectStore store, string cluster = Cluster) =>
        new(store, Options.Create(new ClusterOptions { ClusterId = cluster }), Options.Create(new GatewayOptions()));

    public static SiloAddress Silo(string address = "10.0.0.7") => SiloAddress.New(IPAddress.Parse(address), 11111, Interlocked.Increment(ref _generation));

    public static MembershipEntry Entry(SiloStatus status = SiloStatus.Joining, DateTime? at = null) => new()
    {
        SiloAddress = Silo(),
        SiloName = "node-1",
        HostName = "host-1",
        RoleName = "role",
        Status = status,
        ProxyPort = 30000,
        UpdateZone = 3,
        FaultZone = 4,
        StartTime = at ?? Noon,
        IAmAliveTime = at ?? Noon,
        SuspectTimes = [],
    };

    /// <summary>Inserts a row, which must succeed, and returns the table after it.</summary>
    public static async Task<MembershipTableData> InsertAsync(this ObjectStoreMembershipTable table, MembershipEntry entry)
    {
        Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));
        return await table.ReadAll();
    }

    /// <summary>Everything but the sign of life, for comparisons.</summary>
    public static string Text(this MembershipEntry entry) =>
        string.Join('|', entry.SiloAddress.ToParsableString(), entry.SiloName, entry.HostName, entry.RoleName, entry.Status, entry.ProxyPort, entry.UpdateZone, entry.FaultZone,
            entry.StartTime.Ticks, entry.StartTime.Kind, string.Join(',', (entry.SuspectTimes ?? []).Select(vote => $"{vote.Item1.ToParsableString()} {vote.Item2:O}")));
}
