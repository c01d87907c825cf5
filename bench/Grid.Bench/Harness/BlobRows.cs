using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Bench.Harness;

/// <summary>A row to fill a shard quickly: an int64 key and 4 KiB of random bytes, which no compression makes smaller; seeded.</summary>
internal static class BlobRows
{
    public const int BlobBytes = 4096;

    public static CreateTable Table(string path, TableOptions options) => new()
    {
        Path = TablePath.Parse(path),
        Columns = [new Column("id", DataType.Int64, nullable: false), new Column("blob", DataType.Binary, nullable: false)],
        PrimaryKey = ["id"],
        Options = options,
    };

    /// <summary>Rows with keys from <paramref name="firstKey"/> on.</summary>
    public static RecordBatch Batch(TableSchema schema, long firstKey, int rows, int seed)
    {
        var ids = new Int64Array.Builder().Reserve(rows);
        var offsets = new ArrowBuffer.Builder<int>(rows + 1).Append(0);
        for (var row = 0; row < rows; row++)
        {
            ids.Append(firstKey + row);
            offsets.Append((row + 1) * BlobBytes);
        }

        var blobs = new byte[rows * BlobBytes];
        new Random(HashCode(firstKey, seed)).NextBytes(blobs);
        IArrowArray[] arrays =
        [
            ids.Build(),
            new BinaryArray(new ArrayData(BinaryType.Default, rows, 0, 0, [ArrowBuffer.Empty, offsets.Build(), new ArrowBuffer(blobs)])),
        ];
        return new RecordBatch(ArrowSchemas.ToArrow(schema), arrays, rows);
    }

    private static int HashCode(long key, int seed) => unchecked((int)(key * 31) + seed);
}
