using System.Globalization;
using System.Security.Cryptography;
using Grid.Abstractions;
using Grid.Storage.Objects;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Grid.Silo.Clustering;

/// <summary>
/// Orleans' membership table in an object store. All rows and the table's version are one object that is replaced under its tag, so a row and the version
/// change together or not at all, and of two writers that read the same version one gets <c>false</c>. Signs of life lie beside it, an object a silo, and are
/// merged when the table is read.
/// <para>
/// The table's tag is the object's tag, a row's tag is the table version that wrote it. An outcome that the store does not know is found by
/// reading: the object keeps the marks of its last writes.
/// </para>
/// </summary>
public sealed class ObjectStoreMembershipTable : IMembershipTable
{
    /// <summary>Most dead rows kept when a silo joins; the longest dead are dropped above it. Orleans itself keeps far fewer, unless silos die faster than it cleans up.</summary>
    public const int DeadRowsMax = 1000;

    private const int CleanupAttemptsMax = 10;

    /// <summary>How many later writes may hide one whose outcome its writer does not know yet.</summary>
    private const int WriteMarksMax = 32;

    private readonly IObjectStore _store;
    private readonly ConditionalWriter _writer;
    private readonly AliveTimes _alive;
    private readonly string _clusterId;
    private readonly string _name;

    /// <summary>What was read or written last: a write that names its tag needs no read. The replace is conditional, so a stale one does no harm.</summary>
    private volatile MembershipTableObject? _last;

