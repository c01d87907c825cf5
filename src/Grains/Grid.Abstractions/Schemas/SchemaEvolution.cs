using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>The rules by which schemas are made and changed. Pure.</summary>
public static class SchemaEvolution
{
    /// <summary>Checks a new table's columns and keys and numbers the columns, nested fields included. Columns of a key become not nullable.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.InvalidName"/>, <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public static TableSchema Create(CreateTable request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var columns = request.Columns.IsDefault ? [] : request.Columns;
        SchemaRules.RequireColumns(columns);
        var primaryKey = KeyPositions(columns, request.PrimaryKey, "primary key");
        var bucketKey = KeyPositions(columns, request.BucketKey, "bucket key");
        var partitionKey = KeyPositions(columns, request.PartitionBy, "partition columns");
        RequirePartitions(columns, primaryKey, bucketKey, partitionKey);
        var chooseable = partitionKey.IsEmpty ? primaryKey : primaryKey.RemoveRange(partitionKey);
        if (bucketKey.IsEmpty)
            bucketKey = chooseable;
        else if (!primaryKey.IsEmpty && !chooseable.AsSpan().StartsWith(bucketKey.AsSpan()))
            throw Invalid(
                $"The bucket key ({string.Join(", ", request.BucketKey)}) is not a prefix of the primary key {(partitionKey.IsEmpty ? "" : "without its partition columns ")}({string.Join(", ", chooseable.Select(i => columns[i].Name))}); name its first columns, in the same order.");

        var lastId = 0;
        var numbered = new Column[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            var column = Number(columns[i], ref lastId);
            numbered[i] = primaryKey.Contains(i) || bucketKey.Contains(i) || partitionKey.Contains(i) ? column with { Nullable = false } : column;
        }

