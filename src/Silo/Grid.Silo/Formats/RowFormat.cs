using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Shows rows of batches of one Arrow schema as text and as JSON.</summary>
internal sealed class RowFormat
{
    private readonly Column[] _columns;

    public RowFormat(Schema schema)
    {
        _columns = [.. ArrowSchemas.FromArrow(schema)];
        Names = [.. _columns.Select(c => c.Name)];
    }

    /// <summary>The columns' names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The columns' types.</summary>
    public DataType Type(int column) => _columns[column].Type;

    /// <summary>Whether a column holds numbers, which stand right in a table.</summary>
    public bool IsNumber(int column) => _columns[column].Type.Kind is TypeKind.Int8 or TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64
        or TypeKind.Float32 or TypeKind.Float64 or TypeKind.Decimal;

    /// <summary>A value's text form; nested values as JSON; null for null.</summary>
    public string? Text(RecordBatch batch, int column, int row) => CellText.Of(_columns[column].Type, batch.Column(column), row);

    /// <summary>Writes a row's columns as properties of the object that is open.</summary>
    public void WriteProperties(Utf8JsonWriter json, RecordBatch batch, int row)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            json.WritePropertyName(_columns[i].Name);
            CellJson.Write(json, _columns[i].Type, batch.Column(i), row);
        }
    }

    /// <summary>The Arrow schema of columns that have no ids yet.</summary>
    public static Schema ArrowSchema(IReadOnlyList<Column> columns) => ArrowSchemas.ToArrow(new TableSchema
    {
        Version = new SchemaVersion(1),
        Columns = [.. columns.Select((column, i) => column with { Id = new ColumnId(i + 1) })],
    });

    /// <summary>The Arrow type that a Grid table has for a data type.</summary>
    public static IArrowType ArrowType(DataType type) => ArrowSchema([new Column("value", type)]).FieldsList[0].DataType;
}
