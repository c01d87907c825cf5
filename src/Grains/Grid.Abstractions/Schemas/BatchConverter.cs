using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Reads batches of one schema version as another: by column id; missing columns are null or their default, narrower ones widen; wider ones narrow where asked and where their values fit.</summary>
public sealed class BatchConverter
{
    private readonly Apache.Arrow.Schema _schema;
    private readonly Column[] _from;
    private readonly SchemaVersion _fromVersion;
    private readonly Source[] _sources;

    /// <summary>Prepares the conversion.</summary>
    /// <param name="from">The version the batches were written with.</param>
    /// <param name="fromColumns">The columns that the batches have, in order (system columns not among them); null: all.</param>
    /// <param name="to">The version wanted.</param>
    /// <param name="toColumns">The columns wanted, in order; null: all.</param>
    /// <param name="narrow">Whether a column that was widened since <paramref name="to"/> is read as it was before, as long as its values fit: for readers, who may know the
    /// table from before.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>; <see cref="GridErrorCode.NullNotAllowed"/>: a column that is not nullable
    /// is missing and has no default; <see cref="GridErrorCode.SchemaStale"/>: the batches' type of a column is wider than the one wanted
    /// (<see cref="GridException.Detail"/>: the batches' version).</exception>
    public BatchConverter(TableSchema from, IReadOnlyList<ColumnId>? fromColumns, TableSchema to, IReadOnlyList<ColumnId>? toColumns, bool narrow = false)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        _schema = ArrowSchemas.ToArrow(to, toColumns, change: false, version: false);
        _from = Columns(from, fromColumns);
        _fromVersion = from.Version;
        var wanted = Columns(to, toColumns);
        _sources = new Source[wanted.Length];
        var identity = wanted.Length == _from.Length;
        for (var i = 0; i < wanted.Length; i++)
        {
            var source = System.Array.FindIndex(_from, column => column.Id == wanted[i].Id);
            _sources[i] = Bind(from, source, source < 0 ? null : _from[source], wanted[i], _schema.FieldsList[i], narrow);
            identity &= source == i && _from[i].Type == wanted[i].Type && _from[i].Name == wanted[i].Name;
        }

        IsIdentity = identity;
    }

    /// <summary>Whether batches can be used as they are, their columns' names included.</summary>
    public bool IsIdentity { get; }

    /// <summary>
    /// Converts a batch; arrays that need no change are shared, not copied, so both batches live on the same memory. System columns behind the
    /// table's pass through. Any number of callers at a time.
    /// </summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: the batch is not as the constructor was told; <see cref="GridErrorCode.TooLarge"/>:
    /// the defaults of this many rows take too much memory; <see cref="GridErrorCode.SchemaStale"/>: a value does not fit the narrower column that was asked for.</exception>
    public RecordBatch Convert(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.ColumnCount < _from.Length)
            throw new GridException(GridErrorCode.SchemaMismatch, $"The batch has {batch.ColumnCount} columns, but {_from.Length} were announced.");
        if (IsIdentity)
            return batch;
        var arrays = new List<IArrowArray>(_sources.Length + batch.ColumnCount - _from.Length);
        foreach (var source in _sources)
            arrays.Add(Convert(source, batch));
        for (var i = _from.Length; i < batch.ColumnCount; i++)
            arrays.Add(batch.Column(i));
        return new RecordBatch(SchemaFor(batch), arrays, batch.Length);
    }

    private IArrowArray Convert(Source source, RecordBatch batch)
    {
        if (source.Index < 0)
            return ArrowArrayFactory.BuildArray(source.Missing!.Take(batch.Length));
        var array = batch.Column(source.Index);
        var column = _from[source.Index];
        if (array.Length != batch.Length || (!column.Type.IsNested && !ScalarArrays.IsStoredAs(column.Type, array.Data.DataType)))
            throw new GridException(GridErrorCode.SchemaMismatch,
                $"Column '{column.Name}' should have {batch.Length} values of {column.Type}, but has {array.Length} of {array.Data.DataType.Name}.");
        return source.Change switch
        {
            TypeChange.Widen => ArrowArrayFactory.BuildArray(ArrayWidening.Widen(array.Data, source.Field.DataType)),
            TypeChange.Narrow => ArrowArrayFactory.BuildArray(Narrow(array.Data, column, source)),
            _ => array,
        };
    }

    private ArrayData Narrow(ArrayData data, Column column, Source source)
    {
        var narrow = ArrayNarrowing.Narrow(data, column.Type, source.Type, source.Field.DataType, out var misfit);
        return misfit is null ? narrow : throw new GridException(GridErrorCode.SchemaStale,
            $"The value {misfit} of column '{column.Name}' does not fit {source.Type}: the column is {column.Type} in schema version {_fromVersion}. "
                + $"Reopen the table; a row type needs a property of the wider type.")
        { Detail = _fromVersion.Value };
    }

    private Apache.Arrow.Schema SchemaFor(RecordBatch batch)
    {
        if (batch.ColumnCount == _from.Length)
            return _schema;
        var fields = new List<Field>(_schema.FieldsList);
        for (var i = _from.Length; i < batch.ColumnCount; i++)
            fields.Add(batch.Schema.FieldsList[i]);
        return new Apache.Arrow.Schema(fields, null);
    }

    private static Source Bind(TableSchema from, int index, Column? source, Column wanted, Field field, bool narrow)
    {
        if (source is null)
        {
            if (wanted is { Nullable: false, Default: null })
                throw new GridException(GridErrorCode.NullNotAllowed,
                    $"Column '{wanted.Name}' is not null and has no default, but the rows lack it; give it a value.");
            return new Source(-1, TypeChange.None, wanted.Type, field, new MissingColumn(wanted, field.DataType));
        }

        var change = source.Type == wanted.Type ? TypeChange.None
            : SchemaEvolution.CanWiden(source.Type, wanted.Type) ? TypeChange.Widen
            : narrow && SchemaEvolution.CanWiden(wanted.Type, source.Type) ? TypeChange.Narrow
            : throw new GridException(GridErrorCode.SchemaStale,
                $"Column '{source.Name}' of schema version {from.Version} is {source.Type} and cannot be read as {wanted.Type}; use schema version {from.Version} or newer.")
            { Detail = from.Version.Value };
        return new Source(index, change, wanted.Type, field, null);
    }

    private static Column[] Columns(TableSchema schema, IReadOnlyList<ColumnId>? ids) => ids is null ? [.. schema.Columns] : [.. ids.Select(schema.GetColumn)];

    private enum TypeChange
    {
        None,
        Widen,
        Narrow,
    }

    private readonly record struct Source(int Index, TypeChange Change, DataType Type, Field Field, MissingColumn? Missing);
}
