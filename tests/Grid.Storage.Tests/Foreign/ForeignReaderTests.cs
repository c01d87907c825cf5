using Grid.Abstractions;
using Grid.Storage.Tests.Buckets;

namespace Grid.Storage.Tests.Foreign;

/// <summary>A sealed segment is an Arrow file to readers that know nothing of Grid.</summary>
public sealed class ForeignReaderTests
{
    [Fact]
    public async Task A_sealed_segment_is_read_by_the_JavaScript_reader()
    {
        var table = LogTable.Of(new TableOptions { Compression = FrameCompression.None, SegmentBytesMax = 64 * 1024 }, LogTable.Schema);
        await using var bucket = await TestBucket.OpenAsync(table, FlushPolicy.Commit);
        for (var frame = 0; bucket.Segments.Length < 2; frame++)
        {
            using var block = LogTable.Frame(frame * 100L, rows: 100, textLength: 40);
            await bucket.AppendAsync(block);
        }

        var expected = (await bucket.ReadIdsAsync()).ToList();

        var read = await ForeignReader.ReadAsync(bucket.Segments.Order(StringComparer.Ordinal).First());

        var rows = read.GetProperty("rows").GetInt32();
        var ids = read.GetProperty("columns").GetProperty("id").EnumerateArray().Select(id => long.Parse(id.GetString()!, System.Globalization.CultureInfo.InvariantCulture));
        var texts = read.GetProperty("columns").GetProperty("text").EnumerateArray().Select(text => text.GetString());
        Assert.True(rows >= 1000 && read.GetProperty("batches").GetInt32() == rows / 100, $"{rows} rows in {read.GetProperty("batches").GetInt32()} batches");
        Assert.Equal(expected.Take(rows), ids);
        Assert.Equal(expected.Take(rows).Select(id => LogTable.Text(id, 40)), texts);
    }
}
