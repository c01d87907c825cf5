using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>Columns for a new table from anybody's Arrow schema.</summary>
internal static class ArrowImport
{
    private const string ExtensionKey = "ARROW:extension:name";
    private const string UuidExtension = "arrow.uuid";

    public static IReadOnlyList<Column> Columns(Apache.Arrow.Schema schema)
    {
        var columns = new Column[schema.FieldsList.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            var field = schema.FieldsList[i];
            columns[i] = new Column(field.Name, TypeOf(field, field.Name, depth: 0), field.IsNullable);
        }

        return columns;
    }

    private static DataType TypeOf(Field field, string path, int depth)
    {
        if (depth > DataType.DepthMax)
            throw new GridException(GridErrorCode.InvalidSchema,
                $"Field '{path}' nests deeper than {DataType.DepthMax} lists, structs and maps, the deepest that Grid stores.");
        var extension = field.Metadata is not null && field.Metadata.TryGetValue(ExtensionKey, out var name) ? name : null;
        return TypeOf(field.DataType, extension, path, depth);
    }

    private static DataType TypeOf(IArrowType type, string? extension, string path, int depth)
    {
        switch (type)
        {
            case ExtensionType known:
                return TypeOf(known.StorageType, known.Name, path, depth);
            case DictionaryType dictionary:
                return TypeOf(dictionary.ValueType, null, path, depth + 1);
            case RunEndEncodedType runs:
                return TypeOf(runs.ValuesField, path, depth + 1);
            // Before FixedSizeBinaryType, because all decimal types derive from it.
            case Decimal32Type number:
                return Decimal(number.Precision, number.Scale, type, path);
            case Decimal64Type number:
                return Decimal(number.Precision, number.Scale, type, path);
            case Decimal128Type number:
                return Decimal(number.Precision, number.Scale, type, path);
            case Decimal256Type number:
                return Decimal(number.Precision, number.Scale, type, path);
            case FixedSizeBinaryType bytes when bytes.ByteWidth == 16 && extension == UuidExtension:
                return DataType.Uuid;
            case FixedSizeBinaryType bytes when bytes.ByteWidth is >= 1 and <= DataType.FixedLengthMax:
                return DataType.FixedBinary(bytes.ByteWidth);
            case ListType list:
                return List(list.ValueField, path, depth);
            case LargeListType list:
                return List(list.ValueField, path, depth);
            case ListViewType list:
                return List(list.ValueField, path, depth);
            case LargeListViewType list:
                return List(list.ValueField, path, depth);
            case FixedSizeListType list:
                return List(list.ValueField, path, depth);
            case MapType map:
                return DataType.Map(
                    TypeOf(map.KeyField, $"{path}.{DataType.KeyName}", depth + 1),
                    TypeOf(map.ValueField, $"{path}.{DataType.ValueName}", depth + 1),
                    map.ValueField.IsNullable);
            case StructType group:
                var fields = new Column[group.Fields.Count];
                for (var i = 0; i < fields.Length; i++)
                    fields[i] = new Column(group.Fields[i].Name, TypeOf(group.Fields[i], $"{path}.{group.Fields[i].Name}", depth + 1), group.Fields[i].IsNullable);
                return DataType.Struct(fields);
            default:
                return Scalar(type) ?? throw Unknown(type, path);
        }
    }

    private static DataType? Scalar(IArrowType type) => type.TypeId switch
    {
        ArrowTypeId.Boolean => DataType.Boolean,
        ArrowTypeId.Int8 => DataType.Int8,
        ArrowTypeId.Int16 or ArrowTypeId.UInt8 => DataType.Int16,
        ArrowTypeId.Int32 or ArrowTypeId.UInt16 => DataType.Int32,
        ArrowTypeId.Int64 or ArrowTypeId.UInt32 => DataType.Int64,
        ArrowTypeId.UInt64 => DataType.Decimal(20, 0), // 18,446,744,073,709,551,615 has 20 digits; there is no wider signed integer
        ArrowTypeId.HalfFloat or ArrowTypeId.Float => DataType.Float32,
        ArrowTypeId.Double => DataType.Float64,
        ArrowTypeId.String or ArrowTypeId.LargeString or ArrowTypeId.StringView => DataType.String,
        ArrowTypeId.Binary or ArrowTypeId.LargeBinary or ArrowTypeId.BinaryView => DataType.Binary,
        ArrowTypeId.Date32 or ArrowTypeId.Date64 => DataType.Date,
        ArrowTypeId.Time32 or ArrowTypeId.Time64 => DataType.Time,
        ArrowTypeId.Timestamp => string.IsNullOrEmpty(((TimestampType)type).Timezone) ? DataType.Timestamp : DataType.TimestampUtc,
        _ => null,
    };

    private static DataType List(Field element, string path, int depth) =>
        DataType.List(TypeOf(element, $"{path}.{DataType.ElementName}", depth + 1), element.IsNullable);

    private static DataType Decimal(int precision, int scale, IArrowType type, string path) =>
        precision is >= 1 and <= DataType.DecimalPrecisionMax && scale >= 0 && scale <= precision ? DataType.Decimal(precision, scale) : throw Unknown(type, path);

    private static GridException Unknown(IArrowType type, string path)
    {
        var shown = type switch
        {
            Decimal256Type number => $"{type.Name}({number.Precision},{number.Scale})",
            Decimal128Type number => $"{type.Name}({number.Precision},{number.Scale})",
            FixedSizeBinaryType bytes => $"{type.Name}({bytes.ByteWidth})",
            _ => type.Name,
        };
        return new GridException(GridErrorCode.InvalidSchema,
            $"Field '{path}' has the Arrow type {shown}, which Grid does not store; leave it out or convert it (decimals have up to {DataType.DecimalPrecisionMax} digits).");
    }
}
