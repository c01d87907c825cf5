using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Bench.Harness;

/// <summary>The row of the key-value benchmarks: an int64 key, an int64 and a text, 100 bytes together; seeded.</summary>
internal static class NarrowRows
{
    public const int TextLength = 84;

    public static CreateTable Table(string path, int buckets) => new()
    {
        Path = TablePath.Parse(path),
        Columns = [new Column("id", DataType.Int64, nullable: false), new Column("amount", DataType.Int64, nullable: false), new Column("name", DataType.String, nullable: false)],
        PrimaryKey = ["id"],
        Options = new TableOptions { Buckets = buckets, Compression = FrameCompression.None, Flush = FlushPolicy.Os },
    };

    /// <summary>Rows with the given keys; their other columns vary with the seed, so that no upsert equals the stored row.</summary>
    public static RecordBatch Batch(TableSchema schema, ReadOnlySpan<long> keys, int seed)
    {
        var ids = new Int64Array.Builder().Reserve(keys.Length);
        var amounts = new Int64Array.Builder().Reserve(keys.Length);
        var offsets = new ArrowBuffer.Builder<int>(keys.Length + 1);
        var texts = new ArrowBuffer.Builder<byte>(keys.Length * TextLength);
        var text = new byte[TextLength];
        offsets.Append(0);
        for (var row = 0; row < keys.Length; row++)
        {
            ids.Append(keys[row]);
            amounts.Append(seed * 1_000_003L + row);
            FillText(text, keys[row], seed);
            texts.Append(text);
            offsets.Append((row + 1) * TextLength);
        }

        IArrowArray[] arrays =
        [
            ids.Build(),
            amounts.Build(),
            new StringArray(new ArrayData(StringType.Default, keys.Length, 0, 0, [ArrowBuffer.Empty, offsets.Build(), texts.Build()])),
        ];
        return new RecordBatch(ArrowSchemas.ToArrow(schema), arrays, keys.Length);
    }

    /// <summary>Fills a text of letters that depend on key and seed.</summary>
    public static void FillText(Span<byte> text, long key, int seed)
    {
        var state = unchecked((ulong)key * 0x9E3779B97F4A7C15 + (ulong)seed);
        for (var i = 0; i < text.Length; i++)
        {
            state = unchecked((state * 6364136223846793005) + 1442695040888963407);
            text[i] = (byte)('a' + (int)(state >> 59) % 26);
        }
    }
}
