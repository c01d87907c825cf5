using System.Data.SqlTypes;
using Grid.Abstractions;

namespace Grid.Client.Rows.Codecs;

/// <summary>Finds the codec for a .NET type and a data type; runs once for each column of a row type.</summary>
internal static class CodecFactory
{
    /// <summary>The data type that a .NET type gets where none is named.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>: there is none.</exception>
    public static DataType Infer(Type type, string column, int depth = 0)
    {
        var plain = System.Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum)
            plain = System.Enum.GetUnderlyingType(plain);
        if (Scalars.TryGetValue(plain, out var scalar))
            return scalar;
        if (plain == typeof(decimal) || plain == typeof(SqlDecimal))
            throw Refused(column, type, "name its digits: [Column(Type = \"decimal(18,2)\")]");
        if (depth == DataType.DepthMax)
            throw Refused(column, type, $"types nest at most {DataType.DepthMax} deep");
        if (MapTypes(plain) is { } map)
            return DataType.Map(Infer(map.Key, column, depth + 1), Infer(map.Value, column, depth + 1), MayBeNull(map.Value));
        if (ElementType(plain) is { } element)
            return DataType.List(Infer(element, column, depth + 1), MayBeNull(element));
        if (plain.IsPrimitive || plain.Namespace == nameof(System))
            throw Refused(column, type, "use bool, sbyte, short, int, long, float, double, decimal, string, byte[], DateOnly, TimeOnly, DateTime, DateTimeOffset, Guid, lists, dictionaries or records of them");
        return DataType.Struct([.. RowShape.Of(plain).Members.Select(m => TableDefinition.ColumnOf(m, depth + 1))]);
    }

    /// <summary>The codec.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: the types do not go together.</exception>
    public static ColumnCodec Create(Type type, bool nullable, DataType dataType, string column)
    {
        if (System.Nullable.GetUnderlyingType(type) is { } underlying)
            return Make(typeof(NullableCodec<>), [underlying], column, Create(underlying, nullable: false, dataType, column));
        var stored = type.IsEnum ? System.Enum.GetUnderlyingType(type) : type;
        return dataType.Kind switch
        {
            TypeKind.Boolean when type == typeof(bool) => new BooleanCodec(column),
            TypeKind.Int8 when stored == typeof(sbyte) => Make(typeof(PrimitiveCodec<>), [type], column),
            TypeKind.Int16 when stored == typeof(short) => Make(typeof(PrimitiveCodec<>), [type], column),
            TypeKind.Int32 when stored == typeof(int) => Make(typeof(PrimitiveCodec<>), [type], column),
            TypeKind.Int64 when stored == typeof(long) => Make(typeof(PrimitiveCodec<>), [type], column),
            TypeKind.Float32 when type == typeof(float) => new PrimitiveCodec<float>(column),
            TypeKind.Float64 when type == typeof(double) => new PrimitiveCodec<double>(column),
            TypeKind.Decimal when type == typeof(decimal) => new DecimalCodec(column, dataType),
            TypeKind.Decimal when type == typeof(SqlDecimal) => new SqlDecimalCodec(column, dataType),
            TypeKind.String when type == typeof(string) => new StringCodec(column, nullable),
            TypeKind.Binary when type == typeof(byte[]) => new BinaryCodec(column, nullable),
            TypeKind.FixedBinary when type == typeof(byte[]) => new FixedBinaryCodec(column, nullable, dataType.Length),
            TypeKind.Date when type == typeof(DateOnly) => new ConvertCodec<DateOnly, int, DateConversion>(column),
            TypeKind.Time when type == typeof(TimeOnly) => new ConvertCodec<TimeOnly, long, TimeConversion>(column),
            TypeKind.Timestamp when type == typeof(DateTime) => new ConvertCodec<DateTime, long, TimestampConversion>(column),
            TypeKind.TimestampUtc when type == typeof(DateTimeOffset) => new ConvertCodec<DateTimeOffset, long, UtcConversion>(column),
            TypeKind.TimestampUtc when type == typeof(DateTime) => new ConvertCodec<DateTime, long, UtcDateTimeConversion>(column),
            TypeKind.Uuid when type == typeof(Guid) => new ConvertCodec<Guid, UInt128, UuidConversion>(column),
            TypeKind.List when ElementType(type) is { } element => CreateList(type, nullable, element, Child(element, dataType.Children[0], column), column),
            TypeKind.Map when MapTypes(type) is { } map => CreateMap(type, nullable, map, dataType, column),
            TypeKind.Struct => CreateStruct(type, nullable, dataType, column),
            _ => throw Mismatch(type, dataType, column),
        };
    }

    private static readonly Dictionary<Type, DataType> Scalars = new()
    {
        [typeof(bool)] = DataType.Boolean,
        [typeof(sbyte)] = DataType.Int8,
        [typeof(short)] = DataType.Int16,
        [typeof(int)] = DataType.Int32,
        [typeof(long)] = DataType.Int64,
        [typeof(float)] = DataType.Float32,
        [typeof(double)] = DataType.Float64,
        [typeof(string)] = DataType.String,
        [typeof(byte[])] = DataType.Binary,
        [typeof(DateOnly)] = DataType.Date,
        [typeof(TimeOnly)] = DataType.Time,
        [typeof(DateTime)] = DataType.Timestamp,
        [typeof(DateTimeOffset)] = DataType.TimestampUtc,
        [typeof(Guid)] = DataType.Uuid,
    };

    private static bool MayBeNull(Type type) => !type.IsValueType || System.Nullable.GetUnderlyingType(type) is not null;

    private static ColumnCodec Child(Type type, Column child, string column) => Create(type, child.Nullable, child.Type, $"{column}.{child.Name}");

    /// <summary>The element of an array, a List or an interface that both implement.</summary>
    private static Type? ElementType(Type type)
    {
        if (type.IsSZArray)
            return type.GetElementType();
        if (!type.IsGenericType)
            return null;
        var definition = type.GetGenericTypeDefinition();
        return definition == typeof(List<>) || definition == typeof(IList<>) || definition == typeof(IReadOnlyList<>)
            || definition == typeof(IReadOnlyCollection<>) || definition == typeof(ICollection<>) || definition == typeof(IEnumerable<>)
            ? type.GetGenericArguments()[0]
            : null;
    }

    private static (Type Key, Type Value)? MapTypes(Type type)
    {
        if (!type.IsGenericType)
            return null;
        var definition = type.GetGenericTypeDefinition();
        return definition == typeof(Dictionary<,>) || definition == typeof(IDictionary<,>) || definition == typeof(IReadOnlyDictionary<,>)
            ? (type.GetGenericArguments()[0], type.GetGenericArguments()[1])
            : null;
    }

    private static ColumnCodec CreateList(Type type, bool nullable, Type element, ColumnCodec codec, string column)
    {
        var maker = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) ? nameof(MakeList) : nameof(MakeArray);
        return Make(typeof(ListCodec<,>), [type, element], column, nullable, codec, MakerOf(maker, type, element));
    }

    private static ColumnCodec CreateMap(Type type, bool nullable, (Type Key, Type Value) types, DataType dataType, string column)
    {
        var pair = typeof(KeyValuePair<,>).MakeGenericType(types.Key, types.Value);
        var shape = RowShape.OfPair(pair);
        var codecs = new[] { Child(types.Key, dataType.Children[0], column), Child(types.Value, dataType.Children[1], column) };
        var entries = Make(typeof(StructCodec<>), [pair], column, false, MakeRows(pair, shape, codecs));
        var maker = typeof(CodecFactory).GetMethod(nameof(MakeMap), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(type, types.Key, types.Value);
        var function = Delegate.CreateDelegate(typeof(Func<,>).MakeGenericType(pair.MakeArrayType(), type), maker);
        return Make(typeof(ListCodec<,>), [type, pair], column, nullable, entries, function);
    }

    private static ColumnCodec CreateStruct(Type type, bool nullable, DataType dataType, string column)
    {
        var shape = RowShape.Of(type).InOrderOf([.. dataType.Children.Select(c => c.Name)]);
        if (shape.Members.Length != dataType.Children.Length)
            throw Mismatch(type, dataType, column);
        var codecs = shape.Members.Select((m, i) => Create(m.Type, m.Nullable, dataType.Children[i].Type, $"{column}.{m.Name}")).ToArray();
        return Make(typeof(StructCodec<>), [type], column, nullable, MakeRows(type, shape, codecs));
    }

    private static object MakeRows(Type type, RowShape shape, ColumnCodec[] codecs) =>
        Activator.CreateInstance(typeof(RowCodec<>).MakeGenericType(type), shape, codecs)!;

    private static ColumnCodec Make(Type codec, Type[] types, params object[] arguments) =>
        (ColumnCodec)Activator.CreateInstance(codec.MakeGenericType(types), arguments)!;

    private static Delegate MakerOf(string name, Type list, Type element)
    {
        var method = typeof(CodecFactory).GetMethod(name, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.MakeGenericMethod(list, element);
        return Delegate.CreateDelegate(typeof(Func<,>).MakeGenericType(element.MakeArrayType(), list), method);
    }

    private static TList MakeArray<TList, T>(T[] elements)
        where TList : class => (TList)(object)elements;

    private static TList MakeList<TList, T>(T[] elements)
        where TList : class => (TList)(object)new List<T>(elements);

    private static TMap MakeMap<TMap, TKey, TValue>(KeyValuePair<TKey, TValue>[] entries)
        where TMap : class
        where TKey : notnull
    {
        var map = new Dictionary<TKey, TValue>(entries.Length);
        foreach (var entry in entries)
            map[entry.Key] = entry.Value;
        return (TMap)(object)map;
    }

    private static GridException Refused(string column, Type type, string fix) =>
        new(GridErrorCode.InvalidSchema, $"Column '{column}': {type.Name} has no data type; {fix}.");

    private static GridException Mismatch(Type type, DataType dataType, string column) =>
        new(GridErrorCode.SchemaMismatch, $"Column '{column}' is a {dataType} and the row type has {type.Name} for it; change the property's type.");
}
