using Grid.Abstractions;

namespace Grid.Storage.Remote;

/// <summary>
/// What a leader does next with the copies of its bucket, and what its log and those of the followers may let go of. Pure: a manifest, a log, a clock in; a step out. Whatever is interrupted is found again by
/// asking anew.
/// </summary>
internal static class RemoteRules
{
    /// <summary>The next step of a leader.</summary>
    /// <param name="manifest">The manifest as it was read last; null: there is none.</param>
    /// <param name="log">The leader's log.</param>
    /// <param name="epoch">The leader's epoch.</param>
    /// <param name="retention">How long copies stay.</param>
    /// <param name="nowMs">The time.</param>
    public static RemoteStep Next(RemoteManifest? manifest, LocalLog log, LeaderEpoch epoch, RemoteRetention retention, long nowMs)
    {
        // A bucket that has nothing to copy, of which there may be a great many, has no manifest either.
        if (manifest is null)
            return log.Copyable.IsEmpty ? default : new RemoteStep(RemoteStepKind.Begin, RemoteManifest.Begin(epoch, log.Start));
        if (manifest.Epoch > epoch)
            return new RemoteStep(RemoteStepKind.Deposed);

        var expired = manifest.CountExpired(retention, nowMs);
        var segment = log.Copyable.FirstOrDefault(segment => segment.EndOffset > manifest.End);
        if (expired == 0 && segment == default)
            return default;
        if (!IsCopied(manifest, log))
            return new RemoteStep(RemoteStepKind.Diverged);
        if (manifest.Epoch < epoch)
            return new RemoteStep(RemoteStepKind.Claim, manifest.Claim(epoch));
        return expired > 0
            ? new RemoteStep(RemoteStepKind.Expire, manifest.Expire(expired)) { Expired = expired }
            : new RemoteStep(RemoteStepKind.Copy) { Segment = segment, From = segment.BaseOffset > manifest.End ? segment.BaseOffset : manifest.End };
    }

    /// <summary>The offset below which a node's log may delete segments: copies of them count.</summary>
    public static LogOffset KeepFrom(RemoteManifest? manifest, LocalLog log) => manifest is not null && IsCopied(manifest, log) ? manifest.End : LogOffset.Zero;

    /// <summary>
    /// Whether the log is the one that was copied. Equal epochs at an offset mean equal logs up to it (docs/replication.md, "Where logs part"), so one look at the last frame that was copied is enough. A log that was
    /// begun anew, after all of a bucket's copies on disks were lost, either does not reach that far or has a later epoch there.
    /// </summary>
    private static bool IsCopied(RemoteManifest manifest, LocalLog log)
    {
        if (manifest.End <= log.Start || manifest.LastEpoch == RemoteManifest.NothingCopied)
            return true; // cut up to there, or nothing was copied: nothing can be compared
        return manifest.LastEpoch == log.EpochAt(manifest.End + -1);
    }
}