    /// <summary>Makes the table of a cluster; nothing is read or written yet.</summary>
    public ObjectStoreMembershipTable(IObjectStore store, IOptions<ClusterOptions> cluster, ILogger<ObjectStoreMembershipTable> logger)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(cluster);
        _store = store;
        _writer = new ConditionalWriter(store);
        _clusterId = cluster.Value.ClusterId;
        _name = ClusterNames.Members(_clusterId);
        _alive = new AliveTimes(store, _clusterId, logger);
    }

    /// <inheritdoc/>
    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public async Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken)
    {
        // Reading shows at once whether the store can be reached and the object be read.
        var table = await ReadTableAsync(cancellationToken).ConfigureAwait(false);
        if (tryInitTableVersion && table.Tag is null)
            await TryWriteAsync(table, table.Document, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    /// <inheritdoc/>
    public async Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken)
    {
        await _store.DeleteAsync(ClusterNames.Members(clusterId), cancellationToken).ConfigureAwait(false);
        var names = new List<string>();
        await foreach (var entry in _store.ListAsync(ClusterNames.AliveOf(clusterId), cancellationToken).ConfigureAwait(false))
            names.Add(entry.Name);
        foreach (var name in names)
            await _store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    /// <inheritdoc/>
    /// <remarks>The version stays: nobody needs to hear that long dead silos were forgotten.</remarks>
    public async Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < CleanupAttemptsMax; attempt++)
        {
            var table = await ReadTableAsync(cancellationToken).ConfigureAwait(false);
            var kept = Array.FindAll(table.Document.Rows, row => row.Status != SiloStatus.Dead || MembershipRows.LastHeard(row) >= beforeDate.UtcDateTime);
            if (kept.Length < table.Document.Rows.Length && !await TryWriteAsync(table, table.Document with { Rows = kept }, cancellationToken).ConfigureAwait(false))
                continue;

            // The rows go first: what crashes here leaves a sign of life without a row, which the next clean-up finds; never a row without what it needs.
            await _alive.SweepAsync(kept.Select(row => MembershipRows.ParseSilo(_name, row.Silo)), beforeDate, cancellationToken).ConfigureAwait(false);
            return;
        }

        throw new GridException(GridErrorCode.Busy, $"'{_name}' changed {CleanupAttemptsMax} times while dead rows were being removed; the next clean-up tries again.");
    }

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    /// <inheritdoc/>
    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var table = await ReadTableAsync(cancellationToken).ConfigureAwait(false);
        return await ToDataAsync(table, table.Find(key) is { } row ? [row] : [], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAll() => ReadAllAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken)
    {
        var table = await ReadTableAsync(cancellationToken).ConfigureAwait(false);
        return await ToDataAsync(table, table.Document.Rows, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public async Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (await FindTableAsync(tableVersion, cancellationToken).ConfigureAwait(false) is not { } table || table.Find(entry.SiloAddress) is not null)
            return false;
        MembershipRow[] rows = [.. WithoutLongestDead(table.Document.Rows), MembershipRows.ToRow(entry, tableVersion.Version)];
        return await TryWriteAsync(table, table.Document with { Version = tableVersion.Version, Rows = rows }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public async Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (await FindTableAsync(tableVersion, cancellationToken).ConfigureAwait(false) is not { } table
            || table.Find(entry.SiloAddress) is not { } present || TagOf(present) != etag)
            return false;
        var next = MembershipRows.ToRow(entry, tableVersion.Version);
        MembershipRow[] rows = [.. table.Document.Rows.Select(row => ReferenceEquals(row, present) ? next : row)];
        return await TryWriteAsync(table, table.Document with { Version = tableVersion.Version, Rows = rows }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    /// <inheritdoc/>
    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return _alive.WriteAsync(entry.SiloAddress, entry.IAmAliveTime, cancellationToken);
    }

    /// <summary>The table that a change was made for; null where it is not the present one any more.</summary>
    private async Task<MembershipTableObject?> FindTableAsync(TableVersion next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(next);
        var table = _last is { } last && last.TagText == next.VersionEtag ? last : await ReadTableAsync(cancellationToken).ConfigureAwait(false);
        return table.TagText == next.VersionEtag && next.Version == table.Document.Version + 1 ? table : null;
    }

    private async Task<MembershipTableObject> ReadTableAsync(CancellationToken cancellationToken)
    {
        var table = await MembershipTableObject.ReadAsync(_store, _name, _clusterId, cancellationToken).ConfigureAwait(false);
        return _last = table;
    }

    private async Task<bool> TryWriteAsync(MembershipTableObject table, MembershipDocument next, CancellationToken cancellationToken)
    {
        var mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var marked = next with { Writes = [.. table.Document.Writes.TakeLast(WriteMarksMax - 1), mark] };
        var content = ClusterJson.Write(marked, ClusterJson.Default.MembershipDocument);
        var tag = await _writer.TryWriteAsync(_name, content, table.Tag, Carries, cancellationToken).ConfigureAwait(false);
        return tag is not null;

        bool Carries(ObjectContent present) =>
            ClusterJson.Read(_name, present, ClusterJson.Default.MembershipDocument, document => document.Format).Writes.Contains(mark, StringComparer.Ordinal);
    }

    private async Task<MembershipTableData> ToDataAsync(MembershipTableObject table, MembershipRow[] rows, CancellationToken cancellationToken)
    {
        var silos = rows.Select(row => MembershipRows.ParseSilo(_name, row.Silo)).ToArray();
        // The dead say nothing any more.
        var alive = await _alive.ReadAsync([.. silos.Where((_, i) => rows[i].Status != SiloStatus.Dead)], cancellationToken).ConfigureAwait(false);
        var members = new List<Tuple<MembershipEntry, string>>(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            DateTime? aliveTime = alive.TryGetValue(silos[i], out var time) ? time : null;
            members.Add(Tuple.Create(MembershipRows.ToEntry(_name, rows[i], silos[i], aliveTime), TagOf(rows[i])));
        }

        return new MembershipTableData(members, new TableVersion(table.Document.Version, table.TagText));
    }

    private static MembershipRow[] WithoutLongestDead(MembershipRow[] rows)
    {
        var excess = rows.Count(row => row.Status == SiloStatus.Dead) - DeadRowsMax + 1;
        if (excess <= 0)
            return rows;
        var dropped = rows.Where(row => row.Status == SiloStatus.Dead).OrderBy(MembershipRows.LastHeard).Take(excess).ToHashSet(ReferenceEqualityComparer.Instance);
        return [.. rows.Where(row => !dropped.Contains(row))];
    }

    private static string TagOf(MembershipRow row) => row.Version.ToString(CultureInfo.InvariantCulture);
}
