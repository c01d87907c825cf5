using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// Chooses buckets as Iceberg's bucket transform does: murmur3_x86_32 with seed 0, <c>(hash &amp; 0x7fffffff) % buckets</c>, over the value's bytes
/// as Iceberg's Appendix B defines them for a single column, over the encoded key (<see cref="KeyEncoder"/>) for several.
/// </summary>
public sealed class BucketFunction
{
    /// <summary>Prepares the function for a table's bucket key.</summary>
    public BucketFunction(TableSchema schema, int buckets) => throw new NotImplementedException();

    /// <summary>The bucket of one key: values of the bucket key's columns, .NET types of <see cref="ValueText"/>.</summary>
    public int Bucket(ReadOnlySpan<object?> bucketKey) => throw new NotImplementedException();

    /// <summary>The buckets of all rows.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="indexes">Where each bucket key column stands in the batch.</param>
    /// <param name="destination">One number a row.</param>
    public void Buckets(RecordBatch batch, ReadOnlySpan<int> indexes, Span<int> destination) => throw new NotImplementedException();
}
