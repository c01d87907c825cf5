using System.Buffers;
using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Client.Reading;

/// <summary>The bucket and the bytes of a key prefix or range.</summary>
/// <param name="Partition">The encoded values of the partition columns; null: the table has no partitions.</param>
/// <param name="Bucket">The bucket's number.</param>
/// <param name="Lower">The lowest encoded key.</param>
/// <param name="Upper">The first encoded key above; empty: none.</param>
internal readonly record struct KeyRange(byte[]? Partition, int Bucket, ImmutableArray<byte> Lower, ImmutableArray<byte> Upper)
{
    /// <summary>All keys that begin with these values.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>.</exception>
    public static KeyRange OfPrefix(TableInfo table, object?[] prefix)
    {
        var bytes = Encode(table, prefix);
        var layout = LayoutOf(table, prefix);
        return new KeyRange(layout.PartitionOf(prefix), layout.BucketOf(prefix), [.. bytes], [.. KeyEncoder.Successor(bytes)]);
    }

    /// <summary>All keys from <paramref name="lower"/> to below <paramref name="upper"/>, within one bucket key.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>.</exception>
    public static KeyRange Of(TableInfo table, object?[] lower, object?[] upper)
    {
        var layout = LayoutOf(table, lower);
        var (from, to) = (Encode(table, lower), Encode(table, upper));
        LayoutOf(table, upper);
        foreach (var position in layout.Partition.Concat(layout.Bucket))
            if (!EncodeOne(table, position, lower[position]).AsSpan().SequenceEqual(EncodeOne(table, position, upper[position])))
                throw new GridException(GridErrorCode.InvalidKey, $"The bounds of a range scan must agree in the {(table.IsPartitioned ? "partition and the " : "")}bucket key ({layout.NeededNames}); scan once for each.");
        return new KeyRange(layout.PartitionOf(lower), layout.BucketOf(lower), [.. from], [.. to]);
    }

    private static KeyLayout LayoutOf(TableInfo table, object?[] values)
    {
        var schema = table.Schema;
        var layout = new KeyLayout(schema, table.Options.Buckets);
        if (values.Length < layout.Needed || values.Length > schema.PrimaryKey.Length)
        {
            throw new GridException(
                GridErrorCode.InvalidKey,
                $"{values.Length} key values were given; give 1 to {schema.PrimaryKey.Length} of the key's columns in order, at least the {(table.IsPartitioned ? "partition and the " : "")}bucket key ({layout.NeededNames}): with less, every bucket would have to be asked.");
        }

        return layout;
    }

    private static byte[] Encode(TableInfo table, object?[] values)
    {
        if (values.Length > table.Schema.PrimaryKey.Length)
            throw new GridException(GridErrorCode.InvalidKey, $"The key of {table.Path} has {table.Schema.PrimaryKey.Length} columns and {values.Length} values were given.");
        var writer = new ArrayBufferWriter<byte>();
        new KeyEncoder(table.Schema, table.Schema.PrimaryKey).Encode(values, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static byte[] EncodeOne(TableInfo table, int position, object? value)
    {
        var writer = new ArrayBufferWriter<byte>();
        new KeyEncoder(table.Schema, [table.Schema.PrimaryKey[position]]).Encode([value], writer);
        return writer.WrittenSpan.ToArray();
    }
}
