using System.Globalization;
using System.Text;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Partition values in Avro (the spec's Appendix A): which type a field has there, and its values to and from those of <see cref="ValueText"/>.</summary>
internal static class PartitionValues
{
    /// <summary>The field's name as Avro allows it: letters, digits and underscores, not beginning with a digit. Others are written as <c>_x</c> and their hexadecimal code.</summary>
    public static string AvroName(string name)
    {
        var legal = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiLetter(name[i]) || name[i] == '_' || (char.IsAsciiDigit(name[i]) && i > 0))
                legal.Append(name[i]);
            else if (char.IsAsciiDigit(name[i]))
                legal.Append('_').Append(name[i]);
            else
                legal.Append("_x").Append(((int)name[i]).ToString("X", CultureInfo.InvariantCulture));
        }

        return legal.ToString();
    }

    /// <summary>Writes the Avro type of a field that may be null. Types with a name get one from the field's id: a schema may not name two types alike.</summary>
    public static void WriteType(Utf8JsonWriter writer, DataType type, int fieldId)
    {
        writer.WriteStartArray();
        writer.WriteStringValue("null");
        switch (type.Kind)
        {
            case TypeKind.Decimal:
                WriteFixed(writer, FixedBytes(type.Precision), fieldId, "decimal");
                writer.WriteNumber("precision", type.Precision);
                writer.WriteNumber("scale", type.Scale);
                writer.WriteEndObject();
                break;
            case TypeKind.Uuid:
                WriteFixed(writer, 16, fieldId, "uuid");
                writer.WriteEndObject();
                break;
            case TypeKind.FixedBinary:
                WriteFixed(writer, type.Length, fieldId, logical: null);
                writer.WriteEndObject();
                break;
            case TypeKind.Date:
                WriteLogical(writer, "int", "date", adjustToUtc: null);
                break;
            case TypeKind.Time:
                WriteLogical(writer, "long", "time-micros", adjustToUtc: null);
                break;
            case TypeKind.Timestamp or TypeKind.TimestampUtc:
                WriteLogical(writer, "long", "timestamp-micros", type.Kind == TypeKind.TimestampUtc);
                break;
            case TypeKind.Binary:
                writer.WriteStringValue("bytes");
                break;
            default:
                writer.WriteStringValue(IcebergTypes.NameOf(type));
                break;
        }

        writer.WriteEndArray();
    }

    /// <summary>An int8 or int16 as the int that the lake has for it.</summary>
    public static object? Stored(object? value) => value switch
    {
        sbyte number => (int)number,
        short number => (int)number,
        _ => value,
    };

    /// <summary>A value for the type that <see cref="WriteType"/> wrote.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: it is not of the type.</exception>
    public static object? ToAvro(DataType type, object? value)
    {
        if (value is null || (value is bool or int or long or float or double && ScalarKind(value) == type.Kind))
            return value;
        if (type.Kind == TypeKind.Decimal && DecimalValues.TryFromObject(value, type.Precision, type.Scale, out var units))
            return Fixed(units, FixedBytes(type.Precision));
        if (ScalarValues.TryGetInteger(type.Kind, value, out var integer))
            return type.Kind == TypeKind.Date ? (object)(int)integer : integer;
        if (ScalarValues.TryGetBytes(type, value) is { } bytes)
            return type.Kind == TypeKind.String ? value : bytes;
        throw new GridException(GridErrorCode.InvalidArgument, $"A {value.GetType().Name} is not a partition value of type {type}.");
    }

    /// <summary>A value as whoever wrote it typed it.</summary>
    /// <exception cref="GridException">It is no value of a scalar type, or one that .NET's types don't reach.</exception>
    public static object? FromAvro(AvroType type, object? value)
    {
        var read = (type.Present.Logical, value) switch
        {
            (_, null) => DBNull.Value,
            ("date", int days) => ScalarValues.FromInteger(TypeKind.Date, days),
            ("time-micros", long micros) => ScalarValues.FromInteger(TypeKind.Time, micros),
            ("timestamp-micros", long micros) => ScalarValues.FromInteger(type.Present.AdjustToUtc ? TypeKind.TimestampUtc : TypeKind.Timestamp, micros),
            ("uuid", byte[] { Length: 16 } bytes) => new Guid(bytes, bigEndian: true),
            ("decimal", byte[] { Length: >= 1 and <= 16 } bytes) when type.Present is { Precision: >= 1 and <= DataType.DecimalPrecisionMax, Scale: >= 0 } && type.Present.Scale <= type.Present.Precision =>
                DecimalValues.TryToObject(SingleValue.Units(bytes), type.Present.Precision, type.Present.Scale),
            (null, bool or int or long or float or double or string or byte[]) => value,
            _ => null,
        };
        return read is DBNull ? null : read ?? throw LakeErrors.Damaged($"a partition value is a {value!.GetType().Name} of the Avro type {type.Present.Kind} {type.Present.Logical} that is not read");
    }

    private static TypeKind ScalarKind(object value) => value switch
    {
        bool => TypeKind.Boolean,
        int => TypeKind.Int32,
        long => TypeKind.Int64,
        float => TypeKind.Float32,
        _ => TypeKind.Float64,
    };

    /// <summary>The fewest bytes whose two's complement holds every number of so many digits.</summary>
    private static int FixedBytes(int precision)
    {
        var bytes = 1;
        while (bytes < 16 && DecimalValues.Power(precision) - 1 > (Int128.One << ((8 * bytes) - 1)) - 1)
            bytes++;
        return bytes;
    }

    private static byte[] Fixed(Int128 units, int length)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt128BigEndian(bytes, units);
        return bytes[(bytes.Length - length)..].ToArray();
    }

    private static void WriteFixed(Utf8JsonWriter writer, int size, int fieldId, string? logical)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "fixed");
        writer.WriteString("name", string.Create(CultureInfo.InvariantCulture, $"fixed_{fieldId}"));
        writer.WriteNumber("size", size);
        if (logical is not null)
            writer.WriteString("logicalType", logical);
    }

    private static void WriteLogical(Utf8JsonWriter writer, string type, string logical, bool? adjustToUtc)
    {
        writer.WriteStartObject();
        writer.WriteString("type", type);
        writer.WriteString("logicalType", logical);
        if (adjustToUtc is { } adjust)
            writer.WriteBoolean("adjust-to-utc", adjust);
        writer.WriteEndObject();
    }
}
