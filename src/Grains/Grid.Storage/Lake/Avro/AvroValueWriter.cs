using System.Buffers;

namespace Grid.Storage.Lake.Avro;

/// <summary>Writes one value of any type, see <see cref="AvroRecord"/> for what is what. Of unions, only those of null and one type are written.</summary>
internal static class AvroValueWriter
{
    /// <exception cref="ArgumentException">The value is not of the type: a bug.</exception>
    public static void Write(AvroType type, object? value, IBufferWriter<byte> output)
    {
        switch (type.Kind, value)
        {
            case (AvroKind.Null, null):
                break;
            case (AvroKind.Boolean, bool boolean):
                AvroBytes.WriteBoolean(output, boolean);
                break;
            case (AvroKind.Int, int number):
                AvroBytes.WriteLong(output, number);
                break;
            case (AvroKind.Long, long number):
                AvroBytes.WriteLong(output, number);
                break;
            case (AvroKind.Float, float number):
                AvroBytes.WriteFloat(output, number);
                break;
            case (AvroKind.Double, double number):
                AvroBytes.WriteDouble(output, number);
                break;
            case (AvroKind.Bytes, byte[] bytes):
                AvroBytes.WriteBytes(output, bytes);
                break;
            case (AvroKind.Fixed, byte[] bytes) when bytes.Length == type.Size:
                output.Write(bytes);
                break;
            case (AvroKind.String, string text):
                AvroBytes.WriteString(output, text);
                break;
            case (AvroKind.Enum, string symbol) when type.Symbols.Contains(symbol):
                AvroBytes.WriteLong(output, type.Symbols.IndexOf(symbol));
                break;
            case (AvroKind.Union, _) when type.Present != type:
                var branch = value is null ? AvroType.Null : type.Present;
                AvroBytes.WriteLong(output, type.Children[0].Kind == branch.Kind ? 0 : 1);
                Write(branch, value, output);
                break;
            case (AvroKind.Array, object?[] items):
                WriteArray(type.Children[0], items, output);
                break;
            case (AvroKind.Map, KeyValuePair<string, object?>[] pairs):
                WriteMap(type.Children[0], pairs, output);
                break;
            case (AvroKind.Record, AvroRecord record) when record.Values.Length == type.Fields.Length:
                for (var i = 0; i < record.Values.Length; i++)
                    Write(type.Fields[i].Type, record.Values[i], output);
                break;
            default:
                throw new ArgumentException($"{value?.GetType().Name ?? "null"} is not a value of the Avro type {type.Kind} {type.Name}.", nameof(value));
        }
    }

    private static void WriteArray(AvroType item, object?[] items, IBufferWriter<byte> output)
    {
        if (items.Length > 0)
            AvroBytes.WriteLong(output, items.Length);
        foreach (var value in items)
            Write(item, value, output);
        AvroBytes.WriteLong(output, 0);
    }

    private static void WriteMap(AvroType value, KeyValuePair<string, object?>[] pairs, IBufferWriter<byte> output)
    {
        if (pairs.Length > 0)
            AvroBytes.WriteLong(output, pairs.Length);
        foreach (var pair in pairs)
        {
            AvroBytes.WriteString(output, pair.Key);
            Write(value, pair.Value, output);
        }

        AvroBytes.WriteLong(output, 0);
    }
}
