using Orleans.Runtime;

namespace Grid.Silo.Clustering;

/// <summary>Orleans' membership entries as rows of the document, and back.</summary>
internal static class MembershipRows
{
    public static MembershipRow ToRow(MembershipEntry entry, int version) => new()
    {
        Silo = entry.SiloAddress.ToParsableString(),
        Version = version,
        Status = entry.Status,
        Name = entry.SiloName,
        Host = entry.HostName,
        ProxyPort = entry.ProxyPort,
        Role = entry.RoleName,
        UpdateZone = entry.UpdateZone,
        FaultZone = entry.FaultZone,
        StartTime = Utc(entry.StartTime),
        AliveTime = Utc(entry.IAmAliveTime),
        Suspects = entry.SuspectTimes is { Count: > 0 } votes
            ? [.. votes.Select(vote => new SuspectVote { Silo = vote.Item1.ToParsableString(), Time = Utc(vote.Item2) })]
            : null,
    };

    /// <param name="name">The object that the row was read from.</param>
    /// <param name="row">The row.</param>
    /// <param name="silo">Its silo, parsed.</param>
    /// <param name="aliveTime">What the silo's own object says; the later of the two holds.</param>
    public static MembershipEntry ToEntry(string name, MembershipRow row, SiloAddress silo, DateTime? aliveTime) => new()
    {
        SiloAddress = silo,
        Status = row.Status,
        SiloName = row.Name ?? "",
        HostName = row.Host ?? "",
        ProxyPort = row.ProxyPort,
        RoleName = row.Role,
        UpdateZone = row.UpdateZone,
        FaultZone = row.FaultZone,
        StartTime = Utc(row.StartTime),
        IAmAliveTime = aliveTime is { } alive && alive > Utc(row.AliveTime) ? alive : Utc(row.AliveTime),
        SuspectTimes = [.. (row.Suspects ?? []).Select(vote => Tuple.Create(ParseSilo(name, vote.Silo), Utc(vote.Time)))],
    };

    public static SiloAddress ParseSilo(string name, string text)
    {
        try
        {
            return SiloAddress.FromParsableString(text);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            throw ClusterJson.Damaged(name, $"'{text}' is not a silo's address");
        }
    }

    /// <summary>The last time that anything was heard of the row's silo: it started, said that it is alive, or was suspected.</summary>
    public static DateTime LastHeard(MembershipRow row)
    {
        var last = row.StartTime > row.AliveTime ? row.StartTime : row.AliveTime;
        foreach (var vote in row.Suspects ?? [])
            if (vote.Time > last)
                last = vote.Time;
        return Utc(last);
    }

    // Orleans' times are UTC, whatever they say of themselves.
    public static DateTime Utc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
