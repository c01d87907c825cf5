using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// Table schemas as Arrow schemas and back. decimal is decimal128, time is time64(us), timestamps are timestamp(us[, UTC]), uuid is
/// fixed_size_binary(16) with the field metadata <c>ARROW:extension:name = arrow.uuid</c>, string and binary have 32-bit offsets. Every field,
/// nested ones too, carries its column id in the field metadata <see cref="IdKey"/>.
/// </summary>
public static class ArrowSchemas
{
    /// <summary>The field metadata key of the column id, decimal.</summary>
    public const string IdKey = "grid.id";

    /// <summary>All columns of a schema version.</summary>
    public static Apache.Arrow.Schema ToArrow(TableSchema schema) => ToArrow(schema, null, change: false, version: false);

    /// <summary>Some columns of a schema version in the order given (null: all), then the system columns asked for.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public static Apache.Arrow.Schema ToArrow(TableSchema schema, IReadOnlyList<ColumnId>? columns, bool change, bool version)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var count = columns?.Count ?? schema.Columns.Length;
        var fields = new List<Field>(count + 2);
        for (var i = 0; i < count; i++)
            fields.Add(ArrowFields.Of(columns is null ? schema.Columns[i] : schema.GetColumn(columns[i])));
        if (change)
            fields.Add(ArrowFields.Change);
        if (version)
            fields.Add(ArrowFields.Version);
        return new Apache.Arrow.Schema(fields, null);
    }

    /// <summary>Columns for a new table from anybody's Arrow schema: integers without sign widen to the next signed one
    /// (64 bits to decimal(20,0)), half floats to float32, large strings and binaries
    /// become their small kind, other timestamp units become microseconds, dictionaries their values.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>: a type that Grid has no counterpart for, by field name.</exception>
    public static IReadOnlyList<Column> FromArrow(Apache.Arrow.Schema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return ArrowImport.Columns(schema);
    }
}
