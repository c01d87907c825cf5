using System.Buffers;
using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Client.Reading;

/// <summary>The bucket and the bytes of a key prefix or range.</summary>
/// <param name="Bucket">The bucket's number.</param>
/// <param name="Lower">The lowest encoded key.</param>
/// <param name="Upper">The first encoded key above; empty: none.</param>
internal readonly record struct KeyRange(int Bucket, ImmutableArray<byte> Lower, ImmutableArray<byte> Upper)
{
    /// <summary>All keys that begin with these values.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>.</exception>
    public static KeyRange OfPrefix(TableInfo table, object?[] prefix)
    {
        var bytes = Encode(table, prefix);
        return new KeyRange(BucketOf(table, prefix), [.. bytes], [.. KeyEncoder.Successor(bytes)]);
    }

    /// <summary>All keys from <paramref name="lower"/> to below <paramref name="upper"/>, within one bucket key.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>.</exception>
    public static KeyRange Of(TableInfo table, object?[] lower, object?[] upper)
    {
        var bucketKey = table.Schema.BucketKey.Length;
        var (bucket, from, to) = (BucketOf(table, lower), Encode(table, lower), Encode(table, upper));
        BucketOf(table, upper);
        if (!Encode(table, lower[..bucketKey]).AsSpan().SequenceEqual(Encode(table, upper[..bucketKey])))
            throw new GridException(GridErrorCode.InvalidKey, $"The bounds of a range scan must agree in the bucket key ({Names(table)}); scan once for each.");
        return new KeyRange(bucket, [.. from], [.. to]);
    }

    private static int BucketOf(TableInfo table, object?[] values)
    {
        var schema = table.Schema;
        if (values.Length < schema.BucketKey.Length || values.Length > schema.PrimaryKey.Length)
        {
            throw new GridException(
                GridErrorCode.InvalidKey,
                $"{values.Length} key values were given; give 1 to {schema.PrimaryKey.Length} of the key's columns in order, at least the bucket key ({Names(table)}): with less, every bucket would have to be asked.");
        }

        return new BucketFunction(schema, table.Options.Buckets).Bucket(values.AsSpan(0, schema.BucketKey.Length));
    }

    private static byte[] Encode(TableInfo table, object?[] values)
    {
        if (values.Length > table.Schema.PrimaryKey.Length)
            throw new GridException(GridErrorCode.InvalidKey, $"The key of {table.Path} has {table.Schema.PrimaryKey.Length} columns and {values.Length} values were given.");
        var writer = new ArrayBufferWriter<byte>();
        new KeyEncoder(table.Schema, table.Schema.PrimaryKey).Encode(values, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static string Names(TableInfo table) => string.Join(", ", table.Schema.BucketKey.Select(id => table.Schema.GetColumn(id).Name));
}
