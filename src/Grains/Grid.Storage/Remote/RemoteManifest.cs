using System.Collections.Immutable;
using System.Diagnostics;
using Grid.Abstractions;

namespace Grid.Storage.Remote;

/// <summary>
/// Which copies of a bucket's segments count, in the order of their offsets: one object, changed only by compare-and-swap by the bucket's leader. It is never changed in memory, only replaced.
/// <para>
/// <see cref="Epoch"/> is the fence: a leader raises it to its own before its first change, so that from then on every change of an earlier one, also one that is still under way, finds another tag
/// and loses. What an earlier one has added is as good as what a later one adds: both have it from below their high watermarks, where all logs are the same.
/// </para>
/// </summary>
internal sealed record RemoteManifest
{
    /// <summary>For <see cref="LastEpoch"/>; no leader has it.</summary>
    public static readonly LeaderEpoch NothingCopied = new(-1);

    /// <summary>The epoch of the leader that changed it last.</summary>
    public required LeaderEpoch Epoch { get; init; }

    /// <summary>How often it was changed: of two readings the one with more is newer.</summary>
    public required long Change { get; init; }

    /// <summary>The offset from which on nothing was copied yet. It stays when segments expire.</summary>
    public required LogOffset End { get; init; }

    /// <summary>The epoch of the last frame that was copied; <see cref="NothingCopied"/>: nothing ever was.</summary>
    public required LeaderEpoch LastEpoch { get; init; }

    /// <summary>The copies, oldest first: each begins where the one before ends, or behind that where a leader's log began later.</summary>
    public required ImmutableArray<RemoteSegment> Segments { get; init; }

    /// <summary>Bytes of the copies.</summary>
    public long Bytes => Segments.Sum(static segment => (long)segment.Bytes);

    /// <summary>The first offset from which on there is no gap up to <see cref="End"/>.</summary>
    public LogOffset Start
    {
        get
        {
            var start = End;
            for (var i = Segments.Length - 1; i >= 0 && Segments[i].EndOffset == start; i--)
                start = Segments[i].From;
            return start;
        }
    }

    /// <summary>The one that a bucket begins with.</summary>
    public static RemoteManifest Begin(LeaderEpoch epoch, LogOffset start) => new() { Epoch = epoch, Change = 1, End = start, LastEpoch = NothingCopied, Segments = [] };

    /// <summary>A later leader's.</summary>
    public RemoteManifest Claim(LeaderEpoch epoch)
    {
        Debug.Assert(epoch > Epoch, "A claim raises the epoch.");
        return this with { Epoch = epoch, Change = Change + 1 };
    }

    /// <summary>With one more copy.</summary>
    public RemoteManifest Add(in RemoteSegment segment)
    {
        Debug.Assert(segment.From >= End && segment.BaseOffset <= segment.From && segment.From < segment.EndOffset, "A copy has rows behind those that are copied.");
        return this with { Change = Change + 1, End = segment.EndOffset, LastEpoch = segment.LastEpoch, Segments = Segments.Add(segment) };
    }

    /// <summary>How many of the oldest copies are due to go.</summary>
    public int CountExpired(RemoteRetention retention, long nowMs)
    {
        var (count, left) = (0, Bytes);
        while (count < Segments.Length
            && ((retention.Ms > 0 && nowMs - Segments[count].LastTimestampMs > retention.Ms) || (retention.Bytes > 0 && left > retention.Bytes)))
            left -= Segments[count++].Bytes;
        return count;
    }

    /// <summary>Without the oldest copies.</summary>
    public RemoteManifest Expire(int count) => this with { Change = Change + 1, Segments = Segments.RemoveRange(0, count) };

    /// <summary>The copy that an offset is read from; -1: none.</summary>
    public int Find(LogOffset offset)
    {
        int low = 0, high = Segments.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Segments[middle].From <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low > 0 && Segments[low - 1].Has(offset) ? low - 1 : -1;
    }

    /// <summary>What must hold; null: it does.</summary>
    public string? FindProblem()
    {
        if (Change < 1 || End.Value < 0 || Epoch.Value < 0 || LastEpoch < NothingCopied)
            return "a number in its head is negative";
        var last = LogOffset.Zero;
        foreach (var segment in Segments)
        {
            if (segment.BaseOffset.Value < 0 || segment.From < segment.BaseOffset || segment.EndOffset <= segment.From || segment.From < last)
                return $"a segment at offset {segment.BaseOffset} has rows {segment.From} to {segment.EndOffset}, behind {last}";
            if (segment.Bytes <= 0 || segment.IndexBytes is < RemoteIndex.HeadBytes or > RemoteLimits.IndexBytesMax || segment.SchemaVersion.Value == 0)
                return $"the segment at offset {segment.BaseOffset} has {segment.Bytes} bytes, an index of {segment.IndexBytes} and schema version {segment.SchemaVersion}";
            last = segment.EndOffset;
        }

        return last > End ? $"its last segment ends at {last}, behind its end {End}" : null;
    }
}
