namespace Grid.Storage.Lake.Avro;

/// <summary>Reads one value of any type. Memory is bounded by the bytes there are and by <see cref="AvroLimits.ValuesMax"/>, not by what counts say.</summary>
internal ref struct AvroValueReader(ReadOnlySpan<byte> bytes)
{
    private AvroDecoder _decoder = new(bytes);
    private int _values = AvroLimits.ValuesMax;

    /// <summary>Bytes read.</summary>
    public readonly int Position => _decoder.Position;

    public object? Read(AvroType type)
    {
        switch (type.Kind)
        {
            case AvroKind.Null:
                return null;
            case AvroKind.Boolean:
                return _decoder.ReadBoolean();
            case AvroKind.Int:
                return _decoder.ReadInt();
            case AvroKind.Long:
                return _decoder.ReadLong();
            case AvroKind.Float:
                return _decoder.ReadFloat();
            case AvroKind.Double:
                return _decoder.ReadDouble();
            case AvroKind.Bytes:
                return _decoder.ReadBytes().ToArray();
            case AvroKind.Fixed:
                return _decoder.ReadFixed(type.Size).ToArray();
            case AvroKind.String:
                return _decoder.ReadString();
            case AvroKind.Enum:
                return type.Symbols[Index(type.Symbols.Length)];
            case AvroKind.Union:
                return Read(type.Children[Index(type.Children.Length)]);
            case AvroKind.Array:
                return ReadArray(type.Children[0]);
            case AvroKind.Map:
                return ReadMap(type.Children[0]);
            default:
                return ReadRecord(type);
        }
    }

    private AvroRecord ReadRecord(AvroType type)
    {
        Take(type.Fields.Length);
        var values = new object?[type.Fields.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Read(type.Fields[i].Type);
        return new AvroRecord(type, values);
    }

    private object?[] ReadArray(AvroType item)
    {
        var items = new List<object?>();
        for (var count = NextCount(item.BytesMin); count > 0; count = NextCount(item.BytesMin))
        {
            items.EnsureCapacity(items.Count + count);
            for (var i = 0; i < count; i++)
                items.Add(Read(item));
        }

        return [.. items];
    }

    private KeyValuePair<string, object?>[] ReadMap(AvroType value)
    {
        var pairs = new List<KeyValuePair<string, object?>>();
        for (var count = NextCount(value.BytesMin + 1); count > 0; count = NextCount(value.BytesMin + 1))
            for (var i = 0; i < count; i++)
                pairs.Add(new KeyValuePair<string, object?>(_decoder.ReadString(), Read(value)));
        return [.. pairs];
    }

    /// <summary>The items of the next part of an array or map, 0 at its end. A negative count is followed by the part's bytes, for those who skip it.</summary>
    private int NextCount(int bytesMin)
    {
        var count = _decoder.ReadLong();
        if (count < 0)
        {
            var bytes = _decoder.ReadLong();
            if (bytes < 0 || bytes > _decoder.Left)
                throw LakeErrors.Damaged($"a part of an Avro array has {bytes} bytes where {_decoder.Left} are left");
            count = count == long.MinValue ? long.MaxValue : -count;
        }

        // Items of no bytes are held to the limit alone.
        if (count > _decoder.Left / Math.Max(bytesMin, 1) && (bytesMin > 0 || count > _values))
            throw LakeErrors.Damaged($"an Avro array of {count} items of {bytesMin} bytes or more begins {_decoder.Left} bytes before the end");
        Take(count);
        return (int)count;
    }

    private void Take(long values)
    {
        if (values > _values)
            throw LakeErrors.TooLarge("values or more in an Avro record", AvroLimits.ValuesMax + 1, AvroLimits.ValuesMax);
        _values -= (int)values;
    }

    private int Index(int count) => _decoder.ReadLong() is var index && index >= 0 && index < count ? (int)index : throw LakeErrors.Damaged($"an Avro union or enum has no branch {index}");
}
