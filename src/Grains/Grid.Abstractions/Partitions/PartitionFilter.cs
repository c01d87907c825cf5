using System.Buffers;

namespace Grid.Abstractions;

/// <summary>Tells partitions that may have rows for which a predicate is true from those that cannot, by the values of the partition columns alone.</summary>
public sealed class PartitionFilter
{
    private readonly TableSchema _schema;
    private readonly PredicateEvaluator? _evaluator;

    /// <summary>Binds a predicate; null: every partition may match.</summary>
    /// <exception cref="GridException">As <see cref="PredicateEvaluator(Predicate, TableSchema)"/>.</exception>
    public PartitionFilter(TableSchema schema, Predicate? predicate)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _schema = schema;
        _evaluator = predicate is null ? null : new PredicateEvaluator(predicate, schema);
    }

    /// <summary>False only where no row of the partition can match.</summary>
    public bool MayMatch(PartitionInfo partition)
    {
        ArgumentNullException.ThrowIfNull(partition);
        return _evaluator is null || partition.Values.Length != _schema.PartitionKey.Length || _evaluator.MayMatch(StatisticsOf(partition), _schema);
    }

    /// <summary>A partition is like a frame of one row in whose partition columns the lowest and the highest value are the partition's; of other columns nothing is known.</summary>
    private FrameStatistics StatisticsOf(PartitionInfo partition)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write([FrameStatistics.FormatVersion]);
        for (var i = 0; i < partition.Values.Length; i++)
        {
            var column = _schema.GetColumn(_schema.PartitionKey[i]);
            var value = BoundOf(column.Type, ValueText.Parse(column.Type, partition.Values[i]));
            PutVarint(bytes, column.Id.Value);
            PutVarint(bytes, 0); // nulls
            bytes.Write([FrameStatistics.HasMinMaxFlag]);
            for (var bound = 0; bound < 2; bound++)
            {
                PutVarint(bytes, value.Length);
                bytes.Write(value);
            }
        }

        return FrameStatistics.Of(rowCount: 1, bytes.WrittenSpan.ToArray());
    }

    private static byte[] BoundOf(DataType type, object value)
    {
        if (ScalarValues.TryGetBytes(type, value) is { } text)
            return text;
        Span<byte> bytes = stackalloc byte[OrderedBytes.DecimalBytes];
        if (!ScalarValues.TryGetInteger(type.Kind, value, out var number))
            return DecimalValues.TryFromObject(value, type.Precision, type.Scale, out var units) ? bytes[..OrderedBytes.WriteInt128(bytes, units)].ToArray() : [];
        var width = type.Kind switch
        {
            TypeKind.Boolean => OrderedBytes.WriteBoolean(bytes, number != 0),
            TypeKind.Int8 => OrderedBytes.WriteInt8(bytes, (sbyte)number),
            TypeKind.Int16 => OrderedBytes.WriteInt16(bytes, (short)number),
            TypeKind.Int32 or TypeKind.Date => OrderedBytes.WriteInt32(bytes, (int)number),
            _ => OrderedBytes.WriteInt64(bytes, number),
        };
        return bytes[..width].ToArray();
    }

    private static void PutVarint(ArrayBufferWriter<byte> bytes, int value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Write([(byte)(value | 0x80)]);
        bytes.Write([(byte)value]);
    }
}
