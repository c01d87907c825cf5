using Grid.Abstractions;

namespace Grid.Client;

/// <summary>What a scan reads.</summary>
public sealed record ScanOptions
{
    /// <summary>The columns wanted, by name, in this order; empty: row counts only; null: all. The server sends no others, but for those of the filter.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Only rows for which it is true, column ids of the newest schema version; see <see cref="Where"/> for the text form. Null: all rows.</summary>
    public Predicate? Filter { get; init; }

    /// <summary>The filter as text, for example <c>delay &gt; 5 and origin = 'SFO'</c>; joined with <see cref="Filter"/> by "and" where both are given.</summary>
    public string? Where { get; init; }

    /// <summary>The buckets to read, of each partition where the table has some; null: all. Partitions are chosen by the filter.</summary>
    public IReadOnlyList<int>? Buckets { get; init; }

    /// <summary>Log tables: where to begin.</summary>
    public ScanStart Start { get; init; } = ScanStart.Earliest;

    /// <summary>Log tables: what to do when an offset is not in the log.</summary>
    public OffsetReset Reset { get; init; }

    /// <summary>Log tables: true goes on with rows that come later, until cancelled; false (default) stops at the end that each bucket had when the scan began.</summary>
    public bool Tail { get; init; }

    /// <summary>Log tables: by bucket number, the offset to stop at, at or below the end that the bucket has then; buckets that are not named stop at that end. Null: none is named. Not together with
    /// <see cref="Tail"/>.</summary>
    public IReadOnlyDictionary<int, LogOffset>? Ends { get; init; }

    /// <summary>Primary-key tables: adds a last int64 column <see cref="SystemColumns.VersionName"/>, the offset of each row's last change.</summary>
    public bool Versions { get; init; }
}

/// <summary>What a change stream reads.</summary>
public sealed record ChangeOptions
{
    /// <summary>The columns wanted, by name, in this order; null: all. The change kind comes beside them.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Only changes whose row image matches; the before and the after image of an update are judged each by itself. Null: all.</summary>
    public Predicate? Filter { get; init; }

    /// <summary>The filter as text; joined with <see cref="Filter"/> by "and" where both are given.</summary>
    public string? Where { get; init; }

    /// <summary>The buckets to follow, of each partition where the table has some; null: all. Partitions are chosen by the filter.</summary>
    public IReadOnlyList<int>? Buckets { get; init; }

    /// <summary>Where to begin.</summary>
    public ScanStart Start { get; init; } = ScanStart.Earliest;

    /// <summary>What to do when an offset is not in the log.</summary>
    public OffsetReset Reset { get; init; }

    /// <summary>True: stop at the end that each bucket had at the start. False (default): follow until cancelled.</summary>
    public bool StopAtEnd { get; init; }

    /// <summary>With <see cref="StopAtEnd"/>, by bucket number, the offset to stop at, at or below the end that the bucket has then. Null: none is named.</summary>
    public IReadOnlyDictionary<int, LogOffset>? Ends { get; init; }
}
