using Apache.Arrow;
using Grid.Abstractions;
using ParquetSharp.Arrow;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// What of a file is read and how it becomes the columns wanted: found by field id, so that names don't matter; missing ones null or their default;
/// types as <see cref="BatchConverter"/> widens (and, for readers that know an older schema, narrows) them.
/// </summary>
internal sealed class LakeReadPlan
{
    private readonly Apache.Arrow.Schema _fileArrow;
    private readonly Apache.Arrow.Schema _arrow;
    private readonly BatchConverter _converter;

    /// <summary>Prepares.</summary>
    /// <param name="file">The file.</param>
    /// <param name="schema">The schema to read it with.</param>
    /// <param name="columns">The columns wanted, in order; null: all of the schema.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: a column's type in the file cannot be read as the one wanted; else as
    /// <see cref="BatchConverter"/>.</exception>
    public LakeReadPlan(FileReader file, TableSchema schema, IReadOnlyList<ColumnId>? columns)
    {
        _arrow = ArrowSchemas.ToArrow(schema, columns, change: false, version: false);
        var wanted = LakeTypes.Stored(columns is null ? schema : schema with { Columns = [.. columns.Select(schema.GetColumn)] });
        var found = new List<Column>();
        var leaves = new List<int>();
        var manifest = file.SchemaManifest.SchemaFields;
        for (var i = 0; i < manifest.Count; i++)
        {
            // The batches' columns come in the file's order, whatever order is asked for.
            if (LakeFields.IdOf(manifest[i].Field) is not { } id || wanted.IndexOf(id) is not (>= 0 and var index))
                continue;
            found.Add(InFile(manifest[i].Field, wanted.Columns[index]));
            AddLeaves(manifest[i], leaves);
        }

        Leaves = [.. leaves];
        var from = new TableSchema { Version = schema.Version, Columns = [.. found] };
        _fileArrow = ArrowSchemas.ToArrow(from);
        _converter = new BatchConverter(from, null, wanted, null, narrow: true);
    }

    /// <summary>The leaf columns to read.</summary>
    public int[] Leaves { get; }

    /// <summary>A batch of the file as the columns wanted; it takes the batch over.</summary>
    public RecordBatch Convert(RecordBatch batch)
    {
        try
        {
            var typed = new List<IArrowArray>(batch.ColumnCount);
            for (var i = 0; i < batch.ColumnCount; i++)
                typed.Add(Reshape(batch.Column(i), _fileArrow.FieldsList[i]));
            var converted = _converter.Convert(new RecordBatch(_fileArrow, typed, batch.Length));
            var arrays = new List<IArrowArray>(converted.ColumnCount);
            for (var i = 0; i < converted.ColumnCount; i++)
                arrays.Add(Reshape(converted.Column(i), _arrow.FieldsList[i]));
            return new SharingBatch(_arrow, arrays, batch.Length, batch);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    /// <summary>Rows of a file that has none of the columns wanted.</summary>
    public IEnumerable<RecordBatch> Missing(long rows, int batchRows)
    {
        for (; rows > 0; rows -= Math.Min(rows, batchRows))
            yield return Convert(new RecordBatch(_fileArrow, [], (int)Math.Min(rows, batchRows)));
    }

    private static IArrowArray Reshape(IArrowArray array, Field field) => ArrowArrayFactory.BuildArray(LakeArrays.Reshape(array.Data, field.DataType));

    /// <summary>A column as the file has it. Nested types don't change after they were made, so the one wanted serves where the shape is its own.</summary>
    private static Column InFile(Field field, Column wanted)
    {
        var type = ArrowSchemas.FromArrow(new Apache.Arrow.Schema([field], null))[0].Type;
        if (LakeTypes.SameShape(type, wanted.Type))
            type = wanted.Type;
        else if (!SchemaEvolution.CanWiden(type, wanted.Type) && !SchemaEvolution.CanWiden(wanted.Type, type))
            throw new GridException(GridErrorCode.SchemaMismatch, $"Column '{wanted.Name}' (field id {wanted.Id}) is {type} in the lake file and cannot be read as {wanted.Type}.");
        return new Column(field.Name, type, field.IsNullable) { Id = wanted.Id };
    }

    private static void AddLeaves(SchemaField field, List<int> leaves)
    {
        if (field.Children.Count == 0)
            leaves.Add(field.ColumnIndex);
        foreach (var child in field.Children)
            AddLeaves(child, leaves);
    }
}
