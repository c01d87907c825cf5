using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Sql.Native;

namespace Grid.Sql.Arrow;

/// <summary>DuckDB gives UUIDs out as text; Grid's are 16 bytes, marked as <c>arrow.uuid</c>. Within lists, structs and maps too.</summary>
internal static class UuidArrays
{
    private const int Bytes = 16;
    private static readonly KeyValuePair<string, string> Extension = new("ARROW:extension:name", "arrow.uuid");

    /// <summary>The schema with UUIDs as bytes.</summary>
    /// <param name="schema">As DuckDB gave it.</param>
    /// <param name="types">The columns' types in DuckDB.</param>
    public static Schema Convert(Schema schema, nint[] types) =>
        types.Any(Has) ? new Schema(schema.FieldsList.Select((field, i) => Convert(field, types[i])), null) : schema;

    /// <summary>A batch with UUIDs as bytes; it takes the batch over.</summary>
    public static RecordBatch Convert(RecordBatch batch, Schema schema, nint[] types)
    {
        if (!types.Any(Has))
            return batch;
        var arrays = new List<IArrowArray>(batch.ColumnCount);
        for (var i = 0; i < batch.ColumnCount; i++)
            arrays.Add(Has(types[i]) ? ArrowArrayFactory.BuildArray(Convert(batch.Column(i).Data, schema.FieldsList[i].DataType, types[i])) : batch.Column(i));
        return new RecordBatch(schema, arrays, batch.Length);
    }

    private static bool Has(nint type) => DuckNative.TypeId(type) switch
    {
        DuckType.Uuid => true,
        DuckType.List or DuckType.Map or DuckType.Struct => Children(type, Has).Any(has => has),
        _ => false,
    };

    private static Field Convert(Field field, nint type) =>
        Has(type) ? new Field(field.Name, Convert(field.DataType, type), field.IsNullable, DuckNative.TypeId(type) == DuckType.Uuid ? [Extension] : null) : field;

    private static IArrowType Convert(IArrowType arrow, nint type)
    {
        if (!Has(type))
            return arrow;
        switch (arrow)
        {
            case ListType list:
                return new ListType(Children(type, child => Convert(list.ValueField, child))[0]);
            case MapType map:
                var i = 0;
                var pair = Children(type, child => Convert(i++ == 0 ? map.KeyField : map.ValueField, child));
                return new MapType(pair[0], pair[1]);
            case StructType group:
                var at = 0;
                return new StructType(Children(type, child => Convert(group.Fields[at++], child)));
            default:
                return new FixedSizeBinaryType(Bytes);
        }
    }

    private static ArrayData Convert(ArrayData data, IArrowType to, nint type)
    {
        if (!Has(type))
            return data;
        switch (to)
        {
            case ListType list:
                return Rebuild(data, to, [Children(type, child => Convert(data.Children[0], list.ValueDataType, child))[0]]);
            case MapType map:
                var i = 0;
                var entries = data.Children[0];
                var pair = Children(type, child => Convert(entries.Children[i], i++ == 0 ? map.KeyField.DataType : map.ValueField.DataType, child));
                return Rebuild(data, to, [Rebuild(entries, map.KeyValueType, [.. pair])]);
            case StructType group:
                var at = 0;
                return Rebuild(data, to, [.. Children(type, child => Convert(data.Children[at], group.Fields[at++].DataType, child))]);
            default:
                return Parse(data, to);
        }
    }

    private static ArrayData Parse(ArrayData data, IArrowType to)
    {
        var texts = new StringArray(data);
        var bytes = new byte[data.Length * Bytes];
        for (var row = 0; row < data.Length; row++)
            if (!texts.IsNull(row))
                Guid.Parse(texts.GetString(row)).TryWriteBytes(bytes.AsSpan(row * Bytes), bigEndian: true, out _);
        var validity = ArrowBuffer.Empty;
        if (data.NullCount != 0)
        {
            var bits = new byte[BitUtility.ByteCount(data.Length)];
            for (var row = 0; row < data.Length; row++)
                BitUtility.SetBit(bits, row, !texts.IsNull(row));
            validity = new ArrowBuffer(bits);
        }

        return new ArrayData(to, data.Length, data.NullCount, 0, [validity, new ArrowBuffer(bytes)], null);
    }

    private static ArrayData Rebuild(ArrayData data, IArrowType to, ArrayData[] children) => new(to, data.Length, data.NullCount, data.Offset, data.Buffers, children);

    /// <summary>What is made of each child of a nested type, in order.</summary>
    private static List<T> Children<T>(nint type, Func<nint, T> make)
    {
        var made = new List<T>();
        switch (DuckNative.TypeId(type))
        {
            case DuckType.List:
                Add(DuckNative.ListChild(type));
                break;
            case DuckType.Map:
                Add(DuckNative.MapKey(type));
                Add(DuckNative.MapValue(type));
                break;
            default:
                for (var i = 0UL; i < DuckNative.StructCount(type); i++)
                    Add(DuckNative.StructChild(type, i));
                break;
        }

        return made;

        void Add(nint child)
        {
            try
            {
                made.Add(make(child));
            }
            finally
            {
                DuckNative.DestroyType(ref child);
            }
        }
    }
}
