using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Commit;

/// <summary>
/// How far each bucket's log is in the lake: the first offset that is not, 0 where nothing is. As text, buckets in order: <c>PARTITION/BUCKET=OFFSET</c>, joined by ','.
/// </summary>
public sealed class LakeOffsets : IEquatable<LakeOffsets>
{
    private readonly ImmutableSortedDictionary<LakeBucket, long> _ends;

    private LakeOffsets(ImmutableSortedDictionary<LakeBucket, long> ends) => _ends = ends;

    /// <summary>Nothing is in the lake.</summary>
    public static LakeOffsets None { get; } = new(ImmutableSortedDictionary<LakeBucket, long>.Empty);

    /// <summary>The buckets of which something is in the lake, in order.</summary>
    public IEnumerable<LakeBucket> Buckets => _ends.Keys;

    /// <summary>The first offset of a bucket that is not in the lake.</summary>
    public LogOffset this[LakeBucket bucket] => new(_ends.GetValueOrDefault(bucket));

    /// <summary>With one bucket at another offset.</summary>
    public LakeOffsets With(LakeBucket bucket, LogOffset end) => new(end.Value == 0 ? _ends.Remove(bucket) : _ends.SetItem(bucket, end.Value));

    /// <summary>Reads the text form.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: it is none.</exception>
    public static LakeOffsets Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ends = ImmutableSortedDictionary.CreateBuilder<LakeBucket, long>();
        foreach (var range in text.AsSpan().Split(','))
        {
            var part = text.AsSpan(range);
            if (part.IsEmpty && text.Length == 0)
                break;
            if (!TryParse(part, out var bucket, out var end) || !ends.TryAdd(bucket, end))
                throw new GridException(GridErrorCode.Corrupt, $"'{part}' in the lake's offsets is not PARTITION/BUCKET=OFFSET, or says a bucket twice.");
        }

        return new LakeOffsets(ends.ToImmutable());
    }

    /// <inheritdoc/>
    public bool Equals(LakeOffsets? other) => other is not null && _ends.SequenceEqual(other._ends);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LakeOffsets);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (bucket, end) in _ends)
            hash.Add((bucket, end));
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (bucket, end) in _ends)
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "," : "")}{bucket.Partition.Value}/{bucket.Number}={end}");
        return text.ToString();
    }

    private static bool TryParse(ReadOnlySpan<char> part, out LakeBucket bucket, out long end)
    {
        (bucket, end) = (default, 0);
        var slash = part.IndexOf('/');
        var equals = part.IndexOf('=');
        if (slash < 0 || equals < slash
            || !int.TryParse(part[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            || !int.TryParse(part[(slash + 1)..equals], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !long.TryParse(part[(equals + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out end)
            || end == 0)
            return false;
        bucket = new LakeBucket(new PartitionId(partition), number);
        return true;
    }
}
