using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Bench.Harness;

/// <summary>The wide row of the log benchmarks: 10 int64 and 10 string columns of about 95 characters, about 1 KB a row; seeded.</summary>
internal static class WideRows
{
    public const int ColumnPairs = 10;
    private const int TextLength = 95;
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    public static CreateTable Table(string path, int buckets, FrameCompression compression) => new()
    {
        Path = TablePath.Parse(path),
        Columns = [.. Enumerable.Range(0, ColumnPairs).SelectMany(i => new[]
        {
            new Column($"n{i:00}", DataType.Int64, nullable: false),
            new Column($"t{i:00}", DataType.String, nullable: false),
        })],
        Options = new TableOptions { Buckets = buckets, Compression = compression, Flush = FlushPolicy.Os },
    };

    /// <summary>One batch of rows for a schema made from <see cref="Table"/>.</summary>
    public static RecordBatch Batch(TableSchema schema, int rows, int seed)
    {
        var random = new Random(seed);
        var arrays = new List<IArrowArray>();
        var text = new byte[TextLength];
        for (var pair = 0; pair < ColumnPairs; pair++)
        {
            var numbers = new Int64Array.Builder().Reserve(rows);
            for (var row = 0; row < rows; row++)
                numbers.Append(random.NextInt64(1_000_000));
            arrays.Add(numbers.Build());

            var offsets = new ArrowBuffer.Builder<int>(rows + 1);
            var bytes = new ArrowBuffer.Builder<byte>(rows * TextLength);
            offsets.Append(0);
            for (var row = 0; row < rows; row++)
            {
                for (var i = 0; i < text.Length; i++)
                    text[i] = (byte)Letters[random.Next(Letters.Length)];
                bytes.Append(text);
                offsets.Append((row + 1) * TextLength);
            }

            arrays.Add(new StringArray(new ArrayData(StringType.Default, rows, 0, 0, [ArrowBuffer.Empty, offsets.Build(), bytes.Build()])));
        }

        return new RecordBatch(ArrowSchemas.ToArrow(schema), arrays, rows);
    }
}
