namespace Grid.Storage.Lake.Avro;

/// <summary>
/// A record: one value a field, in the order of its type. Values are null, bool, int, long, float, double, byte[] (bytes and fixed), string (also of an enum), object?[] (array),
/// KeyValuePair&lt;string, object?&gt;[] (map), AvroRecord; a union's is its branch's.
/// </summary>
internal sealed class AvroRecord(AvroType type, object?[] values)
{
    public AvroType Type { get; } = type;

    public object?[] Values { get; } = values;

    /// <summary>The field of that id, or, as some writers leave ids out, of that name; null where there is none.</summary>
    public AvroField? Field(int fieldId, string name) => IndexOf(fieldId, name) is var index and >= 0 ? Type.Fields[index] : null;

    /// <summary>The value of that field; null where there is none.</summary>
    public object? Find(int fieldId, string name) => IndexOf(fieldId, name) is var index and >= 0 ? Values[index] : null;

    /// <summary>The value of a field that may be missing or null.</summary>
    /// <exception cref="Abstractions.GridException">It is of another type.</exception>
    public T? Optional<T>(int fieldId, string name)
        where T : struct =>
        Find(fieldId, name) switch
        {
            null => null,
            T value => value,
            // A writer may have chosen the narrower type.
            int narrow when typeof(T) == typeof(long) => (T)(object)(long)narrow,
            var other => throw LakeErrors.Damaged($"field '{name}' is a {other.GetType().Name} where a {typeof(T).Name} belongs"),
        };

    /// <summary>The value of a field that must be there.</summary>
    /// <exception cref="Abstractions.GridException">It is missing, null or of another type.</exception>
    public T Required<T>(int fieldId, string name)
        where T : struct => Optional<T>(fieldId, name) ?? throw LakeErrors.Damaged($"field '{name}' is missing or null");

    /// <summary>Text, bytes, an array or a record that may be missing or null.</summary>
    /// <exception cref="Abstractions.GridException">It is of another type.</exception>
    public T? OptionalObject<T>(int fieldId, string name)
        where T : class =>
        Find(fieldId, name) switch
        {
            null => null,
            T value => value,
            var other => throw LakeErrors.Damaged($"field '{name}' is a {other.GetType().Name} where a {typeof(T).Name} belongs"),
        };

    /// <summary>Text, bytes, an array or a record that must be there.</summary>
    /// <exception cref="Abstractions.GridException">It is missing, null or of another type.</exception>
    public T RequiredObject<T>(int fieldId, string name)
        where T : class => OptionalObject<T>(fieldId, name) ?? throw LakeErrors.Damaged($"field '{name}' is missing or null");

    private int IndexOf(int fieldId, string name)
    {
        var byName = -1;
        for (var i = 0; i < Type.Fields.Length; i++)
        {
            if (Type.Fields[i].FieldId == fieldId)
                return i;
            if (Type.Fields[i].FieldId is null && Type.Fields[i].Name == name)
                byName = i;
        }

        return byName;
    }
}
