using System.Text.Json;
using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>
/// Values of arrays as JSON: numbers and booleans as such (NaN and the infinities as text), lists as arrays, structs as objects, maps as objects where
/// the key is text and as arrays of [key, value] otherwise, everything else in its text form.
/// </summary>
internal static class CellJson
{
    public static void Write(Utf8JsonWriter json, DataType type, IArrowArray array, int row)
    {
        if (array.IsNull(row))
        {
            json.WriteNullValue();
            return;
        }

        switch (array)
        {
            case BooleanArray v:
                json.WriteBooleanValue(v.GetValue(row)!.Value);
                break;
            case Int8Array or Int16Array or Int32Array or Int64Array or Decimal128Array:
                json.WriteRawValue(CellText.Of(type, array, row)!, skipInputValidation: true);
                break;
            case FloatArray v when float.IsFinite(v.Values[row]):
                json.WriteNumberValue(v.Values[row]);
                break;
            case DoubleArray v when double.IsFinite(v.Values[row]):
                json.WriteNumberValue(v.Values[row]);
                break;
            case MapArray v:
                WriteMap(json, type, v, row);
                break;
            case ListArray v:
                json.WriteStartArray();
                for (var i = v.ValueOffsets[row]; i < v.ValueOffsets[row + 1]; i++)
                    Write(json, type.Children[0].Type, v.Values, i);
                json.WriteEndArray();
                break;
            case StructArray v:
                json.WriteStartObject();
                for (var i = 0; i < type.Children.Length; i++)
                {
                    json.WritePropertyName(type.Children[i].Name);
                    Write(json, type.Children[i].Type, v.Fields[i], row);
                }

                json.WriteEndObject();
                break;
            default:
                json.WriteStringValue(CellText.Of(type, array, row));
                break;
        }
    }

    private static void WriteMap(Utf8JsonWriter json, DataType type, MapArray map, int row)
    {
        var (key, value) = (type.Children[0].Type, type.Children[1].Type);
        var asObject = key.Kind == TypeKind.String;
        if (asObject)
            json.WriteStartObject();
        else
            json.WriteStartArray();
        for (var i = map.ValueOffsets[row]; i < map.ValueOffsets[row + 1]; i++)
        {
            if (asObject)
            {
                json.WritePropertyName(CellText.Of(key, map.Keys, i)!);
                Write(json, value, map.Values, i);
                continue;
            }

            json.WriteStartArray();
            Write(json, key, map.Keys, i);
            Write(json, value, map.Values, i);
            json.WriteEndArray();
        }

        if (asObject)
            json.WriteEndObject();
        else
            json.WriteEndArray();
    }
}
