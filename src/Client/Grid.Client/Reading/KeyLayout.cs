using System.Buffers;
using Grid.Abstractions;

namespace Grid.Client.Reading;

/// <summary>Which values of a primary key, given in key order, choose the partition and the bucket.</summary>
internal sealed class KeyLayout
{
    private readonly TableSchema _schema;
    private readonly BucketFunction _function;
    private readonly KeyEncoder? _partitions;
    private readonly bool _bucketIsPrefix;

    public KeyLayout(TableSchema schema, int buckets)
    {
        _schema = schema;
        _function = new BucketFunction(schema, buckets);
        _partitions = schema.IsPartitioned ? new KeyEncoder(schema, schema.PartitionKey) : null;
        Bucket = [.. schema.BucketKey.Select(id => schema.PrimaryKey.IndexOf(id))];
        Partition = [.. schema.PartitionKey.Select(id => schema.PrimaryKey.IndexOf(id))];
        _bucketIsPrefix = Bucket.AsSpan().SequenceEqual(Enumerable.Range(0, Bucket.Length).ToArray());
        Needed = 1 + Math.Max(Bucket.Max(), Partition.Length == 0 ? -1 : Partition.Max());
    }

    /// <summary>Where the bucket key's columns stand in the primary key.</summary>
    public int[] Bucket { get; }

    /// <summary>Where the partition columns stand in the primary key.</summary>
    public int[] Partition { get; }

    /// <summary>How many values of the key there must be, from the first on, so that they choose partition and bucket.</summary>
    public int Needed { get; }

    /// <summary>The columns that must be given.</summary>
    public string NeededNames => string.Join(", ", _schema.PrimaryKey.Take(Needed).Select(id => _schema.GetColumn(id).Name));

    /// <summary>The bucket of a key of which at least <see cref="Needed"/> values are given.</summary>
    public int BucketOf(ReadOnlySpan<object?> key) => _function.Bucket(_bucketIsPrefix ? key[..Bucket.Length] : Pick(key, Bucket));

    /// <summary>The encoded values of the partition columns; null: the table has no partitions.</summary>
    public byte[]? PartitionOf(ReadOnlySpan<object?> key)
    {
        if (_partitions is null)
            return null;
        var writer = new ArrayBufferWriter<byte>(32);
        _partitions.Encode(Pick(key, Partition), writer);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>The buckets of many keys.</summary>
    /// <param name="keys">The key columns.</param>
    /// <param name="indexes">Where each key column stands in <paramref name="keys"/>.</param>
    /// <param name="buckets">One number a key.</param>
    public void Buckets(Apache.Arrow.RecordBatch keys, int[] indexes, Span<int> buckets) => _function.Buckets(keys, Pick(indexes, Bucket), buckets);

    /// <summary>The encoded values of the partition columns of many keys.</summary>
    public EncodedKeys Partitions(Apache.Arrow.RecordBatch keys, int[] indexes) => _partitions!.Encode(keys, Pick(indexes, Partition));

    private static T[] Pick<T>(ReadOnlySpan<T> values, int[] positions)
    {
        var picked = new T[positions.Length];
        for (var i = 0; i < picked.Length; i++)
            picked[i] = values[positions[i]];
        return picked;
    }
}
