using System.Buffers.Binary;
using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Reading;

/// <summary>One bucket's data files in the order of their offsets. Manifests may be anybody's, so what they tell is checked.</summary>
internal sealed class LakeBucketFiles
{
    // A frame's header has no higher base offset.
    private const long OffsetMax = long.MaxValue - FrameHeader.RowCountMax;

    private readonly LakeBucketFile[] _files;

    private LakeBucketFiles(LakeBucketFile[] files) => _files = files;

    /// <summary>The first offset in the lake; that after the last where it has no files.</summary>
    public LogOffset Start => _files.Length == 0 ? default : _files[0].Start;

    /// <summary>The offset after the last one.</summary>
    public LogOffset End => _files.Length == 0 ? default : _files[^1].End;

    /// <summary>How many there are.</summary>
    public int Count => _files.Length;

    /// <summary>All of them.</summary>
    public IReadOnlyList<LakeBucketFile> All => _files;

    /// <summary>One by its place.</summary>
    public LakeBucketFile this[int index] => _files[index];

    /// <summary>Orders and checks a bucket's files.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: a file's offsets are not told, are not as many as its rows, or are another's too; deletes, which a log has
    /// none of.</exception>
    public static LakeBucketFiles Of(IEnumerable<LakeFile> files)
    {
        LakeBucketFile[] sorted = [.. files.Select(Check).OrderBy(file => file.Start.Value)];
        for (var i = 1; i < sorted.Length; i++)
        {
            var (left, right) = (sorted[i - 1], sorted[i]);
            if (right.Start < left.End)
                throw LakeErrors.Damaged($"{left.File.Location} has offsets {left.Start} up to {left.End} and {right.File.Location} has {right.Start} up to {right.End}: some are in both");
        }

        return new LakeBucketFiles(sorted);
    }

    /// <summary>The place of the file with an offset; -1: none has it.</summary>
    public int Find(LogOffset offset)
    {
        var (low, high) = (0, _files.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_files[middle].End <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low < _files.Length && _files[low].Start <= offset ? low : -1;
    }

    private static LakeBucketFile Check(LakeFile file)
    {
        if (file.Content != LakeFileContent.Data)
            throw LakeErrors.Unsupported($"{file.Content} in {file.Location} beside a log's rows");
        var lower = Bound(file, file.LowerBounds, "lower");
        var upper = Bound(file, file.UpperBounds, "upper");
        if (lower < 0 || upper < lower || upper >= OffsetMax)
            throw LakeErrors.Damaged($"{file.Location} has offsets {lower} to {upper}; legal are 0 to {OffsetMax - 1}, rising");
        if (upper - lower != file.Rows - 1)
            throw LakeErrors.Damaged($"{file.Location} has {file.Rows} rows and offsets {lower} to {upper}, which are not as many");
        if (file.Bytes <= 0)
            throw LakeErrors.Damaged($"{file.Location} has {file.Bytes} bytes and {file.Rows} rows");
        return new LakeBucketFile(file, new LogOffset(lower), new LogOffset(upper + 1));
    }

    private static long Bound(LakeFile file, ImmutableSortedDictionary<int, ImmutableArray<byte>> bounds, string which)
    {
        if (!bounds.TryGetValue(LakeColumns.Offset.Id.Value, out var bytes) || bytes.IsDefault || bytes.Length != sizeof(long))
            throw LakeErrors.Damaged($"{file.Location} has no {which} bound of {LakeColumns.Offset.Name} of {sizeof(long)} bytes");
        return BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan());
    }
}
