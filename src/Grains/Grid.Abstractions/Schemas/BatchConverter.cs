using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Reads batches of one schema version as another: by column id; missing columns are null or their default, narrower ones widen.</summary>
public sealed class BatchConverter
{
    private readonly Apache.Arrow.Schema _schema;
    private readonly Column[] _from;
    private readonly Source[] _sources;

    /// <summary>Prepares the conversion.</summary>
    /// <param name="from">The version the batches were written with.</param>
    /// <param name="fromColumns">The columns that the batches have, in order (system columns not among them); null: all.</param>
    /// <param name="to">The version wanted.</param>
    /// <param name="toColumns">The columns wanted, in order; null: all.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>; <see cref="GridErrorCode.NullNotAllowed"/>: a column that is not nullable
    /// is missing and has no default; <see cref="GridErrorCode.SchemaStale"/>: the batches' type of a column is wider than the one wanted
    /// (<see cref="GridException.Detail"/>: the batches' version).</exception>
    public BatchConverter(TableSchema from, IReadOnlyList<ColumnId>? fromColumns, TableSchema to, IReadOnlyList<ColumnId>? toColumns)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        _schema = ArrowSchemas.ToArrow(to, toColumns, change: false, version: false);
        _from = Columns(from, fromColumns);
        var wanted = Columns(to, toColumns);
        _sources = new Source[wanted.Length];
        var identity = wanted.Length == _from.Length;
        for (var i = 0; i < wanted.Length; i++)
        {
            var source = System.Array.FindIndex(_from, column => column.Id == wanted[i].Id);
            _sources[i] = Bind(from, source, source < 0 ? null : _from[source], wanted[i], _schema.FieldsList[i]);
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
    /// the defaults of this many rows take too much memory.</exception>
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
        return source.Widen ? ArrowArrayFactory.BuildArray(ArrayWidening.Widen(array.Data, source.Field.DataType)) : array;
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

    private static Source Bind(TableSchema from, int index, Column? source, Column wanted, Field field)
    {
        if (source is null)
        {
            if (wanted is { Nullable: false, Default: null })
                throw new GridException(GridErrorCode.NullNotAllowed,
                    $"Column '{wanted.Name}' is not null and has no default, but the rows lack it; give it a value.");
            return new Source(-1, false, field, new MissingColumn(wanted, field.DataType));
        }

        var widen = source.Type != wanted.Type;
        if (widen && !SchemaEvolution.CanWiden(source.Type, wanted.Type))
            throw new GridException(GridErrorCode.SchemaStale,
                $"Column '{source.Name}' of schema version {from.Version} is {source.Type} and cannot be read as {wanted.Type}; use schema version {from.Version} or newer.")
            { Detail = from.Version.Value };
        return new Source(index, widen, field, null);
    }

    private static Column[] Columns(TableSchema schema, IReadOnlyList<ColumnId>? ids) => ids is null ? [.. schema.Columns] : [.. ids.Select(schema.GetColumn)];

    private readonly record struct Source(int Index, bool Widen, Field Field, MissingColumn? Missing);
}
