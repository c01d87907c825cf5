using System.Buffers;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// Chooses buckets as Iceberg's bucket transform does: murmur3_x86_32 with seed 0, <c>(hash &amp; 0x7fffffff) % buckets</c>, over the value's bytes
/// as Iceberg's Appendix B defines them for a single column, over the encoded key (<see cref="KeyEncoder"/>) for several.
/// </summary>
public sealed class BucketFunction
{
    private readonly KeyEncoder _encoder;
    private readonly int _columns;
    private readonly Column? _single;
    private readonly int _buckets;

    /// <summary>Prepares the function for a table's bucket key.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table has no bucket key (its rows go round robin), or
    /// <paramref name="buckets"/> is not 1 to <see cref="TableOptions.BucketsMax"/>.</exception>
    public BucketFunction(TableSchema schema, int buckets)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (schema.BucketKey.IsDefaultOrEmpty)
            throw new GridException(GridErrorCode.InvalidArgument, "The table has no bucket key; its batches go to the buckets in turn.");
        if (buckets is < 1 or > TableOptions.BucketsMax)
            throw new GridException(GridErrorCode.InvalidArgument, $"{buckets} buckets are not possible; 1 to {TableOptions.BucketsMax} are.");
        _encoder = new KeyEncoder(schema, schema.BucketKey);
        _columns = schema.BucketKey.Length;
        _single = _columns == 1 ? schema.GetColumn(schema.BucketKey[0]) : null;
        _buckets = buckets;
    }

    /// <summary>The bucket of one key: values of the bucket key's columns, .NET types of <see cref="ValueText"/>.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NullNotAllowed"/>, <see cref="GridErrorCode.InvalidKey"/>, <see cref="GridErrorCode.TooLarge"/>.</exception>
    public int Bucket(ReadOnlySpan<object?> bucketKey)
    {
        if (bucketKey.Length != _columns)
            throw new GridException(GridErrorCode.InvalidKey, $"The bucket key has {_columns} columns, but {bucketKey.Length} values were given.");
        if (_single is not null)
            return Bucket(KeyValue.Of(_single, bucketKey[0]).Hash());
        var key = new ArrayBufferWriter<byte>();
        _encoder.Encode(bucketKey, key);
        return Bucket(Murmur3.Hash(key.WrittenSpan));
    }

    /// <summary>The buckets of all rows.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="indexes">Where each bucket key column stands in the batch.</param>
    /// <param name="destination">One number a row.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.NullNotAllowed"/>, <see cref="GridErrorCode.TooLarge"/>.</exception>
    public void Buckets(RecordBatch batch, ReadOnlySpan<int> indexes, Span<int> destination)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfNotEqual(indexes.Length, _columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, batch.Length, nameof(destination));
        destination = destination[..batch.Length];
        if (_single is not null)
        {
            BucketsOf(_single.Type, KeyArrays.Get(batch, indexes[0], _single), destination);
            return;
        }

        using var keys = _encoder.Encode(batch, indexes);
        for (var row = 0; row < destination.Length; row++)
            destination[row] = Bucket(Murmur3.Hash(keys[row]));
    }

    private void BucketsOf(DataType type, ArrayData data, Span<int> destination)
    {
        switch (type.Kind)
        {
            case TypeKind.Boolean:
                for (var row = 0; row < destination.Length; row++)
                    destination[row] = Bucket(Murmur3.Hash(BitUtility.GetBit(data.Buffers[1].Span, data.Offset + row) ? 1L : 0L));
                break;
            case TypeKind.Int8:
                var int8s = ScalarArrays.Values<sbyte>(data);
                for (var row = 0; row < destination.Length; row++)
                    destination[row] = Bucket(Murmur3.Hash((long)int8s[row]));
                break;
            case TypeKind.Int16:
                var int16s = ScalarArrays.Values<short>(data);
                for (var row = 0; row < destination.Length; row++)
                    destination[row] = Bucket(Murmur3.Hash((long)int16s[row]));
                break;
            case TypeKind.Int32 or TypeKind.Date:
                var int32s = ScalarArrays.Values<int>(data);
                for (var row = 0; row < destination.Length; row++)
                    destination[row] = Bucket(Murmur3.Hash((long)int32s[row]));
                break;
            case TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc:
                var int64s = ScalarArrays.Values<long>(data);
                for (var row = 0; row < destination.Length; row++)
                    destination[row] = Bucket(Murmur3.Hash(int64s[row]));
                break;
            case TypeKind.Decimal:
                var decimals = ScalarArrays.Values<Int128>(data);
                for (var row = 0; row < destination.Length; row++)
                    destination[row] = Bucket(HashDecimal(decimals[row]));
                break;
            case TypeKind.FixedBinary or TypeKind.Uuid:
                var width = KeyColumnEncoding.FixedWidth(type);
                var values = ScalarArrays.FixedValues(data, width);
                for (var row = 0; row < destination.Length; row++)
                    destination[row] = Bucket(Murmur3.Hash(values.Slice(row * width, width)));
                break;
            default:
                var offsets = ScalarArrays.Offsets(data);
                var bytes = data.Buffers[2].Span;
                for (var row = 0; row < destination.Length; row++)
                    destination[row] = Bucket(Murmur3.Hash(bytes[offsets[row]..offsets[row + 1]]));
                break;
        }
    }

    /// <summary>The hash of a decimal's units: their shortest two's complement, big endian.</summary>
    internal static int HashDecimal(Int128 units)
    {
        Span<byte> room = stackalloc byte[OrderedBytes.DecimalBytes];
        return Murmur3.Hash(DecimalValues.Shortest(units, room));
    }

    private int Bucket(int hash) => (hash & int.MaxValue) % _buckets;
}