        return new TableSchema
        {
            Version = new SchemaVersion(1),
            Columns = [.. numbered],
            PrimaryKey = [.. primaryKey.Select(i => numbered[i].Id)],
            BucketKey = [.. bucketKey.Select(i => numbered[i].Id)],
            PartitionKey = [.. partitionKey.Select(i => numbered[i].Id)],
            LastColumnId = lastId,
        };
    }

    /// <summary>Applies changes in order; the answer is the next version.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public static TableSchema Apply(TableSchema schema, IReadOnlyList<SchemaChange> changes)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count == 0)
            throw Invalid("There is no change to apply; give at least one.");
        if (schema.Version.Value == ushort.MaxValue)
            throw Invalid($"The table has {ushort.MaxValue} schema versions, the most there can be; make a new table.");
        var next = schema;
        foreach (var change in changes)
        {
            next = change switch
            {
                AddColumn add => Add(next, add.Column),
                DropColumn drop => Drop(next, drop.Name),
                RenameColumn rename => Rename(next, rename.Name, rename.NewName),
                WidenColumn widen => Widen(next, widen.Name, widen.Type),
                ReorderColumns reorder => Reorder(next, reorder.Names),
                _ => throw Invalid($"'{change?.GetType().Name ?? "null"}' is not a schema change that this version knows."),
            };
        }

        SchemaRules.RequireColumns(next.Columns);
        return next with { Version = new SchemaVersion((ushort)(schema.Version.Value + 1)) };
    }

    private static TableSchema Add(TableSchema schema, Column column)
    {
        SchemaRules.RequireColumn(column);
        RequireFree(schema, column.Name);
        if (!column.Nullable && column.Default is null)
            throw Invalid(
                $"Column '{column.Name}' is not null and has no default, so the rows already stored would have no value; make it nullable or give it a default.");
        var lastId = schema.LastColumnId;
        return schema with { Columns = schema.Columns.Add(Number(column, ref lastId)), LastColumnId = lastId };
    }

    private static TableSchema Drop(TableSchema schema, string name)
    {
        var column = schema.GetColumn(name);
        RequireNotKey(schema, column, "dropped");
        return schema with { Columns = schema.Columns.Remove(column) };
    }

    private static TableSchema Rename(TableSchema schema, string name, string newName)
    {
        var column = schema.GetColumn(name);
        SchemaRules.RequireName(newName);
        RequireFree(schema, newName);
        return schema with { Columns = schema.Columns.Replace(column, column with { Name = newName }) };
    }

    private static TableSchema Widen(TableSchema schema, string name, DataType type)
    {
        var column = schema.GetColumn(name);
        RequireNotKey(schema, column, "widened");
        if (type is null || !CanWiden(column.Type, type))
            throw Invalid(
                $"Column '{name}' cannot go from {column.Type} to {type}; int32 widens to int64, float32 to float64, a decimal to more digits at the same scale.");

        // The default is read with the old type first: as a float64, the text 0.1 is another number than the float32 that rows read so far.
        var text = column.Default;
        if (text is not null)
            text = ValueText.Format(type, WidenValue(ValueText.Parse(column.Type, text)));
        return schema with { Columns = schema.Columns.Replace(column, column with { Type = type, Default = text }) };
    }

    private static TableSchema Reorder(TableSchema schema, ImmutableArray<string> names)
    {
        var columns = names.IsDefault ? [] : names.Select(schema.GetColumn).ToImmutableArray();
        if (columns.Length != schema.Columns.Length || columns.DistinctBy(c => c.Id).Count() != columns.Length)
            throw Invalid(
                $"The new order must name each of the {schema.Columns.Length} columns once: {string.Join(", ", schema.Columns.Select(c => c.Name))}.");
        return schema with { Columns = columns };
    }

    /// <summary>Whether a column of one type may be read as another, wider one.</summary>
    internal static bool CanWiden(DataType from, DataType to) => (from.Kind, to.Kind) switch
    {
        (TypeKind.Int32, TypeKind.Int64) => to == DataType.Int64,
        (TypeKind.Float32, TypeKind.Float64) => to == DataType.Float64,
        (TypeKind.Decimal, TypeKind.Decimal) =>
            to.Precision > from.Precision && to == DataType.Decimal(to.Precision, from.Scale) && to.Precision <= DataType.DecimalPrecisionMax,
        _ => false,
    };

    private static object WidenValue(object value) => value switch
    {
        int number => (long)number,
        float number => (double)number,
        _ => value,
    };

    private static ImmutableArray<int> KeyPositions(ImmutableArray<Column> columns, ImmutableArray<string> names, string what)
    {
        if (names.IsDefaultOrEmpty)
            return [];
        var positions = ImmutableArray.CreateBuilder<int>(names.Length);
        foreach (var name in names)
        {
            var position = -1;
            for (var i = 0; i < columns.Length && position < 0; i++)
                if (string.Equals(columns[i].Name, name, StringComparison.Ordinal))
                    position = i;
            if (position < 0)
                throw new GridException(GridErrorCode.UnknownColumn,
                    $"The {what} names '{name}', which is no column; the columns are {string.Join(", ", columns.Select(c => c.Name))}.");
            if (positions.Contains(position))
                throw Invalid($"The {what} names column '{name}' twice; name it once.");
            if (!columns[position].Type.CanBeKey)
                throw Invalid(
                    $"Column '{name}' of type {columns[position].Type} cannot be part of the {what}; keys are scalars other than float32 and float64.");
            positions.Add(position);
        }

        return positions.ToImmutable();
    }

    private static void RequirePartitions(ImmutableArray<Column> columns, ImmutableArray<int> primaryKey, ImmutableArray<int> bucketKey, ImmutableArray<int> partitionKey)
    {
        if (partitionKey.Length > PartitionValues.ColumnsMax)
            throw Invalid($"The table would be partitioned by {partitionKey.Length} columns; at most {PartitionValues.ColumnsMax} are possible.");
        foreach (var position in partitionKey)
        {
            var name = columns[position].Name;
            if (!primaryKey.IsEmpty && !primaryKey.Contains(position))
                throw Invalid($"Partition column '{name}' is not part of the primary key ({string.Join(", ", primaryKey.Select(i => columns[i].Name))}); add it, so that a key is in one partition only.");
            if (bucketKey.Contains(position))
                throw Invalid($"Column '{name}' is a partition column and cannot be part of the bucket key: it is the same for all rows of a partition. Leave it out of the bucket key.");
        }

        if (!primaryKey.IsEmpty && !partitionKey.IsEmpty && primaryKey.Length == partitionKey.Length)
            throw Invalid("Every column of the primary key is a partition column, so that each partition would have one row; add a column to the key, or partition by fewer.");
    }

    private static Column Number(Column column, ref int lastId)
    {
        var id = new ColumnId(++lastId);
        if (!column.Type.IsNested)
            return column with { Id = id };
        var children = ImmutableArray.CreateBuilder<Column>(column.Type.Children.Length);
        foreach (var child in column.Type.Children)
            children.Add(Number(child, ref lastId));
        return column with { Id = id, Type = column.Type with { Children = children.MoveToImmutable() } };
    }

    private static void RequireFree(TableSchema schema, string name)
    {
        if (schema.IndexOf(name) >= 0)
            throw Invalid($"There is a column '{name}' already; choose another name.");
    }

    private static void RequireNotKey(TableSchema schema, Column column, string what)
    {
        if (schema.PrimaryKey.Contains(column.Id) || schema.BucketKey.Contains(column.Id))
            throw Invalid($"Column '{column.Name}' is part of a key and cannot be {what}; make a new table with the key you need.");
        if (schema.PartitionKey.Contains(column.Id))
            throw Invalid($"Column '{column.Name}' is a partition column and cannot be {what}; make a new table with the partitions you need.");
    }

    private static GridException Invalid(string message) => new(GridErrorCode.InvalidSchema, message);
}
