using Grid.Abstractions;
using Grid.Storage.Lake.Commit;

namespace Grid.Storage.Lake.Tiering;

/// <summary>What of a table's buckets is in the lake, what is not, and since when. Thread safe.</summary>
internal sealed class TierBacklog(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<LakeBucket, LogOffset?> _ends = [];
    private LakeOffsets _tiered = LakeOffsets.None;
    private long _since = time.GetTimestamp();
    private bool _asked;

    /// <summary>Whether no bucket has, or may have, rows that the lake lacks.</summary>
    public bool IsEmpty => !Behind().Any();

    /// <summary>Rows that the lake lacks, as far as is known.</summary>
    public long Rows
    {
        get
        {
            lock (_lock)
                return _ends.Sum(end => end.Value is { } known ? Math.Max(0, known - _tiered[end.Key]) : 0);
        }
    }

    /// <summary>A bucket that exists, and may have rows that nobody reported.</summary>
    public void Doubt(LakeBucket bucket)
    {
        lock (_lock)
            _ends[bucket] = null;
    }

    /// <summary>A bucket's leader says how far it is; an older report says nothing.</summary>
    public void Report(LakeBucket bucket, LogOffset highWatermark)
    {
        lock (_lock)
        {
            // What came after a quiet time waits for the freshness from now on.
            if (!IsBehindLocked())
                _since = time.GetTimestamp();
            if (_ends.GetValueOrDefault(bucket) is not { } known || known < highWatermark)
                _ends[bucket] = highWatermark;
        }
    }

    /// <summary>The lake table as it is.</summary>
    public void Commit(LakeOffsets tiered)
    {
        lock (_lock)
            _tiered = tiered;
    }

    /// <summary>The next round is wanted now.</summary>
    public void Ask()
    {
        lock (_lock)
            _asked = true;
    }

    /// <summary>A round begins.</summary>
    public void Begin()
    {
        lock (_lock)
            (_asked, _since) = (false, time.GetTimestamp());
    }

    /// <summary>Whether a round should begin.</summary>
    public bool IsDue(long freshnessMs)
    {
        lock (_lock)
            return _asked || (IsBehindLocked() && time.GetElapsedTime(_since).TotalMilliseconds >= freshnessMs);
    }

    /// <summary>The buckets that have, or may have, rows that the lake lacks.</summary>
    public IReadOnlyList<LakeBucket> Behind()
    {
        lock (_lock)
            return [.. _ends.Where(end => IsBehind(end.Key, end.Value)).Select(end => end.Key)];
    }

    /// <summary>A bucket's high watermark as far as it is known, and how far it is in the lake.</summary>
    public (LogOffset Tiered, LogOffset? End) Of(LakeBucket bucket)
    {
        lock (_lock)
            return (_tiered[bucket], _ends.GetValueOrDefault(bucket));
    }

    /// <summary>The buckets that are known, with or without rows.</summary>
    public IReadOnlyList<LakeBucket> Known()
    {
        lock (_lock)
            return [.. _ends.Keys];
    }

    /// <summary>A bucket that is no more; what of it is in the lake stays there.</summary>
    public void Forget(LakeBucket bucket)
    {
        lock (_lock)
            _ends.Remove(bucket);
    }

    private bool IsBehindLocked() => _ends.Any(end => IsBehind(end.Key, end.Value));

    private bool IsBehind(LakeBucket bucket, LogOffset? end) => end is null || end > _tiered[bucket];
}
