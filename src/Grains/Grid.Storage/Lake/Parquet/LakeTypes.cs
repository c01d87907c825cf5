using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Parquet;

/// <summary>What a lake file stores of a type: Iceberg has no integers below 32 bits, so those become int32, within lists, structs and maps too.</summary>
internal static class LakeTypes
{
    private static readonly DataType UuidBytes = DataType.FixedBinary(16);

    /// <summary>The columns as they are stored; ids, names and nullability stay.</summary>
    public static ImmutableArray<Column> Stored(ImmutableArray<Column> columns) => [.. columns.Select(Stored)];

    /// <summary>The schema as it is stored. Defaults stay as they are: text of a small integer is text of a larger one.</summary>
    public static TableSchema Stored(TableSchema schema) => schema with { Columns = Stored(schema.Columns) };

    /// <summary>Whether two types are stored alike, whatever the names, ids and nullability of what is nested in them. A uuid reads as the 16 bytes that it is.</summary>
    public static bool SameShape(DataType left, DataType right)
    {
        (left, right) = (Plain(left), Plain(right));
        if (left.Kind != right.Kind || left.Precision != right.Precision || left.Scale != right.Scale || left.Length != right.Length
            || left.Children.Length != right.Children.Length)
            return false;
        for (var i = 0; i < left.Children.Length; i++)
            if (!SameShape(left.Children[i].Type, right.Children[i].Type))
                return false;
        return true;
    }

    private static DataType Plain(DataType type) => type.Kind == TypeKind.Uuid ? UuidBytes : type;

    private static Column Stored(Column column) => column with { Type = Stored(column.Type) };

    private static DataType Stored(DataType type) => type.IsNested ? type with { Children = Stored(type.Children) } : IcebergTypes.Stored(type);
}
