using System.Collections.Concurrent;
using Grid.Abstractions;
using Grid.Storage.Objects;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Grid.Silo.Clustering;

/// <summary>
/// The objects in which silos say that they are alive. Each is written by its own silo, without a look at anything else. A silo that starts anew on the same
/// address and port takes over the object of the one before; the later generation wins.
/// </summary>
internal sealed partial class AliveTimes(IObjectStore store, string clusterId, ILogger logger)
{
    private const int AttemptsMax = 8;
    private const int ReadsMax = 16;
    private readonly ConcurrentDictionary<string, ObjectTag> _written = new();

    /// <summary>Writes a silo's time over the one before.</summary>
    public async Task WriteAsync(SiloAddress silo, DateTime time, CancellationToken cancellationToken)
    {
        var name = ClusterNames.Alive(clusterId, silo);
        var document = new AliveDocument { Format = ClusterJson.Format, Silo = silo.ToParsableString(), Time = MembershipRows.Utc(time) };
        var content = ClusterJson.Write(document, ClusterJson.Default.AliveDocument);

        // Only this silo writes it, so the tag of its last write is nearly always the present one. Removed first: after a failure nothing is assumed.
        ObjectTag? expected = _written.TryRemove(name, out var last) ? last : null;
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var tag = expected is { } present
                ? await store.TryReplaceAsync(name, content, present, cancellationToken).ConfigureAwait(false)
                : await store.TryCreateAsync(name, content, cancellationToken).ConfigureAwait(false);
            if (tag is { } now)
            {
                _written[name] = now;
                return;
            }

            var other = await ReadAsync(name, cancellationToken).ConfigureAwait(false);
            if (other.Silo?.Generation > silo.Generation)
                return; // Not the one that lives at this address any more; the membership table will tell.
            expected = other.Tag;
        }

        throw new GridException(GridErrorCode.Busy, $"'{name}' was written by others {AttemptsMax} times in a row; two silos seem to use the address {silo}. Stop one of them.");
    }

    /// <summary>What the silos last said; those that never did are missing.</summary>
    public async Task<IReadOnlyDictionary<SiloAddress, DateTime>> ReadAsync(IReadOnlyCollection<SiloAddress> silos, CancellationToken cancellationToken)
    {
        var times = new ConcurrentDictionary<SiloAddress, DateTime>();
        await Parallel.ForEachAsync(silos, new ParallelOptions { MaxDegreeOfParallelism = ReadsMax, CancellationToken = cancellationToken }, async (silo, token) =>
        {
            var (written, time, _) = await ReadAsync(ClusterNames.Alive(clusterId, silo), token).ConfigureAwait(false);
            if (silo.Equals(written))
                times[silo] = time;
        }).ConfigureAwait(false);
        return times;
    }

    /// <summary>Deletes objects that no row stands for and that were last written before the given time: their silo wrote on after its row was gone.</summary>
    public async Task SweepAsync(IEnumerable<SiloAddress> present, DateTimeOffset beforeDate, CancellationToken cancellationToken)
    {
        var names = present.Select(silo => ClusterNames.Alive(clusterId, silo)).ToHashSet(StringComparer.Ordinal);
        var orphans = new List<ObjectEntry>();
        await foreach (var entry in store.ListAsync(ClusterNames.AliveOf(clusterId), cancellationToken).ConfigureAwait(false))
            if (entry.ModifiedAt < beforeDate && !names.Contains(entry.Name))
                orphans.Add(entry);
        foreach (var orphan in orphans)
            await store.TryDeleteAsync(orphan.Name, orphan.Tag, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The silo that wrote the object last, and its time; no silo where there is no object, or none that reads.</summary>
    private async Task<(SiloAddress? Silo, DateTime Time, ObjectTag? Tag)> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var content = await store.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        if (content is null)
            return default;
        try
        {
            var document = ClusterJson.Read(name, content, ClusterJson.Default.AliveDocument, d => d.Format);
            return (MembershipRows.ParseSilo(name, document.Silo), MembershipRows.Utc(document.Time), content.Tag);
        }
        catch (GridException damaged) when (damaged.Code == GridErrorCode.StorageFailed)
        {
            // One silo's sign of life must not keep all others from reading the table; its row has a time too, and the silo writes anew in a moment.
            LogUnreadable(logger, name, damaged);
            return (null, default, content.Tag);
        }
    }
}
