using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>The columns that an encoder expects, kept from frame to frame: a writer sends many frames of one shape.</summary>
internal sealed class FrameShape
{
    private TableSchema? _schema;
    private ColumnId[]? _ids;
    private bool _change;
    private bool _version;

    /// <summary>The table columns of the frame.</summary>
    public IReadOnlyList<Column> Columns { get; private set; } = [];

    /// <summary>Their fields, then the system columns'.</summary>
    public IReadOnlyList<Field> Fields { get; private set; } = [];

    /// <summary>Takes the shape of these arguments and checks that the batch has it.</summary>
    public void Fit(RecordBatch batch, TableSchema schema, IReadOnlyList<ColumnId>? ids, FrameFlags flags)
    {
        var change = flags.HasFlag(FrameFlags.ChangeKinds);
        var columns = (ids?.Count ?? schema.Columns.Length) + (change ? 1 : 0);
        var version = batch.ColumnCount == columns + 1 && batch.Schema.GetFieldByIndex(columns).Name == SystemColumns.VersionName;
        if (!ReferenceEquals(schema, _schema) || change != _change || version != _version || !SameIds(ids))
            Take(schema, ids, change, version);

        if (batch.ColumnCount != Fields.Count)
            throw Mismatch(schema, $"it has {batch.ColumnCount} columns where {Fields.Count} belong ({string.Join(", ", Fields.Select(f => f.Name))})");
        for (var i = 0; i < Fields.Count; i++)
        {
            var data = batch.Column(i).Data;
            if (data.Length != batch.Length)
                throw Mismatch(schema, $"column '{Fields[i].Name}' has {data.Length} rows and the batch {batch.Length}");
            if (!ArrayLayouts.Same(data.DataType, Fields[i].DataType))
                throw Mismatch(schema, $"column '{Fields[i].Name}' is {data.DataType.Name} where {Fields[i].DataType.Name} belongs, or differs from it in its parameters");
        }
    }

    private void Take(TableSchema schema, IReadOnlyList<ColumnId>? ids, bool change, bool version)
    {
        Fields = ArrowSchemas.ToArrow(schema, ids, change, version).FieldsList;
        Columns = ids is null ? schema.Columns : [.. ids.Select(schema.GetColumn)];
        _schema = schema;
        _ids = ids?.ToArray();
        _change = change;
        _version = version;
    }

    private bool SameIds(IReadOnlyList<ColumnId>? ids)
    {
        if (ids is null || _ids is null)
            return ids is null && _ids is null;
        if (ids.Count != _ids.Length)
            return false;
        for (var i = 0; i < _ids.Length; i++)
            if (ids[i] != _ids[i])
                return false;
        return true;
    }

    private static GridException Mismatch(TableSchema schema, string what) =>
        new(GridErrorCode.SchemaMismatch, $"The batch does not fit schema version {schema.Version}: {what}. Give the table's columns in order, in its types.");
}
