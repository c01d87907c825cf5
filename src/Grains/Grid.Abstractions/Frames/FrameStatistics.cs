using System.Buffers.Text;

namespace Grid.Abstractions;

/// <summary>What a frame's message says of one column's values.</summary>
public readonly record struct ColumnStatistics
{
    /// <summary>Rows in which the column is null.</summary>
    public required int NullCount { get; init; }

    /// <summary>Whether the bounds are known. They are not for columns without any value, floats with a NaN, or text whose upper bound cannot be shortened.</summary>
    public bool HasMinMax { get; init; }

    /// <summary>No value is lower (<see cref="OrderedBytes"/>; text and bytes as they are, cut after <see cref="FrameStatistics.BoundBytesMax"/>).</summary>
    public ReadOnlyMemory<byte> Min { get; init; }

    /// <summary>No value is higher; long text is cut and raised, so no value need have this one.</summary>
    public ReadOnlyMemory<byte> Max { get; init; }
}

/// <summary>
/// Minimum, maximum and null count of a frame's scalar columns, from the message's custom metadata (docs/formats.md, "Statistics"). They are
/// what the message's writer said; whoever skips frames by them trusts the writer as much as for the values.
/// </summary>
public sealed class FrameStatistics
{
    /// <summary>Longer text and bytes are cut to this.</summary>
    public const int BoundBytesMax = 32;

    internal const byte FormatVersion = 1;
    internal const byte HasMinMaxFlag = 1;

    /// <summary>A column takes at most 5 + 5 + 1 + 2 * (1 + 32) = 77 bytes; 2000 of them take 206 KB as base64.</summary>
    private const int TextBytesMax = 1024 * 1024;

    private readonly byte[] _bytes;
    private readonly int _length;

    private FrameStatistics(int rowCount, byte[] bytes, int length)
    {
        RowCount = rowCount;
        _bytes = bytes;
        _length = length;
    }

    /// <summary>Rows of the frame.</summary>
    public int RowCount { get; }

    internal static ReadOnlySpan<byte> MetadataKey => "grid.stats"u8;

    /// <summary>Reads the statistics; false where the message has none, or none that can be read.</summary>
    /// <param name="metadata">The message's flatbuffer (without its 8-byte prefix).</param>
    /// <param name="statistics">The statistics, a copy.</param>
    public static bool TryRead(ReadOnlySpan<byte> metadata, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out FrameStatistics? statistics)
    {
        statistics = null;
        try
        {
            var batch = BatchMetadata.Read(metadata);
            if (batch.Statistics.IsEmpty || batch.Statistics.Length > TextBytesMax || batch.RowCount is < 0 or > FrameHeader.RowCountMax)
                return false;
            var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(batch.Statistics.Length)];
            var status = Base64.DecodeFromUtf8(batch.Statistics, bytes, out _, out var length);
            if (status != System.Buffers.OperationStatus.Done || length == 0 || bytes[0] != FormatVersion)
                return false;
            statistics = new FrameStatistics((int)batch.RowCount, bytes, length);
            return true;
        }
        catch (GridException)
        {
            // A damaged message: skipping is an optimisation, the decoder is where it is reported.
            return false;
        }
    }

    /// <summary>Statistics that come from elsewhere than a message, in the form that a message's have before base64.</summary>
    internal static FrameStatistics Of(int rowCount, byte[] bytes) => new(rowCount, bytes, bytes.Length);

    /// <summary>What is known of a column; false where nothing is.</summary>
    public bool TryGet(ColumnId column, out ColumnStatistics statistics)
    {
        var reader = new StatisticsReader(_bytes.AsMemory(1, _length - 1));
        while (reader.TryRead(out var id, out statistics))
            if (id == column)
                return statistics.NullCount <= RowCount;
        statistics = default;
        return false;
    }
}
