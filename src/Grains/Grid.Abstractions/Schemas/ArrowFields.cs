using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>Columns as Arrow fields.</summary>
internal static class ArrowFields
{
    private const string ExtensionKey = "ARROW:extension:name";
    private const string UuidExtension = "arrow.uuid";
    private const int UuidBytes = 16;

    public static Field Change { get; } =
        new(SystemColumns.ChangeName, Int8Type.Default, nullable: false, Metadata(SystemColumns.Change, DataType.Int8));

    public static Field Version { get; } =
        new(SystemColumns.VersionName, Int64Type.Default, nullable: false, Metadata(SystemColumns.Version, DataType.Int64));

    public static Field Of(Column column) => new(column.Name, TypeOf(column.Type), column.Nullable, Metadata(column.Id, column.Type));

    private static IArrowType TypeOf(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => BooleanType.Default,
        TypeKind.Int8 => Int8Type.Default,
        TypeKind.Int16 => Int16Type.Default,
        TypeKind.Int32 => Int32Type.Default,
        TypeKind.Int64 => Int64Type.Default,
        TypeKind.Float32 => FloatType.Default,
        TypeKind.Float64 => DoubleType.Default,
        TypeKind.Decimal => new Decimal128Type(type.Precision, type.Scale),
        TypeKind.String => StringType.Default,
        TypeKind.Binary => BinaryType.Default,
        TypeKind.FixedBinary => new FixedSizeBinaryType(type.Length),
        TypeKind.Date => Date32Type.Default,
        TypeKind.Time => new Time64Type(TimeUnit.Microsecond),
        TypeKind.Timestamp => new TimestampType(TimeUnit.Microsecond, timezone: (string?)null),
        TypeKind.TimestampUtc => new TimestampType(TimeUnit.Microsecond, timezone: "UTC"),
        TypeKind.Uuid => new FixedSizeBinaryType(UuidBytes),
        TypeKind.List => new ListType(Of(type.Children[0])),
        TypeKind.Struct => new StructType(Of(type.Children)),
        TypeKind.Map => new MapType(Of(type.Children[0]), Of(type.Children[1])),
        _ => throw new GridException(GridErrorCode.InvalidSchema, $"Data type {(byte)type.Kind} is not known; a newer version of Grid wrote it."),
    };

    private static Field[] Of(ReadOnlySpan<Column> columns)
    {
        var fields = new Field[columns.Length];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = Of(columns[i]);
        return fields;
    }

    private static Field[] Of(System.Collections.Immutable.ImmutableArray<Column> columns) => Of(columns.AsSpan());

    private static Dictionary<string, string> Metadata(ColumnId id, DataType type)
    {
        var metadata = new Dictionary<string, string>(2) { [ArrowSchemas.IdKey] = id.Value.ToString(CultureInfo.InvariantCulture) };
        if (type.Kind == TypeKind.Uuid)
            metadata.Add(ExtensionKey, UuidExtension);
        return metadata;
    }
}
