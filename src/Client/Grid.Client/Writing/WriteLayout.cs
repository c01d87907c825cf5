using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Client.Writing;

/// <summary>The columns of a writer's frames in one schema version: all, or the targets of a partial write in schema order; then the change kinds of a primary-key table.</summary>
internal sealed class WriteLayout
{
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidTargets"/>: a key column is missing.</exception>
    public WriteLayout(TableSchema schema, IReadOnlyList<string>? targets)
    {
        Schema = schema;
        Targets = targets is null ? null : Resolve(schema, targets);
        Columns = [.. Targets is null ? schema.Columns : Targets.Select(schema.GetColumn)];
        ArrowSchema = ArrowSchemas.ToArrow(schema, Targets, change: schema.HasPrimaryKey, version: false);
        ArrowSchemaWithoutChange = schema.HasPrimaryKey ? ArrowSchemas.ToArrow(schema, Targets, change: false, version: false) : ArrowSchema;
        ChangeColumn = schema.HasPrimaryKey ? Columns.Length : null;
        Defaults = MakeDefaults();
    }

    public TableSchema Schema { get; }

    /// <summary>The columns of a partial write; null: all.</summary>
    public ColumnId[]? Targets { get; }

    public Grid.Abstractions.Column[] Columns { get; }

    public Apache.Arrow.Schema ArrowSchema { get; }

    public Apache.Arrow.Schema ArrowSchemaWithoutChange { get; }

    public int? ChangeColumn { get; }

    /// <summary>For each column one row with what a row that names no value gets; null where that is nothing special.</summary>
    public ArrayData?[] Defaults { get; }

    public int IndexOf(string name)
    {
        for (var i = 0; i < Columns.Length; i++)
            if (string.Equals(Columns[i].Name, name, StringComparison.Ordinal))
                return i;
        return -1;
    }

    private static ColumnId[] Resolve(TableSchema schema, IReadOnlyList<string> targets)
    {
        var wanted = targets.Select(name => schema.GetColumn(name).Id).ToHashSet();
        foreach (var key in schema.PrimaryKey)
            if (!wanted.Contains(key))
                throw new GridException(GridErrorCode.InvalidTargets, $"The target columns lack the key column '{schema.GetColumn(key).Name}'; name the whole key.");
        return [.. schema.Columns.Where(c => wanted.Contains(c.Id)).Select(c => c.Id)];
    }

    private ArrayData?[] MakeDefaults()
    {
        var defaults = new ArrayData?[Columns.Length];
        ColumnId[] withDefault = [.. Columns.Where(c => c.Default is not null).Select(c => c.Id)];
        if (withDefault.Length == 0)
            return defaults;

        // A batch of one row without columns, read as these columns: the converter knows what missing ones read as.
        var empty = new RecordBatch(new Apache.Arrow.Schema([], null), System.Array.Empty<IArrowArray>(), 1);
        var filled = new BatchConverter(Schema, [], Schema, withDefault).Convert(empty);
        for (var i = 0; i < withDefault.Length; i++)
            defaults[System.Array.FindIndex(Columns, c => c.Id == withDefault[i])] = filled.Column(i).Data;
        return defaults;
    }
}
