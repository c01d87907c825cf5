using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Gathers the values of one column from text, as CSV files, command lines and JSON give them.</summary>
internal abstract class ColumnBuilder
{
    public static ColumnBuilder For(Column column)
    {
        var type = column.Type;
        if (type.IsNested)
            throw new GridException(GridErrorCode.InvalidArgument,
                $"Column '{column.Name}' is of type {type}; lists, structs and maps have no text form. Import them from a Parquet or Arrow file.");
        var schema = new TableSchema { Version = new SchemaVersion(1), Columns = [column with { Id = new ColumnId(1) }] };
        var arrow = ArrowSchemas.ToArrow(schema).FieldsList[0].DataType;
        return type.Kind switch
        {
            TypeKind.String or TypeKind.Binary => new VariableWidthBuilder(type, arrow),
            TypeKind.Boolean => new BooleanBuilder(),
            TypeKind.Decimal => new DecimalBuilder(type, (Decimal128Type)arrow),
            _ => new FixedWidthBuilder(type, (FixedWidthType)arrow),
        };
    }

    /// <summary>Adds a null.</summary>
    public abstract void AppendNull();

    /// <summary>Adds a value from its text form.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: not a value of the type.</exception>
    public abstract void AppendText(ReadOnlySpan<char> text);

    /// <summary>The values added since the last call.</summary>
    public abstract IArrowArray Build();
}
