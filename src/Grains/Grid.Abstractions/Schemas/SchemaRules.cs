using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>What every column and every set of columns must keep to. Types come from peers too, so nothing about their shape is taken for granted.</summary>
internal static class SchemaRules
{
    /// <summary>Longest column name in UTF-16 units.</summary>
    public const int NameLengthMax = 128;

    /// <summary>Most columns of a table with their nested fields.</summary>
    public const int FieldsMax = 10_000;

    /// <summary>Longest default as text: every old row reads it, so it is multiplied by rows.</summary>
    public const int DefaultLengthMax = 1024;

    public static void RequireColumns(ImmutableArray<Column> columns)
    {
        if (columns.Length is < 1 or > TableSchema.ColumnsMax)
            throw Invalid($"The table would have {columns.Length} columns; it must have 1 to {TableSchema.ColumnsMax}.");
        var fields = 0;
        foreach (var column in columns)
            fields += RequireColumn(column);
        if (fields > FieldsMax)
            throw Invalid($"The table would have {fields} columns and nested fields; it may have {FieldsMax}.");
        RequireUniqueNames(columns, "table");
    }

    /// <summary>Checks a table's column and answers how many fields it has, itself included.</summary>
    public static int RequireColumn(Column column)
    {
        if (column is null)
            throw Invalid("A column is missing (null); give each column a name and a type.");
        RequireName(column.Name);
        var fields = 0;
        RequireType(column.Name, column.Type, depth: 0, ref fields);
        if (column.Default is null)
            return fields;
        if (column.Type.IsNested)
            throw Invalid($"Column '{column.Name}' of type {column.Type} cannot have a default; only scalar columns can.");
        if (column.Default.Length > DefaultLengthMax)
            throw Invalid($"The default of column '{column.Name}' has {column.Default.Length} characters; it may have {DefaultLengthMax}.");
        try
        {
            ValueText.Parse(column.Type, column.Default);
        }
        catch (GridException refusal)
        {
            throw new GridException(GridErrorCode.InvalidSchema, $"The default of column '{column.Name}': {refusal.Message}", refusal);
        }

        return fields;
    }

    /// <summary>Checks the name of a table's column.</summary>
    public static void RequireName(string name)
    {
        RequireFieldName(name);
        if (SystemColumns.IsReserved(name))
            throw new GridException(GridErrorCode.InvalidName,
                $"'{name}' is reserved; column names may not be {SystemColumns.ChangeName} or {SystemColumns.VersionName} nor start with '__'.");
    }

    private static void RequireFieldName(string name)
    {
        var legal = name is { Length: > 0 and <= NameLengthMax } && !char.IsWhiteSpace(name[0]) && !char.IsWhiteSpace(name[^1]) && ScalarValues.IsUnicode(name);
        for (var i = 0; legal && i < name.Length; i++)
            legal = !char.IsControl(name[i]);
        if (!legal)
            throw new GridException(GridErrorCode.InvalidName,
                $"'{name}' is not a legal column name; use 1 to {NameLengthMax} characters, no control characters, no space at either end.");
    }

    private static void RequireType(string column, DataType type, int depth, ref int fields)
    {
        if (type is null)
            throw Invalid($"Column '{column}' has no type.");
        if (++fields > FieldsMax)
            throw Invalid($"Column '{column}' has more than {FieldsMax} nested fields, the most a table may have.");
        var children = type.Children.IsDefault ? [] : type.Children;
        var legal = type.Kind switch
        {
            TypeKind.Decimal => type.Precision is >= 1 and <= DataType.DecimalPrecisionMax && type.Scale >= 0 && type.Scale <= type.Precision && type.Length == 0,
            TypeKind.FixedBinary => type.Length is >= 1 and <= DataType.FixedLengthMax && type is { Precision: 0, Scale: 0 },
            _ => Enum.IsDefined(type.Kind) && type is { Precision: 0, Scale: 0, Length: 0 },
        };
        legal &= type.Kind switch
        {
            TypeKind.List => children.Length == 1,
            TypeKind.Map => children.Length == 2,
            TypeKind.Struct => children.Length is >= 1 and <= TableSchema.ColumnsMax,
            _ => children.IsEmpty,
        };
        if (!legal)
            throw Invalid(
                $"Column '{column}' has the type {type.Kind} with precision {type.Precision}, scale {type.Scale}, length {type.Length} and {children.Length} children, "
                + $"which is none: decimal(1..{DataType.DecimalPrecisionMax}, 0..precision), fixed(1..{DataType.FixedLengthMax}), list of 1, map of 2, struct of 1 to {TableSchema.ColumnsMax}.");
        if (children.IsEmpty)
            return;
        if (depth == DataType.DepthMax)
            throw Invalid($"Column '{column}' nests deeper than {DataType.DepthMax} lists, structs and maps.");
        foreach (var child in children)
        {
            RequireChild(column, child);
            RequireType(column, child.Type, depth + 1, ref fields);
        }

        RequireChildNames(column, type, children);
    }

    private static void RequireChild(string column, Column child)
    {
        if (child is null)
            throw Invalid($"Column '{column}' has a nested field that is missing (null).");
        RequireFieldName(child.Name);
        if (child.Default is not null)
            throw Invalid($"The field '{child.Name}' nested in column '{column}' cannot have a default; only columns can.");
    }

    private static void RequireChildNames(string column, DataType type, ImmutableArray<Column> children)
    {
        switch (type.Kind)
        {
            case TypeKind.Struct:
                RequireUniqueNames(children, $"struct in column '{column}'");
                break;
            case TypeKind.List when children[0].Name != DataType.ElementName:
                throw Invalid($"The list in column '{column}' calls its child '{children[0].Name}'; it must be '{DataType.ElementName}'.");
            case TypeKind.Map when children[0].Name != DataType.KeyName || children[1].Name != DataType.ValueName:
                throw Invalid(
                    $"The map in column '{column}' calls its children '{children[0].Name}' and '{children[1].Name}'; they must be '{DataType.KeyName}' and '{DataType.ValueName}'.");
            case TypeKind.Map when children[0].Nullable || children[0].Type.IsNested:
                throw Invalid($"The key of the map in column '{column}' is {children[0]}; it must be a scalar that is not null.");
        }
    }

    private static void RequireUniqueNames(ImmutableArray<Column> columns, string where)
    {
        var names = new HashSet<string>(columns.Length, StringComparer.Ordinal);
        foreach (var column in columns)
            if (!names.Add(column.Name))
                throw Invalid($"The {where} has two columns named '{column.Name}'; names must be unique.");
    }

    private static GridException Invalid(string message) => new(GridErrorCode.InvalidSchema, message);
}
