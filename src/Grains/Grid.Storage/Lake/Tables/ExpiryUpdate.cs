using System.Collections.Immutable;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>Takes old snapshots out of the metadata; their files are <see cref="LakeCleaner"/>'s once that is committed.</summary>
internal sealed class ExpiryUpdate(TimeProvider time, LakeTableOptions options) : ILakeUpdate
{
    /// <summary>What the version that was made last leaves out.</summary>
    public ImmutableArray<Snapshot> Expired { get; private set; } = [];

    /// <inheritdoc/>
    public LakeOffsets From => LakeOffsets.None;

    /// <inheritdoc/>
    public ImmutableArray<LakeBucket> Expected => [];

    /// <inheritdoc/>
    public DiscardReason Unfit => DiscardReason.NotNeeded;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Written => [];

    /// <inheritdoc/>
    public Task<LakeDraft?> PrepareAsync(LakeState head, CancellationToken cancellationToken)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        (var next, Expired) = head.Metadata.ExpireSnapshots(nowMs - options.SnapshotAgeMsMax, options.SnapshotsKept, nowMs, options.SnapshotsMax);
        return Task.FromResult(Expired.IsEmpty ? null : new LakeDraft(next, head.Offsets, []));
    }
}
